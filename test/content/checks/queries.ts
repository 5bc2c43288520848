import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { readLogql } from "../logql.ts";
import { dashboards, rowsOf, sourceOf, targetsOf, type Target } from "../own.ts";
import { readPromql, type Promql } from "../promql.ts";
import { documented, documentedName, faults, LOG_LABELS, type Fault } from "./faults.ts";

const LOG_JOBS = ["application", "docker", "otlp"];
const SEARCH_KEYS = ["service", "operation", "tags", "minDuration", "maxDuration", "limit"];

/** The faults of a query, by its datasource. */
export function queryFaults(panel: Panel, target: Target): string[] {
  const source = sourceOf(panel, target);
  if (source === "prometheus") return promqlFaults(panel, target);
  if (source === "loki") return logqlFaults(panel, target);
  if (source === "jaeger") return jaegerFaults(panel, target);
  return [`queries of ${source} are not supported`];
}

function promqlFaults(panel: Panel, { expr = "", legendFormat = "", ...target }: Target): string[] {
  const read = readPromql(expr);
  const labels = placeholders(legendFormat);
  const counters = read.selectors
    .map(({ metric }) => metric)
    .filter((metric) => documented.get(documentedName(metric))?.type !== "gauge");
  return faults(
    expr === "" && "it is empty",
    read.errors.map((error) => `is not valid PromQL: ${error}`),
    metricFaults(read),
    different(read.rated, counters) &&
      `applies rate to ${read.rated.join(", ")}, but its counters are ${counters.join(", ")}`,
    legendFormat === "" && "its series have no names",
    legendFaults(read, labels),
    // The rows of a heatmap are its buckets.
    labels.includes("le") !== (panel.type === "heatmap") &&
      "only the legend of a heatmap must contain the buckets (le)",
    target["exemplar"] === true && !expr.includes("_bucket") && "only queries of buckets can have exemplars",
  );
}

/** Metrics and labels that are not listed. */
export function metricFaults({ selectors, groupings, added }: Promql): string[] {
  const own = selectors.flatMap(({ metric }) => documented.get(documentedName(metric))?.labels ?? []);
  return faults(
    selectors.flatMap(({ metric, labels }) => {
      const known = documented.get(documentedName(metric));
      const unknown = labels.filter((label) => !["job", "instance", ...(known?.labels ?? [])].includes(label));
      return [
        !known && `METRICS.md doesn't list ${metric}`,
        known && unknown.length > 0 && `METRICS.md doesn't list the labels ${unknown.join(", ")} of ${metric}`,
      ];
    }),
    // Labels that Prometheus, histograms and label_replace add.
    groupings
      .filter((label) => !["job", "instance", "le", ...added, ...own].includes(label))
      .map((label) => `groups by ${label}, which is not a label of its metrics`),
  );
}

function legendFaults({ result, selectors }: Promql, labels: readonly string[]): Fault[] {
  if (!result.raw) {
    return [
      different(labels, result.labels) &&
        `its legend must contain the labels of its series: ${result.labels.join(", ") || "none"}`,
    ];
  }
  const own = selectors.flatMap(({ metric }) => documented.get(documentedName(metric))?.labels ?? []);
  return [
    !labels.includes("instance") && "its legend must contain the label instance",
    ...labels.map(
      (label) =>
        !["job", "instance", ...own].includes(label) &&
        `its legend contains ${label}, which is not a label of its metrics`,
    ),
  ];
}

function logqlFaults(panel: Panel, { expr = "", legendFormat = "", ...target }: Target): string[] {
  const read = readLogql(expr);
  const known = [...LOG_LABELS, ...read.made];
  return faults(
    expr === "" && "it is empty",
    read.errors.map((error) => `is not valid LogQL: ${error}`),
    !["range", "instant"].includes(target.queryType ?? "") && "must be a range or an instant query",
    read.streams.map(({ label, operator, value }) =>
      !LOG_LABELS.includes(label) || (label === "job" && operator === "=" && !LOG_JOBS.includes(value))
        ? `no log collector sets ${label}=${value}`
        : undefined,
    ),
    // Loki rejects a selector that matches lines without labels.
    !read.streams.some(({ label }) => label === "job") && "selects no job",
    [...read.groupings, ...read.filtered]
      .filter((label) => !known.includes(label))
      .map((label) => `uses ${label}, which lines don't have at this point`),
    read.counts === (panel.type === "logs") && "a list must not count lines, and a graph must",
    panel.type === "logs"
      ? !target["maxLines"] && "must limit the number of lines"
      : (legendFormat === "" || different(placeholders(legendFormat), read.groupings)) &&
          `its legend ${legendFormat} must contain the labels of its series: ${read.groupings.join(", ") || "none"}`,
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
    (targetsOf(panel).length !== 1 || refId !== "A") && "a panel can have only one query of Jaeger",
    !allowed && `unknown query type ${queryType}`,
    keys.filter((key) => !allowed?.includes(key)).map((key) => `unknown property of this query type: ${key}`),
    queryType === "search" && !rest["service"] && "Jaeger requires a service",
    !/^(?:[\w.]+=[\w.$]+(?: |$))*$/.test(textOf(rest["tags"])) && "its tags are not valid logfmt",
    !/^(?:\$\w+|[\d.]+(?:us|ms|s|m))?$/.test(textOf(rest["minDuration"])) && "its minimum duration is invalid",
    // Without a trace id the query fails, so the row must be collapsed until one is selected.
    queryType === undefined && !row?.collapsed && "needs a trace id, so its row must be collapsed",
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
