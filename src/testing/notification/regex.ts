import { RE2JS } from "re2js";
import { fail } from "../../go-template/template-error.ts";
import { regexProblem } from "../../util/re2.ts";

function compiled(pattern: string): RE2JS {
  const problem = regexProblem(pattern);
  if (problem !== undefined) fail(`${pattern} is not a regular expression of Go: ${problem}`);
  return RE2JS.compile(pattern);
}

/** Whether a part of the text matches. */
export function matchesPart(pattern: string, text: string): boolean {
  return compiled(pattern).matcher(text).find();
}

/** Replaces all matches like Go. The replacement can name groups: `$1`, `${name}`. */
export function replacedMatches(pattern: string, replacement: string, text: string): string {
  const matcher = compiled(pattern).matcher(text);
  let [result, kept, at] = ["", 0, 0];
  while (at <= text.length && matcher.find(at)) {
    const [start, end] = [matcher.start(), matcher.end()];
    result += text.slice(kept, start);
    // Go ignores an empty match directly after another one.
    if (end > kept || start === 0) result += expanded(replacement, groupsOf(matcher));
    kept = end;
    const width = (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    at = Math.max(end, at + width);
  }
  return result + text.slice(kept);
}

type Groups = (name: string) => string;

function groupsOf(matcher: ReturnType<RE2JS["matcher"]>): Groups {
  const count = matcher.groupCount();
  return (name) => {
    if (/^\d+$/.test(name)) return Number(name) <= count ? (matcher.group(Number(name)) ?? "") : "";
    return Object.hasOwn(matcher.namedGroups, name) ? (matcher.group(name) ?? "") : "";
  };
}

function expanded(replacement: string, groups: Groups): string {
  return replacement.replaceAll(/\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (all, short, long) => {
    if (all === "$$") return "$";
    const name: unknown = short ?? long;
    return typeof name === "string" ? groups(name) : "";
  });
}
