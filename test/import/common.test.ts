import { expect, test } from "vitest";
import { withCommonParts } from "../../src/import/code/common.ts";
import {
  evaluate,
  fromJson,
  listOf,
  valueOf,
  type Chain,
  type Constant,
  type Expression,
  type Imported,
} from "../../src/import/code/expression.ts";
import { moduleText } from "../../src/import/code/module.ts";
import { without, withProperties } from "../../src/kinds/dashboard/plain.ts";
import { sharingCode } from "../../src/kinds/dashboard/source/panels.ts";
import type { Json } from "../../src/util/json.ts";

/** Records the calls of its methods. */
class Recorder {
  readonly calls: unknown[] = [];
  title(value: unknown): this {
    this.calls.push(["title", value]);
    return this;
  }
  expr(value: unknown): this {
    this.calls.push(["expr", value]);
    return this;
  }
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

function own(name: string, value: unknown): Imported {
  return { type: "imported", from: "grafana-provision", name, value };
}

const tools = { merge: own("withProperties", withProperties), remove: own("without", without) };

function chain(...calls: readonly (readonly [method: string, arg: Expression])[]): Chain {
  return { type: "chain", start: created, steps: calls.map(([method, arg]) => ({ method, args: [arg] })), tools };
}

/** The code of a file with these expressions. */
function codeOf(expressions: readonly Expression[]): string {
  return moduleText("a.ts", [{ value: listOf(expressions) }]);
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

test("a function is written for what it shortens", () => {
  const constant: Constant = { type: "constant", name: "common", value: valueOf("long".repeat(30)) };
  const short = [1, 2, 3].map(() => chain(["set", constant]));
  expect(withCommonParts(short)).toEqual(short);
  const setting = ["expr", valueOf(1)] as const;
  const long = [1, 2, 3, 4].map((value) => chain(["set", constant], unit, setting, ["add", valueOf(value)]));
  const result = withCommonParts(long);
  expect(codeOf(result)).toContain('const recorder = () => new RecorderBuilder().set(common).unit("short").expr(1);');
  expect(result.map((one) => callsOf(one))).toEqual(long.map((one) => callsOf(one)));
});

test("different titles are parameters, and queries have functions of their own", () => {
  const query = (text: string) => chain(["set", valueOf("x".repeat(100))], ["expr", valueOf(text)], unit);
  const panels = ["a", "b", "c", "d"].map((title) =>
    chain(["title", valueOf(title)], unit, ["set", valueOf(1)], ["add", query(title)]),
  );
  const result = withCommonParts(panels);
  const code = codeOf(result);
  expect(code).toContain("const recorder = (title: string) => new RecorderBuilder().title(title)");
  expect(code).toContain("const recorder2 = (expr: string) => new RecorderBuilder()");
  expect(code).toContain('recorder("a").add(recorder2("a"))');
});

test("a function that only one other function would call is a part of it", () => {
  const inner = () => chain(["set", valueOf("x".repeat(100))], unit, ["expr", valueOf("same")]);
  const queries = ["a", "b", "c", "d"].map((text) =>
    chain(["add", chain(["add", inner()], ["set", valueOf("y".repeat(100))], unit, ["expr", valueOf(text)])]),
  );
  const result = withCommonParts(queries);
  const code = codeOf(result);
  expect(code.match(/const recorder\d* = /g)).toHaveLength(1);
  expect(code).toMatch(
    /const recorder = \(expr: string\) =>\s+new RecorderBuilder\(\)\s*\.add\(new RecorderBuilder\(\)/,
  );
  const texts = (all: readonly Expression[]) => all.map((one) => JSON.stringify(callsOf(one)));
  expect(texts(result)).toEqual(texts(queries));
});

test("a value of a type with few values is no parameter", () => {
  const literal = (value: string): Expression => ({ type: "value", value, literal: true });
  const settings = [unit, ["set", valueOf("x".repeat(100))]] as const;
  const queries = ["a", "b", "c", "d"].map((value) => chain(["add", chain(...settings, ["expr", literal(value)])]));
  expect(codeOf(withCommonParts(queries))).toContain("const recorder = () =>");
});

test.each([
  ["another call before the common one", ["organize", "merge"]],
  ["the common call twice", ["merge", "merge"]],
])("a method that adds to a list keeps its order and number: %s", (_, items) => {
  const merge = ["add", valueOf("merge")] as const;
  const other = chain(unit, ["set", valueOf(1)], ...items.map((item) => ["add", valueOf(item)] as const));
  const set = ["set", valueOf(1)] as const;
  const chains = [...[1, 2, 3, 4].map(() => chain(unit, set, merge)), other];
  const result = withCommonParts(chains);
  expect(result[0]).not.toEqual(chains[0]);
  expect(result.map((one) => callsOf(one))).toEqual(chains.map((one) => callsOf(one)));
});

test("a panel that a common function would change keeps its own code", () => {
  const set = ["set", valueOf(1)] as const;
  const first = ["add", valueOf("first")] as const;
  const expr = ["expr", valueOf(1)] as const;
  const same = [1, 2, 3].map(() => chain(unit, set, expr));
  const panels = [...same, chain(first, unit, set, expr)].map((expression) => ({
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
