import { call, partsOf, type Constant, type Expression, type ObjectExpression, type Parameter } from "./expression.ts";
import { identifierFrom } from "./names.ts";
import { shapeOf, type Part, type Shape } from "./shapes.ts";

// Builders of the same class often have the same calls, such as the panels of a dashboard and their queries. A person writes
// a function for these calls, with parameters for what differs.

/** A function for fewer builders must save more lines. */
const FEW = 3;
const LEAST_SAVED = 3;
const LEAST_SAVED_BY_FEW = 8;
/** A function needs a line for its name and an empty line. */
const OWN_LINES = 2;
/** More functions for builders of one class are hard to tell apart. */
const MOST_FUNCTIONS = 3;
/** More parameters without names are hard to read. */
const MOST_PARAMETERS = 3;
/** Functions are derived from pairs of this many builders. */
const SEEDS = 24;

/** The same expressions, with functions for what several of them have in common. */
export function withCommonParts(expressions: readonly Expression[]): Expression[] {
  let result = [...expressions];
  const roots = new Set(result);
  const heights = new Map<Expression, number>();
  const highest = Math.max(0, ...result.map((one) => heightOf(one, heights)));
  let builders = result.flatMap(innerOf);
  for (let height = 1; height < highest; height++) {
    const inner = builders.filter((one) => !roots.has(one) && heightOf(one, heights) === height);
    // A number or a boolean does not say what it is for.
    const changed = shared(inner, ({ of }) => of === "string");
    if (changed.size === 0) continue;
    result = result.map((one) => replaced(one, changed));
    builders = result.flatMap(innerOf);
  }
  const changed = shared(result, ({ name }) => name === "title" || name === "name");
  return withoutSingleUses(result.map((one) => changed.get(one) ?? one));
}

/** A function that only another function calls, once, is clearer as a part of it. */
function withoutSingleUses(expressions: readonly Expression[]): Expression[] {
  const calls = new Map<Expression, number>();
  const count = (expression: Expression): void => {
    if (expression.type === "constant") {
      const before = calls.get(expression) ?? 0;
      calls.set(expression, before + 1);
      if (before === 0 && expression.value.type === "function") count(expression.value.body);
    } else if (expression.type !== "function") childrenOf(expression).forEach(count);
  };
  expressions.forEach(count);
  const known = new Map<Expression, Expression>();
  const by: Replacements = {
    get(expression) {
      if (expression.type === "call" && expression.of.type === "constant" && calls.get(expression.of) === 1) {
        const { value } = expression.of;
        if (value.type !== "function") return undefined;
        const given = new Map(value.params.map((param, index) => [param, expression.args[index] ?? param]));
        return replaced(replaced(value.body, given), by);
      }
      if (expression.type !== "constant" || expression.value.type !== "function") return undefined;
      const { value } = expression;
      const body = replaced(value.body, by);
      const made = known.get(expression) ?? { ...expression, value: { ...value, body } };
      known.set(expression, body === value.body ? expression : made);
      return known.get(expression);
    },
  };
  const isSingle = ([one, times]: readonly [Expression, number]) =>
    times === 1 && one.type === "constant" && one.value.type === "function";
  return [...calls].some(isSingle) ? expressions.map((one) => replaced(one, by)) : [...expressions];
}

/** What replaces an expression. */
type Replacements = Pick<ReadonlyMap<Expression, Expression>, "get">;

/** The builders in an expression, not those in the constants that it uses. */
function innerOf(expression: Expression): Expression[] {
  if (expression.type === "constant" || expression.type === "function") return [];
  const inner = childrenOf(expression).flatMap(innerOf);
  return shapeOf(expression) ? [...inner, expression] : inner;
}

function childrenOf(expression: Expression): readonly Expression[] {
  if (expression.type !== "chain") return partsOf(expression);
  const { start, steps, rest } = expression;
  return [start, ...steps.flatMap(({ args }) => args), ...(rest ? [rest] : [])];
}

/** How many builders are inside of each other. */
function heightOf(expression: Expression, known: Map<Expression, number>): number {
  const found = known.get(expression);
  if (found !== undefined) return found;
  if (expression.type === "constant" || expression.type === "function") return 0;
  const inner = Math.max(0, ...childrenOf(expression).map((one) => heightOf(one, known)));
  const isFunction = expression.type === "call" && expression.of.type === "constant";
  const height = inner + (isFunction || expression.type === "chain" || shapeOf(expression) ? 1 : 0);
  known.set(expression, height);
  return height;
}

/** The expression with some of its parts replaced. What has none of them stays the same object, so that its shape is known. */
function replaced(expression: Expression, by: Replacements): Expression {
  const own = by.get(expression);
  if (own) return own;
  const inside = (one: Expression) => replaced(one, by);
  switch (expression.type) {
    case "list": {
      const items = all(expression.items, inside);
      return items === expression.items ? expression : { ...expression, items };
    }
    case "object":
      return replacedObject(expression, inside);
    case "new":
    case "call": {
      const [of, args] = [inside(expression.of), all(expression.args, inside)];
      return of === expression.of && args === expression.args ? expression : { ...expression, of, args };
    }
    case "property": {
      const of = inside(expression.of);
      return of === expression.of ? expression : { ...expression, of };
    }
    case "chain": {
      const start = inside(expression.start);
      const steps = all(expression.steps, (step) => {
        const args = all(step.args, inside);
        return args === step.args ? step : { method: step.method, args };
      });
      const rest = expression.rest && replacedObject(expression.rest, inside);
      if (start === expression.start && steps === expression.steps && rest === expression.rest) return expression;
      return { ...expression, start, steps, ...(rest ? { rest } : {}) };
    }
    default:
      return expression;
  }
}

function replacedObject(object: ObjectExpression, inside: (one: Expression) => Expression): ObjectExpression {
  const entries = all(object.entries, (entry) => {
    const [key, value] = entry;
    const now = inside(value);
    return now === value ? entry : ([key, now] as const);
  });
  return entries === object.entries ? object : { ...object, entries };
}

/** The same list if no item changes. */
function all<Item>(items: readonly Item[], change: (item: Item) => Item): readonly Item[] {
  const changed = items.map(change);
  return changed.every((item, index) => item === items[index]) ? items : changed;
}

type IsParameter = (param: Pick<Parameter, "name" | "of">) => boolean;

/** The expressions that change, with functions for what those of the same class have in common. */
function shared(expressions: readonly Expression[], isParameter: IsParameter): Map<Expression, Expression> {
  const result = new Map<Expression, Expression>();
  const shapes = expressions.flatMap((expression) => {
    const shape = shapeOf(expression);
    return shape ? [{ expression, shape }] : [];
  });
  for (const group of Map.groupBy(shapes, ({ shape }) => shape.group).values()) {
    let left = group;
    for (let count = 0; count < MOST_FUNCTIONS && left.length > 1; count++) {
      const all = left.map(({ shape }) => shape);
      const best = bestFunction(all, isParameter);
      if (!best) break;
      const users = new Set(best.users);
      const made = functionFor(best);
      for (const { expression, shape } of left) {
        const changed = users.has(shape) ? made(shape) : undefined;
        if (changed) result.set(expression, changed);
      }
      left = left.filter(({ shape }) => !users.has(shape));
    }
  }
  return result;
}

interface Candidate {
  /** The keys of parts that are the same in all users. */
  readonly fixed: readonly Part[];
  /** The parts that parameters set. */
  readonly params: readonly Part[];
  readonly users: readonly Shape[];
  /** The lines of code that it saves. */
  readonly saved: number;
}

function bestFunction(shapes: readonly Shape[], isParameter: IsParameter): Candidate | undefined {
  const step = Math.max(1, shapes.length / SEEDS);
  const seeds = Array.from({ length: Math.min(SEEDS, shapes.length) }, (_, index) => shapes[Math.floor(index * step)]);
  const tried = new Set<string>();
  let best: Candidate | undefined;
  for (const [index, one] of seeds.entries())
    for (const other of seeds.slice(index + 1)) {
      if (!one || !other) continue;
      const { fixed, params } = commonIn(one, other, isParameter);
      const text = [...fixed.map(({ key, text: value }) => key + value), ...params.map(({ key }) => key)].join("\0");
      if (tried.has(text)) continue;
      tried.add(text);
      const candidate = withUsers(fixed, params, shapes);
      if (candidate.saved > (best?.saved ?? 0)) best = candidate;
    }
  if (!best) return undefined;
  return best.saved >= (best.users.length < FEW ? LEAST_SAVED_BY_FEW : LEAST_SAVED) ? best : undefined;
}

function commonIn(one: Shape, other: Shape, isParameter: IsParameter): { fixed: Part[]; params: Part[] } {
  const fixed: Part[] = [];
  const params: Part[] = [];
  for (const [key, part] of one.parts) {
    const same = other.parts.get(key);
    if (!same) continue;
    if (part.text === same.text && !isTitle(part)) fixed.push(part);
    else if (part.param && part.param.of === same.param?.of && isParameter(part.param)) params.push(part);
  }
  const unique = params.filter(
    ({ param }, index) => params.findIndex((one) => one.param?.name === param?.name) === index,
  );
  return { fixed, params: unique.slice(0, MOST_PARAMETERS) };
}

/** A title is a parameter even if it is the same by chance. */
function isTitle({ param }: Part): boolean {
  return param?.name === "title";
}

function withUsers(fixed: readonly Part[], params: readonly Part[], shapes: readonly Shape[]): Candidate {
  const keys = new Set([...fixed, ...params].map(({ key }) => key));
  const users = shapes.filter(
    ({ parts, needed }) =>
      needed.every((key) => keys.has(key)) &&
      fixed.every(({ key, text }) => parts.get(key)?.text === text) &&
      params.every(({ key, param }) => parts.get(key)?.param?.of === param?.of),
  );
  const lines = [...fixed, ...params].reduce((sum, part) => sum + part.lines, 0);
  const values = users.reduce((sum, { parts }) => {
    const given = params.map(({ key }) => parts.get(key)?.lines ?? 0);
    // A short value is in the line of the call.
    return sum + given.reduce((all, one) => all + (one > 1 ? one : 0), 0);
  }, 0);
  return { fixed, params, users, saved: (users.length - 1) * lines - OWN_LINES - values };
}

/** The function, as a replacement for the expressions that use it. */
function functionFor({ fixed, params, users: [first] }: Candidate): (shape: Shape) => Expression | undefined {
  const parameters = new Map(params.flatMap(({ key, param }) => (param ? [[key, parameterOf(param)] as const] : [])));
  const keys = new Set([...fixed, ...params].map(({ key }) => key));
  const body = first?.only(keys, parameters);
  if (!first || !body) return () => undefined;
  const value: Expression = { type: "function", params: [...parameters.values()], body };
  const made: Constant = { type: "constant", name: first.name, value };
  return (shape) => {
    const args = params.flatMap(({ key }) => shape.parts.get(key)?.param?.value ?? []);
    return shape.after(call(made, ...args), keys);
  };
}

function parameterOf({ name, of }: Pick<Parameter, "name" | "of">): Parameter {
  return { type: "parameter", name: identifierFrom(name, "value"), of };
}
