import { call, property, type Constant, type Expression, type Imported } from "./expression.ts";
import { print } from "./print.ts";

// Builders of the same class often begin with the same calls, such as the panels of a dashboard. A person writes a function
// for these calls, and a constant for properties that are the same.

/** As few builders with something in common are clearer without a function. */
const FEW = 3;
/** A single common call is worth a function only if it is long. */
const LONG = 60;

interface Step {
  readonly method: string;
  readonly args: readonly Expression[];
  /** Equal for calls that mean the same. */
  readonly text: string;
}

/** A builder, as the calls of its methods, with what is merged into it. */
interface Chain {
  readonly created: Expression & { readonly type: "new" };
  readonly steps: readonly Step[];
  /** The texts of calls whose method is called once. Further calls add items to a list, whose order matters. */
  readonly single: ReadonlySet<string>;
  /** The function that merges, and the properties. */
  readonly merge?: { readonly of: Expression; readonly rest: Expression };
}

/** The same expressions, with functions and constants for what several of them have in common. */
export function withCommonParts(expressions: readonly Expression[]): Expression[] {
  const chains = expressions.map(chainOf);
  const result = [...expressions];
  const groups = Map.groupBy(
    chains.flatMap((chain, index) => (chain ? [{ chain, index }] : [])),
    ({ chain }) => textOf(chain.created),
  );
  for (const group of groups.values()) {
    const shared = commonSteps(group.map(({ chain }) => chain));
    const rest = commonRest(group.map(({ chain }) => chain));
    for (const { chain, index } of group) result[index] = rewritten(chain, shared, rest);
  }
  return result;
}

/** Equal for expressions with the same value. Different constants can have the same suggested name. */
function textOf(expression: Expression): string {
  return print(expression, {
    imported: ({ from, name }) => `${from}#${name}`,
    constant: ({ value }) => textOf(value),
  });
}

/** How long a call is in the code, in which constants have names. */
function lengthOf({ method, args }: Step): number {
  const names = { imported: ({ from, name }: Imported) => `${from}#${name}`, constant: ({ name }: Constant) => name };
  return `${method}(${args.map((arg) => print(arg, names)).join(", ")})`.length;
}

function chainOf(expression: Expression): Chain | undefined {
  if (expression.type !== "call") return undefined;
  if (expression.of.type === "imported") {
    const [builder, rest] = expression.args;
    const inner = builder && chainOf(builder);
    return inner && rest && !inner.merge ? { ...inner, merge: { of: expression.of, rest } } : undefined;
  }
  const steps: Step[] = [];
  let at: Expression = expression;
  while (at.type === "call" && at.of.type === "property") {
    const { of, args } = at as { of: Expression & { type: "property" }; args: readonly Expression[] };
    steps.unshift({ method: of.name, args, text: `${of.name}(${args.map(textOf).join(", ")})` });
    at = of.of;
  }
  if (at.type !== "new") return undefined;
  const calls = [...Map.groupBy(steps, ({ method }) => method).values()];
  const single = new Set(calls.flatMap(([first, ...others]) => (first && others.length === 0 ? [first.text] : [])));
  return { created: at, steps, single };
}

interface Shared {
  readonly texts: ReadonlySet<string>;
  readonly function: Constant;
}

/** The calls that most of these builders have. */
function commonSteps(chains: readonly Chain[]): Shared | undefined {
  const counts = new Map<string, number>();
  for (const { single } of chains) for (const text of single) counts.set(text, (counts.get(text) ?? 0) + 1);
  const least = Math.max(FEW, chains.length / 2);
  let texts = [...counts].filter(([, count]) => count >= least).map(([text]) => text);
  texts = texts.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  const users = () => chains.filter((chain) => hasAll(chain, texts));
  while (texts.length > 0 && users().length < least) texts = texts.slice(0, -1);
  const [first] = users();
  const own = new Set(texts);
  const steps = first?.steps.filter(({ text }) => own.has(text)) ?? [];
  const isWorthIt = steps.length > 1 || steps.some((step) => lengthOf(step) > LONG);
  if (!first || !isWorthIt) return undefined;
  const body = steps.reduce<Expression>((on, { method, args }) => call(property(on, method), ...args), first.created);
  return {
    texts: own,
    function: {
      type: "constant",
      name: functionName(first.created),
      value: { type: "function", body },
      comment: "What most of these panels have in common.",
    },
  };
}

function hasAll({ single }: Chain, texts: Iterable<string>): boolean {
  return [...texts].every((text) => single.has(text));
}

/** `timeseries` for `TimeseriesBuilder`. */
function functionName({ of }: Chain["created"]): string {
  const name = of.type === "imported" ? (of.as ?? of.name) : "builder";
  const word = name.replace(/Builder$/, "");
  return `${word.slice(0, 1).toLowerCase()}${word.slice(1)}`;
}

/** The properties that are merged into at least three of these builders with the same value. */
function commonRest(chains: readonly Chain[]): Shared | undefined {
  const counts = new Map<string, { count: number; entry: readonly [string, Expression] }>();
  for (const { merge } of chains) {
    if (merge?.rest.type !== "object") continue;
    for (const entry of merge.rest.entries) {
      const text = entryText(entry);
      counts.set(text, { count: (counts.get(text)?.count ?? 0) + 1, entry });
    }
  }
  const users = chains.filter(({ merge }) => merge !== undefined).length;
  const common = [...counts.values()].filter(({ count }) => count >= FEW && count >= users / 2);
  if (common.length < 2) return undefined;
  const entries = common.map(({ entry }) => entry);
  return {
    texts: new Set(entries.map(entryText)),
    function: { type: "constant", name: "commonProperties", value: { type: "object", entries } },
  };
}

function entryText([key, value]: readonly [string, Expression]): string {
  return `${key}: ${textOf(value)}`;
}

function rewritten(chain: Chain, shared: Shared | undefined, rest: Shared | undefined): Expression {
  const { created, steps, merge } = chain;
  const uses = shared !== undefined && hasAll(chain, shared.texts);
  const start: Expression = uses ? call(shared.function) : created;
  const own = uses ? steps.filter(({ text }) => !shared.texts.has(text)) : steps;
  const builder = own.reduce<Expression>((on, { method, args }) => call(property(on, method), ...args), start);
  if (!merge) return builder;
  const { rest: properties } = merge;
  if (!rest || properties.type !== "object") return call(merge.of, builder, properties);
  const texts = new Set(properties.entries.map(entryText));
  if (![...rest.texts].every((text) => texts.has(text))) return call(merge.of, builder, properties);
  const entries = properties.entries.filter((entry) => !rest.texts.has(entryText(entry)));
  return call(merge.of, builder, { type: "object", spread: rest.function, entries });
}
