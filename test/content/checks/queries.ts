import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { readLogql } from "../logql.ts";
import { dashboards, rowsOf, sourceOf, targetsOf, type Target } from "../own.ts";
import { readPromql, type Promql } from "../promql.ts";
import { documented, documentedName, faults, LOG_LABELS, type Fault } from "./faults.ts";

const LOG_JOBS = ["application", "docker"];
const SEARCH_KEYS = ["service", "operation", "tags", "minDuration", "maxDuration", "limit"];

/** The faults of a query, by its datasource. */
export function queryFaults(panel: Panel, target: Target): string[] {
  const source = sourceOf(panel, target);
  if (source === "prometheus") return promqlFaults(panel, target);
  if (source === "loki") return logqlFaults(panel, target);
  if (source === "jaeger") return jaegerFaults(panel, target);
  return [`nothing is known of queries of ${source}`];
}

function promqlFaults(panel: Panel, { expr = "", legendFormat = "", ...target }: Target): string[] {
  const read = readPromql(expr);
  const labels = placeholders(legendFormat);
  const counters = read.selectors
    .map(({ metric }) => metric)
    .filter((metric) => documented.get(documentedName(metric))?.type !== "gauge");
  return faults(
    expr === "" && "it asks nothing",
    read.errors.map((error) => `is no PromQL: ${error}`),
    metricFaults(read),
    different(read.rated, counters) && `rates ${read.rated.join(", ")}, and its counters are ${counters.join(", ")}`,
    legendFormat === "" && "its series have no names",
    legendFaults(read, labels),
    // The rows of a heatmap are its buckets.
    labels.includes("le") !== (panel.type === "heatmap") && "its legend names buckets, or should",
    target["exemplar"] === true && !expr.includes("_bucket") && "exemplars are of buckets alone",
  );
}

/** Metrics and labels that are not in METRICS.md. */
export function metricFaults({ selectors, groupings, added }: Promql): string[] {
  const own = selectors.flatMap(({ metric }) => documented.get(documentedName(metric))?.labels ?? []);
  return faults(
    selectors.flatMap(({ metric, labels }) => {
      const known = documented.get(documentedName(metric));
      const unknown = labels.filter((label) => !["job", "instance", ...(known?.labels ?? [])].includes(label));
      return [
        !known && `METRICS.md doesn't list ${metric}`,
        known && unknown.length > 0 && `METRICS.md lists no ${unknown.join(", ")} of ${metric}`,
      ];
    }),
    // Labels that Prometheus, histograms and label_replace add.
    groupings
      .filter((label) => !["job", "instance", "le", ...added, ...own].includes(label))
      .map((label) => `groups by ${label}, which its metrics don't have`),
  );
}

function legendFaults({ result, selectors }: Promql, labels: readonly string[]): Fault[] {
  if (!result.raw) {
    return [different(labels, result.labels) && `its series differ in ${result.labels.join(", ") || "nothing"}`];
  }
  const own = selectors.flatMap(({ metric }) => documented.get(documentedName(metric))?.labels ?? []);
  return [
    !labels.includes("instance") && "its series are of instances, which its legend doesn't name",
    ...labels.map((label) => !["job", "instance", ...own].includes(label) && `its legend names ${label}`),
  ];
}

function logqlFaults(panel: Panel, { expr = "", legendFormat = "", ...target }: Target): string[] {
  const read = readLogql(expr);
  const known = [...LOG_LABELS, ...read.made];
  return faults(
    expr === "" && "it asks nothing",
    read.errors.map((error) => `is no LogQL: ${error}`),
    !["range", "instant"].includes(target.queryType ?? "") && "doesn't say whether it is a range or an instant",
    read.streams.map(({ label, operator, value }) =>
      !LOG_LABELS.includes(label) || (label === "job" && operator === "=" && !LOG_JOBS.includes(value))
        ? `no log collector sets ${label}=${value}`
        : undefined,
    ),
    // Loki rejects a selector that matches lines without labels.
    !read.streams.some(({ label }) => label === "job") && "selects no job",
    [...read.groupings, ...read.filtered]
      .filter((label) => !known.includes(label))
      .map((label) => `uses ${label}, which lines don't have by then`),
    read.counts === (panel.type === "logs") && "counts lines in a list, or shows them in a graph",
    panel.type === "logs"
      ? !target["maxLines"] && "doesn't say how many lines it takes"
      : (legendFormat === "" || different(placeholders(legendFormat), read.groupings)) &&
          `its series differ in ${read.groupings.join(", ") || "nothing"}, and its legend is ${legendFormat}`,
  );
}

function jaegerFaults(panel: Panel, { refId, datasource: _, queryType, ...rest }: Target): string[] {
  const keys = Object.keys(rest).filter((key) => typeof rest[key] !== "function");
  const row = dashboards.flatMap(rowsOf).find(({ panels }) => panels.includes(panel));
  const keysOf: Readonly<Record<string, readonly string[]>> = {
    search: SEARCH_KEYS,
    dependencyGraph: [],
    "": ["query"],
  };
  const allowed = keysOf[queryType ?? ""];
  return faults(
    // The datasource uses only the first query.
    (targetsOf(panel).length !== 1 || refId !== "A") && "a panel takes one query of Jaeger",
    !allowed && `there is no query type ${queryType}`,
    keys.filter((key) => !allowed?.includes(key)).map((key) => `a query of this type has no ${key}`),
    queryType === "search" && !rest["service"] && "Jaeger finds nothing without a service",
    !/^(?:[\w.]+=[\w.$]+(?: |$))*$/.test(textOf(rest["tags"])) && "its tags are no logfmt",
    !/^(?:\$\w+|[\d.]+(?:us|ms|s|m))?$/.test(textOf(rest["minDuration"])) && "its least duration is none",
    // Without a trace id the query fails, so the row must be collapsed until one is selected.
    queryType === undefined && !row?.collapsed && "asks for a trace before one is chosen",
  );
}

function placeholders(legend: string): string[] {
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? "");
}

/** Whether two lists have different values, in any order. */
function different(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => !others.includes(one)) || others.some((one) => !some.includes(one));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
