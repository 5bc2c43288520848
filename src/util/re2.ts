import { RE2JS, RE2JSSyntaxException } from "re2js";

// Prometheus, Loki and Alertmanager use RE2, and a matcher must match the whole value.

/** The regular expression that a matcher with this one uses. `a)|(b` is valid in Alertmanager, because it is completed before it is parsed. */
export function whole(pattern: string): string {
  return `^(?:${pattern})$`;
}

/** Compiling takes much longer than matching. */
const compiled = new Map<string, RE2JS | undefined>();
const MAX_COMPILED = 1000;

/** Whether a regular expression of a matcher matches a value. Undefined: the expression is invalid. */
export function matchesWhole(pattern: string, value: string): boolean | undefined {
  if (!compiled.has(pattern)) {
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    const regex = whole(pattern);
    compiled.set(pattern, regexProblem(regex) === undefined ? RE2JS.compile(regex) : undefined);
  }
  return compiled.get(pattern)?.test(value);
}

/** Why a regular expression is invalid. */
export function regexProblem(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return error.message;
    throw error;
  }
}
