/** Grafana's variables for durations. */
const DURATIONS = /\$__(?:rate_interval|interval|range|auto)\b/g;
const OTHERS = /\$\{[a-z_]\w*(?::\w+)?\}|\$[a-z_]\w*/gi;

/** Replaces the variables of an expression by values of the same length, so that positions stay the same. */
export function withValues(expr: string): string {
  return expr
    .replace(DURATIONS, (name) => `${"1".padEnd(name.length - 1, "0")}s`)
    .replace(OTHERS, (name) => "x".repeat(name.length));
}

/** The variables of the dashboard in a text, without Grafana's own and without `${1}` of a regular expression. */
export function variablesIn(text: string): string[] {
  const found = [...text.matchAll(/\$(?:\{([a-z_]\w*)(?:[:.[][^}]*)?\}|([a-z_]\w*))/gi)];
  return found.map(([, braced, bare]) => braced ?? bare ?? "").filter((name) => !name.startsWith("__"));
}
