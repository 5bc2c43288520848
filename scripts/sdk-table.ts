// Writes src/import/sdk/table.json: what the type declarations and the code of the Foundation SDK say about its builders.
// Also writes src/kinds/dashboard/model/known-properties.json: the properties of dashboards, by which checks find misspelled ones.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseSync } from "oxc-parser";
import type { SdkBuilder, SdkMethod, SdkTable, SdkType, Template } from "../src/import/sdk/table.ts";
import type { KnownProperty, KnownTypes } from "../src/kinds/dashboard/model/unknown-properties.ts";

const ROOT = resolve(import.meta.dirname, "..");
const SDK = join(ROOT, "node_modules/@grafana/grafana-foundation-sdk");
const FILE = join(ROOT, "src/import/sdk/table.json");
const KNOWN_FILE = join(ROOT, "src/kinds/dashboard/model/known-properties.json");

/** Modules that no dashboard uses. */
const UNUSED =
  /^(cog|units|resource|publicdashboard|team|alerting|librarypanel|dashboardv2beta1|preferences.*|stars.*|folder.*|playlist.*)$/;
/** Builders of the deprecated API version before `dashboardv2`. */
const OTHER_VERSION = /^dashboardv2beta1\./;

/** A node of the syntax tree. */
interface Node {
  readonly type: string;
  readonly [property: string]: unknown;
}

type Constant = string | number | boolean;

/** The table for the installed SDK. */
export function sdkTable(): SdkTable {
  const { version } = JSON.parse(readFileSync(join(SDK, "package.json"), "utf8")) as { version: string };
  const modules = readdirSync(join(SDK, "dist"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !UNUSED.test(entry.name))
    .map(({ name }) => name);
  const builders: Record<string, SdkBuilder> = {};
  const types: Record<string, SdkType> = {};
  const enums: Record<string, [string, string | number][]> = {};
  for (const module of modules) readTypes(module, types, enums);
  for (const module of modules) readBuilders(module, enums, builders);
  return { version, builders, types, enums, units: readUnits() };
}

function lines(record: object): string {
  return Object.entries(record)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(",\n");
}

/** The table as text, with one line for each builder and type. */
export function tableText(table: SdkTable): string {
  const parts = (["builders", "types", "enums", "units"] as const).map((key) => `"${key}":{\n${lines(table[key])}\n}`);
  return `{"version":${JSON.stringify(table.version)},\n${parts.join(",\n")}}\n`;
}

/** The types that contain everything else of a dashboard, in the classic schema and in both versions of schema v2. */
const ROOTS = ["dashboard.Dashboard", "dashboardv2.Dashboard", "dashboardv2beta1.Dashboard"];

/** The properties of all types of dashboards, apart from those that plugins define. */
export function knownProperties(): KnownTypes {
  const types: Record<string, SdkType> = {};
  const enums: Record<string, [string, string | number][]> = {};
  for (const module of ["dashboard", "dashboardv2", "dashboardv2beta1", "common"]) readTypes(module, types, enums);
  const known: Record<string, Record<string, KnownProperty>> = {};
  /** The names of object types that a value can have; undefined if it can have any content. */
  const inside = (type: SdkType, place: string): string[] | undefined => {
    if (typeof type === "string") return type === "any" ? undefined : [];
    switch (type[0]) {
      case "=":
        return [];
      case "|": {
        const [, ...choices] = type;
        const all = choices.map((one, index) => inside(one, `${place}${index}`));
        return all.includes(undefined) ? undefined : all.flatMap((names) => names ?? []);
      }
      case "[]":
      case "build":
        return inside(type[1], place);
      case "{}":
        known[place] = { "*": inside(type[1], `${place}.*`) ?? 0 };
        return [place];
      case "{":
        addType(place, type[1]);
        return [place];
      default: {
        const [, name] = type;
        const named = types[name];
        // Enums, their members, and types that only plugins know.
        if (named === undefined) return name in enums || name.slice(0, name.lastIndexOf(".")) in enums ? [] : undefined;
        if (typeof named === "string" || named[0] !== "{") return inside(named, name);
        addType(name, named[1]);
        return [name];
      }
    }
  };
  const addType = (name: string, properties: Readonly<Record<string, SdkType>>): void => {
    if (known[name]) return;
    const own: Record<string, KnownProperty> = {};
    known[name] = own;
    for (const [key, type] of Object.entries(properties)) {
      if (key.startsWith("_")) continue;
      const constant = constantIn(type, enums);
      own[key] = constant === undefined ? (inside(type, `${name}.${key}`) ?? 0) : `=${constant}`;
    }
  };
  for (const root of ROOTS) inside(["@", root], root);
  for (const own of Object.values(known))
    for (const [key, value] of Object.entries(own)) if (Array.isArray(value) && value.length === 0) own[key] = 0;
  return known;
}

function constantIn(type: SdkType, enums: Record<string, [string, string | number][]>): string | undefined {
  if (typeof type === "string") return undefined;
  if (type[0] === "=") return typeof type[1] === "string" ? type[1] : undefined;
  if (type[0] !== "@") return undefined;
  const dot = type[1].lastIndexOf(".");
  const member = enums[type[1].slice(0, dot)]?.find(([own]) => own === type[1].slice(dot + 1));
  return typeof member?.[1] === "string" ? member[1] : undefined;
}

/** The known properties as text, with one line for each type. */
export function knownText(known: KnownTypes): string {
  return `{\n${lines(known)}\n}\n`;
}

function statements(file: string): Node[] {
  const { program, errors } = parseSync(file, readFileSync(file, "utf8"));
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  return program.body as unknown as Node[];
}

function readUnits(): Record<string, string> {
  const text = readFileSync(join(SDK, "dist/units/types.gen.d.ts"), "utf8");
  const units: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/export declare const (\w+) = ("(?:[^"\\]|\\.)*");/g))
    units[JSON.parse(value) as string] ??= name;
  return units;
}

function readTypes(module: string, types: Record<string, SdkType>, enums: Record<string, [string, string | number][]>) {
  const file = join(SDK, "dist", module, "types.gen.d.ts");
  if (!existsSync(file)) return;
  for (const statement of statements(file)) {
    const declaration = statement["declaration"] as Node | null | undefined;
    if (!declaration?.["id"]) continue;
    const name = `${module}.${nameOf(declaration["id"] as Node)}`;
    if (declaration.type === "TSInterfaceDeclaration")
      types[name] = objectType((declaration["body"] as Node)["body"] as Node[], module);
    if (declaration.type === "TSTypeAliasDeclaration")
      types[name] = typeOf(declaration["typeAnnotation"] as Node, module);
    if (declaration.type === "TSEnumDeclaration") enums[name] = membersOf(declaration);
  }
}

function membersOf(declaration: Node): [string, string | number][] {
  const members = (declaration["body"] as Node)["members"] as Node[];
  return members.map((member) => {
    const value = constantOf(member["initializer"] as Node);
    return [nameOf(member["id"] as Node), value as string | number];
  });
}

function nameOf(node: Node): string {
  return (node["name"] ?? node["value"]) as string;
}

function objectType(members: Node[], module: string): SdkType {
  const properties: Record<string, SdkType> = {};
  const optional: string[] = [];
  for (const member of members) {
    if (member.type === "TSMethodSignature") {
      const name = nameOf(member["key"] as Node);
      if (name.startsWith("_implements")) properties[name] = "any";
      continue;
    }
    if (member.type !== "TSPropertySignature") throw new Error(`${module}: unknown member ${member.type}`);
    const name = nameOf(member["key"] as Node);
    properties[name] = typeOf((member["typeAnnotation"] as Node)["typeAnnotation"] as Node, module);
    if (member["optional"] === true) optional.push(name);
  }
  return ["{", properties, optional];
}

const KEYWORDS: Readonly<Record<string, SdkType>> = {
  TSStringKeyword: "string",
  TSNumberKeyword: "number",
  TSBooleanKeyword: "boolean",
  TSAnyKeyword: "any",
  TSUnknownKeyword: "any",
  TSNullKeyword: "null",
};

function typeOf(node: Node, module: string): SdkType {
  const keyword = KEYWORDS[node.type];
  if (keyword) return keyword;
  if (node.type === "TSArrayType") return ["[]", typeOf(node["elementType"] as Node, module)];
  if (node.type === "TSParenthesizedType") return typeOf(node["typeAnnotation"] as Node, module);
  if (node.type === "TSUnionType") return ["|", ...(node["types"] as Node[]).map((one) => typeOf(one, module))];
  if (node.type === "TSLiteralType") return ["=", constantOf(node["literal"] as Node)];
  if (node.type === "TSTypeLiteral") return objectType(node["members"] as Node[], module);
  if (node.type === "TSTypeReference") return referenceOf(node, module);
  throw new Error(`${module}: unknown type ${node.type}`);
}

function referenceOf(node: Node, module: string): SdkType {
  const name = qualified(node["typeName"] as Node, module);
  const args = ((node["typeArguments"] as Node | null)?.["params"] ?? []) as Node[];
  if (name === "cog.Builder") return ["build", typeOf(args[0] as Node, module)];
  if (name === `${module}.Record`) return ["{}", typeOf(args[1] as Node, module)];
  if (name === `${module}.Omit` || name === `${module}.Partial`) return "any";
  return ["@", name];
}

/** `VariableModel` or `dashboard.VariableModel`, also as `dashboard.MappingType.ValueToText`. */
function qualified(node: Node, module: string): string {
  if (node.type === "Identifier") return `${module}.${nameOf(node)}`;
  const names: string[] = [];
  for (let at = node; ; at = at["left"] as Node) {
    if (at.type === "Identifier") {
      names.unshift(nameOf(at));
      break;
    }
    names.unshift(nameOf(at["right"] as Node));
  }
  // A member of an enum of the same module has two names; one of another module has three.
  return names.length === 2 && /^[A-Z]/.test(names[0] ?? "") ? `${module}.${names.join(".")}` : names.join(".");
}

function constantOf(node: Node): Constant {
  if (node.type === "UnaryExpression") return -(constantOf(node["argument"] as Node) as number);
  return node["value"] as Constant;
}

function readBuilders(
  module: string,
  enums: Record<string, [string, string | number][]>,
  builders: Record<string, SdkBuilder>,
): void {
  const directory = join(SDK, "dist", module);
  for (const name of readdirSync(directory).filter((file) => file.endsWith("Builder.gen.d.ts"))) {
    const types = statements(join(directory, name)).flatMap((one) => classIn(one["declaration"]));
    const code = statements(join(directory, name.replace(".d.ts", ".js"))).flatMap((one) => classIn(one));
    for (const declared of types) {
      const className = nameOf(declared["id"] as Node);
      const body = code.find((one) => nameOf(one["id"] as Node) === className);
      if (!body) throw new Error(`${name} has no code of ${className}`);
      const builder = builderOf(declared, body, module, enums);
      if (!OTHER_VERSION.test(builder.builds)) builders[`${module}.${className}`] = builder;
    }
  }
}

function classIn(node: unknown): Node[] {
  return node && (node as Node).type === "ClassDeclaration" ? [node as Node] : [];
}

function builderOf(
  declared: Node,
  code: Node,
  module: string,
  enums: Record<string, [string, string | number][]>,
): SdkBuilder {
  const signatures = new Map(methodsOf(declared).map((one) => [nameOf(one["key"] as Node), one]));
  const build = (signatures.get("build") as Node)["value"] as Node;
  const builds = typeOf((build["returnType"] as Node)["typeAnnotation"] as Node, module)[1] as string;
  const constants: Record<string, Constant> = {};
  let takes: string[] = [];
  const methods: Record<string, SdkMethod> = {};
  for (const method of methodsOf(code)) {
    const name = nameOf(method["key"] as Node);
    const params = ((method["value"] as Node)["params"] as Node[]).map(nameOf);
    const effects = effectsOf(method, params, enums);
    if (name === "constructor") {
      takes = params.map((_, index) => effects.find(({ value }) => isSlot(value, index))?.path ?? "");
      for (const { path, value } of effects)
        if (path && (typeof value === "string" || typeof value === "number" || typeof value === "boolean"))
          constants[path] = value;
      continue;
    }
    const signature = signatures.get(name);
    const [effect, ...others] = effects.filter(
      ({ value }) => params.length === 0 || JSON.stringify(value).includes('"$"'),
    );
    if (name === "build" || !signature || !effect || others.length > 0) continue;
    const types = ((signature["value"] as Node)["params"] as Node[]).map((param) =>
      typeOf((param["typeAnnotation"] as Node)["typeAnnotation"] as Node, module),
    );
    methods[name] = { params: types, ...effect };
  }
  return { builds, takes, constants, methods };
}

function methodsOf(node: Node): Node[] {
  const members = (node["body"] as Node)["body"] as Node[];
  return members.filter(({ type }) => type === "MethodDefinition" || type === "TSAbstractMethodDefinition");
}

function isSlot(value: Template, index: number): boolean {
  return typeof value === "object" && value !== null && "$" in value && value["$"] === index;
}

interface Effect {
  readonly path: string;
  readonly value: Template;
  readonly adds?: true;
  readonly puts?: true;
}

/** The assignments of a method to properties of the built object. Conditions only create missing objects or check arguments. */
function effectsOf(method: Node, params: string[], enums: Record<string, [string, string | number][]>): Effect[] {
  const body = ((method["value"] as Node)["body"] as Node)["body"] as Node[];
  const slots = new Map<string, Template>(params.map((name, index) => [name, { $: index }]));
  const effects: Effect[] = [];
  for (const statement of body) {
    if (statement.type === "VariableDeclaration") {
      for (const { id, init } of statement["declarations"] as { id: Node; init: Node }[]) {
        const source = params.find((name) => mentions(init, name));
        const index = params.indexOf(source ?? "");
        if (index >= 0) slots.set(nameOf(id), { $: index });
      }
    }
    if (statement.type !== "ExpressionStatement") continue;
    const expression = statement["expression"] as Node;
    if (expression.type === "AssignmentExpression") {
      const left = expression["left"] as Node;
      // `elements[key] = ...`: the first parameter is the key.
      const isEntry = left["computed"] === true && mentions(left["property"], params[0] ?? "");
      const path = pathOf(isEntry ? (left["object"] as Node) : left);
      const value = templateOf(expression["right"] as Node, slots, enums);
      if (path !== undefined && value !== undefined) effects.push({ path, value, ...(isEntry ? { puts: true } : {}) });
    }
    if (expression.type === "CallExpression") {
      const callee = expression["callee"] as Node;
      const path = callee.type === "MemberExpression" ? pathOf(callee["object"] as Node) : undefined;
      const [argument] = expression["arguments"] as Node[];
      if (path === undefined || !argument || nameOf(callee["property"] as Node) !== "push") continue;
      const value = templateOf(argument, slots, enums);
      if (value !== undefined) effects.push({ path, value, adds: true });
    }
  }
  return effects;
}

/** `a.b` for `this.internal.a.b`. */
function pathOf(node: Node): string | undefined {
  const names: string[] = [];
  for (let at = node; at.type === "MemberExpression"; at = at["object"] as Node) {
    names.unshift(nameOf(at["property"] as Node));
    if ((at["object"] as Node).type === "ThisExpression")
      return names[0] === "internal" ? names.slice(1).join(".") : undefined;
  }
  return undefined;
}

function mentions(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((one) => mentions(one, name));
  if (typeof node !== "object" || node === null) return false;
  const { type, name: own } = node as Node;
  return (type === "Identifier" && own === name) || Object.values(node).some((one) => mentions(one, name));
}

function templateOf(
  node: Node,
  slots: ReadonlyMap<string, Template>,
  enums: Record<string, [string, string | number][]>,
): Template | undefined {
  if (node.type === "Literal") return node["value"] as Template;
  if (node.type === "Identifier") return slots.get(nameOf(node));
  if (node.type === "ArrayExpression") {
    const items = (node["elements"] as Node[]).map((one) => templateOf(one, slots, enums));
    return items.includes(undefined) ? undefined : (items as Template[]);
  }
  if (node.type === "ObjectExpression") {
    const entries = (node["properties"] as Node[]).map(
      (one) => [nameOf(one["key"] as Node), templateOf(one["value"] as Node, slots, enums)] as const,
    );
    return entries.some(([, value]) => value === undefined) ? undefined : (Object.fromEntries(entries) as Template);
  }
  if (node.type === "MemberExpression") {
    const object = node["object"] as Node;
    if (object.type !== "MemberExpression") return undefined;
    const name = `${nameOf(object["object"] as Node)}.${nameOf(object["property"] as Node)}`;
    return enums[name]?.find(([member]) => member === nameOf(node["property"] as Node))?.[1];
  }
  return undefined;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(FILE, tableText(sdkTable()));
  writeFileSync(KNOWN_FILE, knownText(knownProperties()));
}
