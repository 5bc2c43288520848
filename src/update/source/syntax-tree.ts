import { parsers } from "prettier/plugins/babel";
import type { Range } from "./source.ts";

// Babel's syntax trees, by the parser in Prettier, which the package contains for `import`. Loaded only with this file.

/** A node of Babel's syntax tree. */
export interface TreeNode extends Range {
  readonly type: string;
  readonly [property: string]: unknown;
}

export interface Tree {
  readonly root: TreeNode;
  readonly comments: readonly Range[];
}

/** Parses TypeScript, JavaScript or JSON. Throws a `SyntaxError`. */
export function parseTree(text: string, json: boolean): Tree {
  const parse = (json ? parsers.json : parsers["babel-ts"]).parse as (text: string, options: object) => unknown;
  const tree = parse(text, { filepath: json ? "file.json" : "file.ts" }) as TreeNode;
  const root = json ? tree["node"] : tree["program"];
  return { root: root as TreeNode, comments: (tree["comments"] as Range[] | undefined) ?? [] };
}

export function isNode(value: unknown): value is TreeNode {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "type") === "string";
}

/** The nodes directly in a node, in the order of the source. */
export function childrenOf(node: TreeNode): TreeNode[] {
  const children: TreeNode[] = [];
  for (const key of Object.keys(node)) {
    if (key === "comments" || key === "extra") continue;
    const value = node[key];
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) children.push(...value.filter(isNode));
  }
  return children;
}

/** The expression without types and parentheses around it: `x as const`. */
export function bare(node: TreeNode): TreeNode {
  const inner = node["expression"];
  return /^(TSAsExpression|TSSatisfiesExpression|TSNonNullExpression|ParenthesizedExpression)$/.test(node.type) &&
    isNode(inner)
    ? bare(inner)
    : node;
}

/** A use of a name. */
export interface NameUse extends Range {
  readonly name: string;
  /** The call of the name, if it is one, and its arguments. */
  readonly call?: Range & { readonly args: readonly Range[] };
  /** `{ name }` */
  readonly shorthand: boolean;
}

/** All uses of names, apart from declarations, properties and types. */
export function nameUses(node: TreeNode): NameUse[] {
  const { type, start, end } = node;
  if (/^(TSType|TSInterface|Import)/.test(type)) return [];
  if (type === "Identifier") return [{ name: String(node["name"]), start, end, shorthand: false }];
  if (type === "MemberExpression" && node["computed"] !== true) return nameUses(node["object"] as TreeNode);
  if (type === "ObjectProperty" && node["computed"] !== true) {
    const uses = isNode(node["value"]) ? nameUses(node["value"]) : [];
    return node["shorthand"] === true ? uses.map((use) => ({ ...use, shorthand: true })) : uses;
  }
  if (type === "FunctionDeclaration")
    return childrenOf(node).flatMap((child) => (child === node["id"] ? [] : nameUses(child)));
  if (type === "VariableDeclarator") return isNode(node["init"]) ? nameUses(node["init"]) : [];
  if (type === "CallExpression") {
    const { callee, arguments: args } = node as TreeNode & { callee: TreeNode; arguments: TreeNode[] };
    if (callee.type === "Identifier")
      return [...nameUses(callee).map((use) => ({ ...use, call: { start, end, args } })), ...args.flatMap(nameUses)];
  }
  return childrenOf(node).flatMap(nameUses);
}

interface ImportedName extends Range {
  readonly local: string;
  /** `*` for all exports. */
  readonly name: string;
}

/** `import { a, b as c } from "source"` */
export interface ImportStatement extends Range {
  readonly source: string;
  readonly isType: boolean;
  readonly names: readonly ImportedName[];
}

export function importsOf({ root }: Tree): ImportStatement[] {
  return (root["body"] as TreeNode[]).flatMap((node) => {
    if (node.type !== "ImportDeclaration") return [];
    const names = (node["specifiers"] as TreeNode[]).map((specifier): ImportedName => {
      const { imported, local } = specifier as TreeNode & { imported?: TreeNode; local: TreeNode };
      const whole = specifier.type === "ImportNamespaceSpecifier" ? "*" : "default";
      const name = imported ? String(imported["name"] ?? imported["value"]) : whole;
      return { local: String(local["name"]), name, start: specifier.start, end: specifier.end };
    });
    const source = String((node["source"] as TreeNode)["value"]);
    return [{ source, names, isType: node["importKind"] === "type", start: node.start, end: node.end }];
  });
}
