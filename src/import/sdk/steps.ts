import { equal, isObject, type Json, type JsonObject } from "../../util/json.ts";
import { valueOf, type Expression, type Step } from "../code/expression.ts";
import type { SdkBuilder, SdkMethod, SdkType, Template } from "./table.ts";
import { at, leavesIn, type Part } from "./values.ts";

interface Express {
  express(value: Part, type: SdkType, key: string): Expression | undefined;
  /** How well the builders of a type fit; below 0 if none does. */
  scoreOf(value: JsonObject, type: string): number;
}

interface Candidate extends Step {
  readonly path: string;
}

/** The calls that set what an object has and the new builder has not. Calls that add items to lists come last. */
export function stepsOf(builder: SdkBuilder, value: JsonObject, base: JsonObject, how: Express): Step[] {
  const methods = methodsFor(builder, value);
  const taken = new Set(builder.takes);
  const added = Map.groupBy(
    methods.filter(([, { adds }]) => adds),
    ([, { path }]) => path,
  );
  const adding: Candidate[] = [];
  for (const [path, own] of added) adding.push(...(additionsOf(path, own, value, base, how) ?? []));
  for (const [method, one] of methods) if (one.puts) adding.push(...(entriesOf(method, one, value, how) ?? []));
  const setting = new Map<string, Candidate>();
  for (const [method, one] of methods) {
    if (one.adds || one.puts || taken.has(one.path) || setting.has(one.path)) continue;
    if (adding.some(({ path }) => path === one.path)) continue;
    const args = argumentsOf(one, value, base, how);
    if (args) setting.set(one.path, { method, path: one.path, args });
  }
  return [...withoutOverlap([...setting.values()], value, base), ...adding];
}

/** The methods of a builder by the path of the property that they set. */
interface Methods {
  readonly own: { readonly order: number; readonly entry: readonly [name: string, method: SdkMethod] }[];
  readonly inner: Map<string, Methods>;
}

const methodsOf = new WeakMap<SdkBuilder, Methods>();

function byPath(builder: SdkBuilder): Methods {
  const known = methodsOf.get(builder);
  if (known) return known;
  const root: Methods = { own: [], inner: new Map() };
  for (const [order, entry] of Object.entries(builder.methods).entries()) {
    let here = root;
    for (const key of entry[1].path.split(".")) {
      const next = here.inner.get(key) ?? { own: [], inner: new Map<string, Methods>() };
      here.inner.set(key, next);
      here = next;
    }
    here.own.push({ order, entry });
  }
  methodsOf.set(builder, root);
  return root;
}

/** The methods that set a property which the object has, in the order of the table. A builder has many others. */
function methodsFor(builder: SdkBuilder, value: JsonObject): (readonly [string, SdkMethod])[] {
  const found: Methods["own"][number][] = [];
  const walk = (methods: Methods, part: Part): void => {
    if (part !== undefined) found.push(...methods.own);
    if (!isObject(part) || methods.inner.size === 0) return;
    for (const key of Object.keys(part)) {
      const inner = methods.inner.get(key);
      if (inner) walk(inner, part[key]);
    }
  };
  walk(byPath(builder), value);
  return found.toSorted((a, b) => a.order - b.order).map(({ entry }) => entry);
}

function argumentsOf(
  { path, params, value: template }: SdkMethod,
  value: JsonObject,
  base: JsonObject,
  how: Express,
): Expression[] | undefined {
  const wanted = at(value, path)?.value;
  if (wanted === undefined || equal(wanted, at(base, path)?.value)) return undefined;
  const key = path.slice(path.lastIndexOf(".") + 1);
  const slots: Json[] = [];
  if (!matches(template, wanted, slots)) return undefined;
  return allArguments(slots, params, key, how);
}

function allArguments(
  slots: readonly Json[],
  params: readonly SdkType[],
  key: string,
  how: Express,
): Expression[] | undefined {
  const args = params.map((type, index) => how.express(slots[index], type, key));
  const all = args.filter((one) => one !== undefined);
  return all.length === args.length ? all : undefined;
}

/** Whether a value has the form of a template. Collects the values of the arguments. */
function matches(template: Template, value: Json, slots: Json[]): boolean {
  if (typeof template !== "object" || template === null) return template === value;
  if (Array.isArray(template)) {
    const items = template as readonly Template[];
    return (
      Array.isArray(value) &&
      value.length === items.length &&
      items.every((one, index) => matches(one, value[index] ?? null, slots))
    );
  }
  const entries = Object.entries(template as Readonly<Record<string, Template>>);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === "$" && typeof first[1] === "number") {
    slots[first[1]] = value;
    return true;
  }
  if (!isObject(value) || Object.keys(value).length !== entries.length) return false;
  return entries.every(([key, one]) => Object.hasOwn(value, key) && matches(one, value[key] ?? null, slots));
}

/** A call for each item of a list; undefined if an item has no method. */
function additionsOf(
  path: string,
  methods: readonly (readonly [string, SdkMethod])[],
  value: JsonObject,
  base: JsonObject,
  how: Express,
): Candidate[] | undefined {
  const list = at(value, path)?.value;
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const before = at(base, path)?.value;
  if (Array.isArray(before) && before.length > 0) return undefined;
  const key = path.slice(path.lastIndexOf(".") + 1);
  const steps: Candidate[] = [];
  for (const item of list) {
    const fitting = methods.flatMap(([method, { params, value: template }]) => {
      const slots: Json[] = [];
      if (!matches(template, item, slots)) return [];
      const score = Math.max(...params.map((type, index) => fitOf(slots[index], type, how)));
      return score < 0 ? [] : [{ method, params, slots, score }];
    });
    // A method with more arguments says more: overrideByName() of a general override.
    const ordered = fitting.toSorted((a, b) => b.score - a.score || b.params.length - a.params.length);
    const step = ordered.flatMap(({ method, params, slots }) => {
      const args = allArguments(slots, params, key, how);
      return args ? [{ method, path, args }] : [];
    })[0];
    if (!step) return undefined;
    steps.push(step);
  }
  return steps;
}

/** A call for each entry of an object; undefined if one can't be built. */
function entriesOf(
  method: string,
  { path, params: [, type] }: SdkMethod,
  value: JsonObject,
  how: Express,
): Candidate[] | undefined {
  const object = at(value, path)?.value;
  if (!isObject(object) || type === undefined) return undefined;
  const steps = Object.entries(object).flatMap(([key, item]): Candidate[] => {
    const expression = how.express(item, type, key);
    return expression ? [{ method, path, args: [valueOf(key), expression] }] : [];
  });
  return steps.length === Object.keys(object).length ? steps : undefined;
}

function fitOf(value: Part, type: SdkType, how: Express): number {
  if (!Array.isArray(type) || type[0] !== "build") return 0;
  const built = type[1] as SdkType;
  return isObject(value) && Array.isArray(built) && built[0] === "@" ? how.scoreOf(value, built[1] as string) : -1;
}

/**
 * Of a method that sets a whole object and those that set its parts, keeps the parts, unless they leave out half of the
 * object: `.height(8).span(6)`, but `.gridPos({ ... })` if the position matters too.
 */
function withoutOverlap(steps: readonly Candidate[], value: JsonObject, base: JsonObject): Candidate[] {
  let kept = [...steps];
  for (const whole of steps) {
    const parts = kept.filter(({ path }) => path.startsWith(`${whole.path}.`));
    if (parts.length === 0) continue;
    const wanted = at(value, whole.path)?.value;
    const before = at(base, whole.path)?.value;
    const leaves = leavesIn(wanted).filter(
      (path) => path.length > 0 && !equal(at(wanted, path.join("."))?.value, at(before, path.join("."))?.value),
    );
    const left = leaves.filter((path) => {
      const full = `${whole.path}.${path.join(".")}`;
      return !parts.some((part) => full === part.path || full.startsWith(`${part.path}.`));
    });
    const drops = left.length > 0 && left.length * 2 >= leaves.length ? parts : [whole];
    kept = kept.filter((one) => !drops.includes(one));
  }
  return kept;
}
