import { expect, test } from "vitest";
import { matchesAll, matcherText, parseMatchers } from "../../src/alerts/matchers.ts";
import { UsageError } from "../../src/util/errors.ts";

test.each([
  ["severity=critical", ["severity", "=", "critical"]],
  ["severity = critical", ["severity", "=", "critical"]],
  ["alertname=High error rate", ["alertname", "=", "High error rate"]],
  ["team=~a|b", ["team", "=~", "a|b"]],
  ["team!~a|b", ["team", "!~", "a|b"]],
  ["team!=a", ["team", "!=", "a"]],
  ['path="/a,b{c}"', ["path", "=", "/a,b{c}"]],
  ['"with space"="x"', ["with space", "=", "x"]],
  ["empty=", ["empty", "=", ""]],
  ['instance=~"db1\\.internal"', ["instance", "=~", "db1\\.internal"]],
  ["instance=~db1\\.internal", ["instance", "=~", "db1\\.internal"]],
  ['route=~"/v\\d{1,2}\\t"', ["route", "=~", "/v\\d{1,2}\\t"]],
  ['text="a\\nb\\\\c"', ["text", "=", "a\nb\\c"]],
])("%s", (text, [name, operator, value]) => {
  expect(parseMatchers([text])).toEqual([
    { name, value, isRegex: operator?.endsWith("~"), isEqual: !operator?.startsWith("!") },
  ]);
});

test("an argument can have several matchers, and the text of a matcher is one again", () => {
  const matchers = parseMatchers(['{a="1", b=~"x|y"}', 'c!="\\"q\\" \\\\ z"', 'd=~"a\\.b\\n\tc"']);
  expect(matchers.map(matcherText)).toEqual(['a="1"', 'b=~"x|y"', 'c!="\\"q\\" \\\\ z"', 'd=~"a\\\\.b\\n\tc"']);
  expect(parseMatchers(matchers.map(matcherText))).toEqual(matchers);
});

test.each([[""], [" "], ["critical"], ["=x"], ["a=~("], ["a=~(?=x)"], ["a=b{"], ['a="b'], ["a=b,,c=d"]])(
  "%j is not valid",
  (text) => {
    expect(() => parseMatchers([text])).toThrow(UsageError);
    expect(() => parseMatchers([text])).toThrow(expect.objectContaining({ exitCode: 64, code: "matcher-invalid" }));
  },
);

test.each([
  [["a=1"], { a: "1" }, true],
  [["a=1"], { a: "12" }, false],
  [["a=~1"], { a: "12" }, false],
  [["a=~1.*"], { a: "12" }, true],
  [["a=~1|12"], { a: "12" }, true],
  [["a!~1"], {}, true],
  [["a!=1"], {}, true],
  [["a="], {}, true],
  [["a=1", "b=2"], { a: "1", b: "3" }, false],
  [["toString=~.+"], {}, false],
  [[], {}, true],
])("%j and %j", (texts: string[], labels: Record<string, string>, isMatch: boolean) => {
  expect(matchesAll(parseMatchers(texts), labels)).toBe(isMatch);
});
