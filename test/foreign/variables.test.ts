import { expect, test } from "vitest";
import { variableIn, variablesOf } from "../../src/foreign/variables.ts";
import { matcherTexts } from "../../src/kinds/alerting/matcher-texts.ts";

const ENVIRONMENT = { NAME: "value", EMPTY: "", A1: "one" };

test.each([
  ["$NAME", "value"],
  ["${NAME}", "value"],
  ["$__env{NAME}", "value"],
  ["a-$NAME-b", "a-value-b"],
  ["$EMPTY", ""],
  ["$A1.x", "one.x"],
  ["$$NAME", "$NAME"],
  ["$${__value.raw}", "${__value.raw}"],
  ["costs 5$", "costs 5$"],
  ["^(a|b)$", "^(a|b)$"],
])("%s is read as %s", (text, expected) => {
  const variables = variablesOf(ENVIRONMENT);
  expect(variables.interpolated({ list: [text, 1] })).toEqual({ list: [expected, 1] });
  expect(variables.takeProblems()).toEqual([]);
});

test("unset variables and values that only the server has are problems, each once", () => {
  const variables = variablesOf(ENVIRONMENT);
  variables.interpolated(["$UNSET", "${UNSET}", "$__file{/etc/secret}"]);
  expect(variables.takeProblems()).toHaveLength(2);
  expect(variables.takeProblems()).toEqual([]);
});

test.each([
  ["$NAME", "NAME"],
  ["${NAME}", "NAME"],
  ["$__env{NAME}", "NAME"],
  ["$__file{/etc/secret}", undefined],
  ["x$NAME", undefined],
  ["$$NAME", undefined],
  ["", undefined],
])("%s alone names the variable %s", (text, expected) => {
  expect(variableIn(text)).toBe(expected);
});

test.each([
  ["severity = critical", [["severity", "=", "critical"]]],
  ['team =~ "shop|platform"', [["team", "=~", "shop|platform"]]],
  [
    '{a!=b, c!~"d,e"}',
    [
      ["a", "!=", "b"],
      ["c", "!~", "d,e"],
    ],
  ],
  ['"label with space"="a\\"b"', [["label with space", "=", 'a"b']]],
  ["empty=", [["empty", "=", ""]]],
  ["name=~.+", [["name", "=~", ".+"]]],
  ["severity", undefined],
  ['a="b', undefined],
])("the matchers in %s", (text, expected) => {
  expect(matcherTexts(text)).toEqual(expected);
});
