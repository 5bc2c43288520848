import { expect, test } from "vitest";
import { withCommonParts } from "../../src/import/code/common.ts";
import {
  call,
  evaluate,
  fromJson,
  property,
  valueOf,
  type Constant,
  type Expression,
} from "../../src/import/code/expression.ts";
import { moduleText } from "../../src/import/code/module.ts";
import { sharingCode } from "../../src/kinds/dashboard/source/panels.ts";
import type { Json } from "../../src/util/json.ts";

/** Records the calls of its methods. */
class Recorder {
  readonly calls: unknown[] = [];
  set(value: unknown): this {
    this.calls.push(["set", value]);
    return this;
  }
  unit(value: unknown): this {
    this.calls.push(["unit", value]);
    return this;
  }
  add(value: unknown): this {
    this.calls.push(["add", value]);
    return this;
  }
  build(): object {
    return { calls: this.calls };
  }
}

const created: Expression = {
  type: "new",
  of: { type: "imported", from: "recorder", name: "RecorderBuilder", value: Recorder },
  args: [],
};

function chain(...calls: readonly (readonly [method: string, arg: Expression])[]): Expression {
  return calls.reduce<Expression>((on, [method, arg]) => call(property(on, method), arg), created);
}

function callsOf(expression: Expression, method?: string): unknown[] {
  const { calls } = evaluate(expression) as { calls: [string, unknown][] };
  return method === undefined ? calls : calls.filter(([name]) => name === method);
}

const unit = ["unit", valueOf("short")] as const;

test("different constants with the same suggested name are not common", () => {
  const [first, second] = ["$datasource", "${datasource}"].map((uid): Constant => ({
    type: "constant",
    name: "datasource",
    value: valueOf({ type: "prometheus", uid }),
  }));
  const chains = [first, first, second, second].map((constant) => chain(["set", constant ?? created], unit));
  expect(withCommonParts(chains).map((one) => callsOf(one, "set"))).toEqual(chains.map((one) => callsOf(one, "set")));
});

test("the name of a constant, not its value, decides whether a single call is long", () => {
  const constant: Constant = { type: "constant", name: "common", value: valueOf("long".repeat(30)) };
  const short = [1, 2, 3].map(() => chain(["set", constant]));
  expect(withCommonParts(short)).toEqual(short);
  const long = [1, 2, 3].map(() => chain(["set", constant.value]));
  expect(withCommonParts(long)).not.toEqual(long);
});

test.each([
  ["another call before the common one", ["organize", "merge"]],
  ["the common call twice", ["merge", "merge"]],
])("a method that adds to a list keeps its order and number: %s", (_, items) => {
  const merge = ["add", valueOf("merge")] as const;
  const other = chain(unit, ...items.map((item) => ["add", valueOf(item)] as const));
  const chains = [chain(unit, merge), chain(unit, merge), chain(unit, merge), other];
  const result = withCommonParts(chains);
  expect(result[0]).not.toEqual(chains[0]);
  expect(result.map((one) => callsOf(one))).toEqual(chains.map((one) => callsOf(one)));
});

test("a panel that a common function would change keeps its own code", () => {
  const set = ["set", valueOf(1)] as const;
  const first = ["add", valueOf("first")] as const;
  const panels = [chain(unit, set), chain(unit, set), chain(unit, set), chain(first, unit, set)].map((expression) => ({
    expression,
    built: { calls: callsOf(expression) as Json },
  }));
  const result = sharingCode(panels);
  expect(result.map((panel, index) => panel === panels[index])).toEqual([false, false, false, true]);
  expect(result.map(({ expression }) => callsOf(expression))).toEqual(panels.map(({ built }) => built.calls));
});

test("only a name is shortened to its key, not a literal", () => {
  const value = { true: true, null: null, undefined: 1, 1: 1 };
  expect(moduleText("a.ts", [{ value: fromJson(value) }])).toContain("true: true, null: null");
  expect(moduleText("a.ts", [{ value: valueOf(value) }])).toContain("true: true, null: null");
  const constant: Constant = { type: "constant", name: "limit", value: valueOf(1) };
  const object: Expression = { type: "object", entries: [["limit", constant]] };
  expect(moduleText("a.ts", [{ value: object }])).toContain("{ limit }");
});
