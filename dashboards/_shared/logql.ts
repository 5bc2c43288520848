import { DataqueryBuilder, LokiQueryDirection } from "@grafana/grafana-foundation-sdk/loki";
import type { DynamicConfigValue, MatcherConfig } from "@grafana/grafana-foundation-sdk/dashboard";

// LogQL. The log collector labels lines only with their source (`job`, `filename`, and `container_id` and `stream` for containers).
import { color } from "./thresholds.ts";
// Queries find everything else in the lines. Regular expressions have Go's syntax and must not contain backticks, because
// they are quoted with backticks.

/** A query for log lines. */
export function lines(refId: string, expr: string): DataqueryBuilder {
  return logQuery(refId, expr).queryType("range").maxLines(500).direction(LokiQueryDirection.Backward);
}

/** A query for a number over time. `legend`: as in `query()` in queries.ts. */
export function logMetric(refId: string, expr: string, legend: string): DataqueryBuilder {
  return logQuery(refId, expr).queryType("range").legendFormat(legend);
}

/** A query for one number for the whole time range. */
export function logTotal(refId: string, expr: string, legend: string): DataqueryBuilder {
  return logQuery(refId, expr).queryType("instant").legendFormat(legend);
}

function logQuery(refId: string, expr: string): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId).expr(expr);
}

/** The number of lines of a pipeline per minute, by these labels. The number doesn't depend on the step of a graph. */
export function perMinute(pipeline: string, by: readonly string[] = []): string {
  return `60 * sum${by.length > 0 ? ` by (${by.join(", ")}) ` : ""}(rate(${pipeline} [$__auto]))`;
}

/** The number of lines of a pipeline in the whole time range. Without lines, it is 0. */
export function totalOf(pipeline: string): string {
  return `sum(count_over_time(${pipeline} [$__range])) or vector(0)`;
}

/** The number of lines of a pipeline per hour, in the whole time range. Without lines, it is 0. */
export function perHour(pipeline: string): string {
  return `3600 * sum(rate(${pipeline} [$__range])) or vector(0)`;
}

/** The share of a part of lines in the whole time range. */
export function shareOf(part: string, whole: string): string {
  return `(${totalOf(part)}) / sum(count_over_time(${whole} [$__range]))`;
}

/** Keeps lines that match a regular expression. */
export function matching(expression: string): string {
  return `|~ \`${expression}\``;
}

/** Extracts labels with the named groups of a regular expression. Lines that don't match get no labels. */
export function parsing(expression: string): string {
  return `| regexp \`${expression}\``;
}

/** Levels, the most severe first. Lines without a level are "unknown". */
export const LEVELS = ["fatal", "critical", "error", "warn", "info", "debug", "trace", "unknown"] as const;

/** A label matcher for errors. */
export const BAD = '| level=~"error|critical|fatal"';

/**
 * Adds the label `level` to lines. It comes from a field (`"level": "info"` in JSON, `level=info` in logfmt, also `levelname`
 * and `severity`), or else from the first word that is a level: `2025-09-28 12:00:00 ERROR app.db: …`.
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

/** Colors of levels, similar to those in Grafana's log views. */
export const levelColors: { matcher: MatcherConfig; properties: DynamicConfigValue[] }[] = LEVELS.map((level) => ({
  matcher: { id: "byName", options: level },
  properties: color(LEVEL_COLORS[level]),
}));
