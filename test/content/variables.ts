/** Grafana's own variables that stand for a duration. */
const DURATIONS = /\$__(?:rate_interval|interval|range|auto)\b/g;
const OTHERS = /\$\{[a-z_]\w*(?::\w+)?\}|\$[a-z_]\w*/gi;

/** What Grafana sends in place of an expression's variables, at the same length: a grammar's positions stay true. */
export function withValues(expr: string): string {
  return expr
    .replace(DURATIONS, (name) => `${"1".padEnd(name.length - 1, "0")}s`)
    .replace(OTHERS, (name) => "x".repeat(name.length));
}

/** The dashboard's variables that a text uses; Grafana's own are left out. `${1}` of a regular expression is none. */
export function variablesIn(text: string): string[] {
  const found = [...text.matchAll(/\$(?:\{([a-z_]\w*)(?:[:.[][^}]*)?\}|([a-z_]\w*))/gi)];
  return found.map(([, braced, bare]) => braced ?? bare ?? "").filter((name) => !name.startsWith("__"));
}
