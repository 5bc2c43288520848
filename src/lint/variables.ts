// Grafana's variables in texts.

export interface VariableUse {
  readonly name: string;
  /** `regex` of `${job:regex}` */
  readonly format: string;
  readonly from: number;
  readonly to: number;
}

const PATTERN = /\$([A-Za-z_]\w*)|\[\[([A-Za-z_]\w*?)(?::(\w+))?\]\]|\$\{([A-Za-z_]\w*)(?:\.[^:^}]+)?(?::([^}]+))?\}/g;

/** All uses of variables, in order. `$1` and `${1}` are parts of replacement texts. */
export function variablesIn(text: string): VariableUse[] {
  if (!text.includes("$") && !text.includes("[[")) return [];
  return [...text.matchAll(PATTERN)].map((match) => ({
    name: match[1] ?? match[2] ?? match[4] ?? "",
    format: match[3] ?? match[5] ?? "",
    from: match.index,
    to: match.index + match[0].length,
  }));
}

/** Grafana's own variables and macros, `$__interval`. */
export function isBuiltIn(name: string): boolean {
  return name.startsWith("__") || name === "timeFilter" || name === "interval_ms";
}
