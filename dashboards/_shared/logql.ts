import { DataqueryBuilder, LokiQueryDirection } from "@grafana/grafana-foundation-sdk/loki";
import type { DynamicConfigValue, MatcherConfig } from "@grafana/grafana-foundation-sdk/dashboard";

// LogQL. The log collector labels a line with where it comes from (`job`, `filename`, and `container_id` and `stream` for containers)
import { color } from "./thresholds.ts";
// and with nothing else: whatever else a query asks for, it finds in the line. Regular expressions are Go's, and stand
// between backticks: they hold none.

/** Log lines themselves. */
export function lines(refId: string, expr: string): DataqueryBuilder {
  return logQuery(refId, expr).queryType("range").maxLines(500).direction(LokiQueryDirection.Backward);
}

/** A number over time, from lines: `legend` as in `query()` of PromQL. */
export function logMetric(refId: string, expr: string, legend: string): DataqueryBuilder {
  return logQuery(refId, expr).queryType("range").legendFormat(legend);
}

/** One number for the whole time range. */
export function logTotal(refId: string, expr: string, legend: string): DataqueryBuilder {
  return logQuery(refId, expr).queryType("instant").legendFormat(legend);
}

function logQuery(refId: string, expr: string): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId).expr(expr);
}

/** How many lines a pipeline leaves in each step of a graph, by these labels. */
export function countOf(pipeline: string, by: readonly string[] = []): string {
  return `sum${by.length > 0 ? ` by (${by.join(", ")}) ` : ""}(count_over_time(${pipeline} [$__auto]))`;
}

/** How many lines a pipeline leaves in the whole time range. */
export function totalOf(pipeline: string): string {
  return `sum(count_over_time(${pipeline} [$__range]))`;
}

/** Keeps lines that match a regular expression. */
export function matching(expression: string): string {
  return `|~ \`${expression}\``;
}

/** Makes labels of a regular expression's named groups; a line that doesn't match has none of them. */
export function parsing(expression: string): string {
  return `| regexp \`${expression}\``;
}

/** From the worst on. Lines that name none are "unknown". */
export const LEVELS = ["fatal", "critical", "error", "warn", "info", "debug", "trace", "unknown"] as const;

/** Label matcher of what somebody has to look at. */
export const BAD = '| level=~"error|critical|fatal"';

/**
 * Gives lines the label `level`. A field says it (`"level": "info"` of JSON, `level=info` of logfmt, `levelname` and
 * `severity` as well), else the first word that is a level: `2025-09-28 12:00:00 ERROR app.db: …`.
 */
export const withLevel = [
  parsing(String.raw`(?i)\b(?:level|levelname|severity)"?\s*[=:]\s*"?(?P<level_field>[a-z]+)`),
  parsing(String.raw`(?i)\b(?P<level_word>trace|debug|info|warn(?:ing)?|error|critical|fatal)\b`),
  '| label_format level=`{{ or .level_field .level_word "unknown" | lower | replace "warning" "warn" }}`',
  "| drop level_field, level_word",
].join(" ");

const LEVEL_COLORS: Readonly<Record<(typeof LEVELS)[number], string>> = {
  fatal: "dark-purple",
  critical: "purple",
  error: "red",
  warn: "orange",
  info: "green",
  debug: "blue",
  trace: "light-blue",
  unknown: "text",
};

/** Each level in the color that Grafana's own log views give it, or nearly. */
export const levelColors: { matcher: MatcherConfig; properties: DynamicConfigValue[] }[] = LEVELS.map((level) => ({
  matcher: { id: "byName", options: level },
  properties: color(LEVEL_COLORS[level]),
}));
