import { RE2JS, RE2JSSyntaxException } from "re2js";

// Prometheus, Loki and Alertmanager use RE2, and a matcher must match the whole value.

/** The regular expression that a matcher with this one uses. `a)|(b` is valid in Alertmanager, because it is completed before it is parsed. */
export function whole(pattern: string): string {
  return `^(?:${pattern})$`;
}

/** Whether a regular expression of a matcher matches a value. Undefined: the expression is invalid. */
export function matchesWhole(pattern: string, value: string): boolean | undefined {
  const regex = whole(pattern);
  return regexProblem(regex) === undefined ? RE2JS.compile(regex).test(value) : undefined;
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
