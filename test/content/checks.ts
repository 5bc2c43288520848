import type { Panel, RowPanel, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard } from "grafana-provision";
import * as datasources from "./datasources.ts";
import { readLogql } from "./logql.ts";
import {
  dashboards,
  documentedMetrics,
  panelsOf,
  rowsOf,
  sourceOf,
  targetsOf,
  variablesOf,
  type Target,
} from "./own.ts";
import { readPromql, type Promql } from "./promql.ts";
import { variablesIn } from "./variables.ts";

// What is wrong with a dashboard, as sentences: none where all is well.

const documented = documentedMetrics().ofDashboards;

/** What Promtail's configuration labels lines with, and nothing else. */
const PROMTAIL_LABELS = ["job", "filename", "container_id", "stream"];
const PROMTAIL_JOBS = ["application", "docker"];
/** Names of the columns that a search of traces has. */
const TRACE_COLUMNS = ["Trace ID", "Trace name", "Start time", "Duration"];
const SEARCH_KEYS = ["service", "operation", "tags", "minDuration", "maxDuration", "limit"];
const SENTENCE = /^[A-Z0-9].{15,}\.$/;

type Fault = string | false | undefined;

function faults(...all: readonly (Fault | readonly Fault[])[]): string[] {
  return all.flat().filter((one): one is string => typeof one === "string");
}

/** What a panel lacks that every panel has, and what one of its type has. */
export function panelFaults(panel: Panel): string[] {
  const targets = targetsOf(panel);
  const known = TYPES[panel.type];
  const refIds = targets.map(({ refId }) => refId).join("");
  return faults(
    !panel.title && "it has no title",
    !SENTENCE.test(panel.description ?? "") && `its description is no sentence: ${panel.description}`,
    !"ABCDEF".startsWith(refIds) && `its refIds are ${refIds}`,
    known ? known(panel) : `nothing is known of panels of the type ${panel.type}: say in TYPES what they need`,
    panel.type !== "alertlist" && (targets.length === 0 || !panel.datasource) && "it asks nothing",
    [panel.datasource, ...targets.map(({ datasource }) => datasource)].flatMap((one) => datasourceFaults(one)),
    overrideFaults(panel),
  );
}

function datasourceFaults(one: { type?: string; uid?: string } | undefined): Fault[] {
  if (!one) return [];
  const own = datasources.byUid[one.uid ?? ""];
  return [own?.type !== one.type && `there is no datasource ${one.type} ${one.uid}`];
}

function overrideFaults(panel: Panel): Fault[] {
  const legends = targetsOf(panel).map(({ legendFormat }) => legendFormat ?? "");
  // What a label's values are is not known here.
  if (legends.some((legend) => legend.includes("{{"))) return [];
  const series = [...legends, ...(sourceOf(panel) === "jaeger" ? TRACE_COLUMNS : [])];
  return (panel.fieldConfig?.overrides ?? [])
    .filter(({ matcher }) => matcher.id === "byName" && !series.includes(String(matcher.options)))
    .map(({ matcher }) => `an override names ${String(matcher.options)}, which is none of its series`);
}

/** What a panel of each type needs. */
const TYPES: Readonly<Record<string, (panel: Panel) => Fault[]>> = {
  stat: (panel) => [...fieldFaults(panel), !panel.fieldConfig?.defaults.noValue && "it has no word for no data"],
  timeseries: (panel) => [
    ...fieldFaults(panel),
    !optionsOf(panel)["legend"]?.["showLegend"] && "it shows no legend",
    (panel.fieldConfig?.defaults.custom as Options | undefined)?.["thresholdsStyle"]?.["mode"] !== "dashed" &&
      "it doesn't draw its thresholds",
  ],
  "state-timeline": (panel) => [
    ...fieldFaults(panel),
    !optionsOf(panel)["legend"]?.["showLegend"] && "it shows no legend",
    panel.fieldConfig?.defaults.mappings?.length !== 1 && "it doesn't say what its states are called",
  ],
  heatmap: (panel) => [
    !optionsOf(panel)["yAxis"]?.["unit"] && "its axis has no unit",
    !optionsOf(panel)["cellValues"]?.["unit"] && "its cells have no unit",
    !optionsOf(panel)["legend"]?.["show"] && "it shows no legend",
  ],
  piechart: (panel) => [
    !panel.fieldConfig?.defaults.unit && "it has no unit",
    !optionsOf(panel)["legend"]?.["showLegend"] && "it shows no legend",
  ],
  logs: (panel) => [
    sourceOf(panel) !== "loki" && "it shows no logs",
    !(panel.options as Options | undefined)?.["enableLogDetails"] && "a line's trace can't be opened",
  ],
  table: (panel) => [
    sourceOf(panel) !== "jaeger" && "it lists no traces",
    !JSON.stringify(panel.fieldConfig?.overrides).includes('"unit","value":"µs"') && "its durations have no unit",
    !linksOf(panel).some(({ url }) => url.includes("var-trace=${__data.fields.traceID}")) && "a trace can't be opened",
  ],
  nodeGraph: (panel) => [!optionsOf(panel)["edges"]?.["mainStatUnit"] && "its edges have no unit"],
  traces: (panel) => [sourceOf(panel) !== "jaeger" && "it shows no trace"],
  alertlist: (panel) => [targetsOf(panel).length > 0 && "it takes no queries"],
};

type Options = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

function optionsOf({ options }: Panel): Options {
  return (options ?? {}) as Options;
}

function fieldFaults({ fieldConfig }: Panel): Fault[] {
  const { unit, thresholds } = fieldConfig?.defaults ?? {};
  return [
    !unit && "it has no unit",
    (String(thresholds?.mode) !== "absolute" || thresholds?.steps[0]?.value !== null) &&
      "it has no thresholds of its own",
  ];
}

/** What is wrong with a query, by the datasource that it asks. */
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
    // A heatmap's rows are its buckets.
    labels.includes("le") !== (panel.type === "heatmap") && "its legend names buckets, or should",
    target["exemplar"] === true && !expr.includes("_bucket") && "exemplars are of buckets alone",
  );
}

/** Metrics and labels that METRICS.md doesn't list. */
function metricFaults({ selectors, groupings, added }: Promql): string[] {
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
    // Made by Prometheus, by histograms and by label_replace.
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
  const known = [...PROMTAIL_LABELS, ...read.made];
  return faults(
    expr === "" && "it asks nothing",
    read.errors.map((error) => `is no LogQL: ${error}`),
    !["range", "instant"].includes(target.queryType ?? "") && "doesn't say whether it is a range or an instant",
    read.streams.map(({ label, operator, value }) =>
      !PROMTAIL_LABELS.includes(label) || (label === "job" && operator === "=" && !PROMTAIL_JOBS.includes(value))
        ? `Promtail sets no ${label}=${value}`
        : undefined,
    ),
    // Loki refuses a selector that everything without labels would match.
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
    // The datasource takes the first one and ignores others.
    (targetsOf(panel).length !== 1 || refId !== "A") && "a panel takes one query of Jaeger",
    !allowed && `there is no query type ${queryType}`,
    keys.filter((key) => !allowed?.includes(key)).map((key) => `a query of this type has no ${key}`),
    queryType === "search" && !rest["service"] && "Jaeger finds nothing without a service",
    !/^(?:[\w.]+=[\w.$]+(?: |$))*$/.test(textOf(rest["tags"])) && "its tags are no logfmt",
    !/^(?:\$\w+|[\d.]+(?:us|ms|s|m))?$/.test(textOf(rest["minDuration"])) && "its least duration is none",
    // Without a trace it is an error, which nobody may see before one is chosen.
    queryType === undefined && !row?.collapsed && "asks for a trace before one is chosen",
  );
}

/** Links of series and cells that lead nowhere. */
export function linkFaults(panel: Panel): string[] {
  return faults(
    linksOf(panel).flatMap(({ title, url }) => {
      const [, uid, query = ""] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? [];
      const target = dashboards.find(({ spec }) => spec.uid === uid);
      const [range, ...variables] = query.split("&");
      const known = target ? variablesOf(target).map(({ name }) => `var-${name}`) : [];
      return [
        !/^[A-Z]/.test(title) && `a link is called "${title}"`,
        !target && `${url} leads to no dashboard`,
        range !== "${__url_time_range}" && `${url} leads to another time`,
        ...variables.map((one) => !known.includes(one.split("=")[0] ?? "") && `${uid} has no variable for ${one}`),
      ];
    }),
  );
}

function linksOf({ fieldConfig }: Panel): { title: string; url: string }[] {
  return (fieldConfig?.defaults.links ?? []).map(({ title, url }) => ({ title: title ?? "", url: url ?? "" }));
}

/** What is wrong with a dashboard's variables: each by itself, and what is used and isn't there. */
export function variablesFaults(board: Dashboard): string[] {
  const variables = variablesOf(board);
  const names = variables.map(({ name }) => name);
  const texts = [
    ...panelsOf(board).flatMap(targetsOf),
    ...panelsOf(board)
      .flatMap(linksOf)
      .map(({ url }) => url),
    ...(board.spec.panels ?? []).map(({ title }) => title),
    ...variables.map(({ query }) => query),
  ];
  const used = new Set(texts.flatMap((text) => variablesIn(JSON.stringify(text ?? ""))));
  return faults(
    variables.flatMap((variable, index) =>
      variableFaults(variable, names.slice(0, index)).map((fault) => `${variable.name}: ${fault}`),
    ),
    [...used].filter((name) => !names.includes(name)).map((name) => `$${name} is used, and not there`),
    names.filter((name) => !used.has(name)).map((name) => `$${name} is there, and not used`),
  );
}

function variableFaults(variable: VariableModel, before: readonly string[]): string[] {
  const { query, label = "", includeAll, multi, datasource } = variable;
  const type: string = variable.type;
  const late = variablesIn(JSON.stringify(query ?? "")).filter((name) => !before.includes(name));
  return faults(
    !/^[A-Z]/.test(label) && "it has no label",
    !["query", "custom", "textbox"].includes(type) && `nothing is known of variables of the type ${type}`,
    late.map((name) => `it uses $${name}, which stands behind it`),
    includeAll && !multi && "it takes all values, and not several",
    type === "query" && datasource?.type === "prometheus" && prometheusVariableFaults(variable),
    type === "query" && datasource?.type === "loki" && lokiVariableFaults(variable),
    type === "query" && datasourceFaults(datasource ?? {}),
  );
}

function prometheusVariableFaults({ query, regex = "" }: VariableModel): string[] {
  const text = typeof query === "string" ? query : "";
  const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? [];
  const [, result] = /^query_result\((.*)\)$/.exec(text) ?? [];
  const read = readPromql(selector ?? result ?? "");
  const own = read.selectors.flatMap(({ metric }) => documented.get(documentedName(metric))?.labels ?? []);
  return faults(
    read.errors.map((error) => `it asks no PromQL: ${error}`),
    read.selectors.length === 0 && `it asks nothing: ${text}`,
    metricFaults(read),
    label !== undefined && !["job", "instance", ...own].includes(label) && `its metric has no ${label}`,
    // A result is the text of a sample.
    result !== undefined &&
      new RegExp(regex.slice(1, -1)).exec('{service_name="a"} 1 0')?.[1] !== "a" &&
      "its regular expression finds no value",
  );
}

function lokiVariableFaults({ query, allValue }: VariableModel): string[] {
  const { type, label, stream = "" } = query as { type?: number; label?: string; stream?: string };
  return faults(
    type !== 1 && "it doesn't ask for a label's values",
    !PROMTAIL_LABELS.includes(label ?? "") && `Promtail sets no ${label}`,
    stream !== "" && readLogql(stream).errors,
    allValue !== ".+" && "Loki refuses what an empty label could match",
  );
}

/** Panels that overlap, and what is left empty between them. `top`: where the first of them has to stand. */
export function gridFaults(panels: readonly (Panel | RowPanel)[], top = 0): string[] {
  const taken = new Map<string, string>();
  const found = new Set<string>();
  let bottom = top;
  for (const { title = "", gridPos = { x: 0, y: 0, w: 0, h: 0 } } of panels) {
    const { x, y, w, h } = gridPos;
    if (w === 0 || x + w > 24 || y < top) found.add(`${title} is outside of the grid`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const other = taken.get(`${column},${line}`);
        if (other !== undefined) found.add(`${title} covers ${other}`);
        taken.set(`${column},${line}`, title);
      }
    }
    bottom = Math.max(bottom, y + h);
  }
  const empty = 24 * (bottom - top) - taken.size;
  return [...found, ...(found.size === 0 && empty !== 0 ? [`${empty} cells are empty`] : [])];
}

/** Rows without panels, and open ones that hold some: Grafana would drop those. */
export function rowFaults(board: Dashboard): string[] {
  const everything = board.spec.panels ?? [];
  return faults(
    rowsOf(board).flatMap((row) => {
      const next = everything[everything.indexOf(row) + 1];
      return [
        row.collapsed && row.panels.length === 0 && `${row.title} is empty`,
        !row.collapsed && row.panels.length > 0 && `${row.title} is open, and its panels stand in it`,
        !row.collapsed && (!next || next.type === "row") && `${row.title} is empty`,
        ...(row.collapsed ? gridFaults(row.panels, (row.gridPos?.y ?? 0) + 1) : []),
      ];
    }),
  );
}

/** A histogram's series are documented by its name. */
export function documentedName(metric: string): string {
  const name = metric.replace(/_(?:bucket|count|sum)$/, "");
  return documented.has(name) ? name : metric;
}

function placeholders(legend: string): string[] {
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? "");
}

/** Whether two lists hold other values, whatever their order. */
function different(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => !others.includes(one)) || others.some((one) => !some.includes(one));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
