import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboards, sourceOf, targetsOf, variablesOf, type Target } from "../own.ts";
import { readPromql } from "../promql.ts";
import { datasourceFaults, documented, documentedName, faults, linksOf, type Fault } from "./faults.ts";

/** The names of the columns in a search for traces. */
const TRACE_COLUMNS = ["Trace ID", "Trace name", "Start time", "Duration"];
const SENTENCE = /^[A-Z0-9].{15,}\.$/;

/** Missing properties that all panels need, or all panels of this type. */
export function panelFaults(panel: Panel): string[] {
  const targets = targetsOf(panel);
  const known = TYPES[panel.type];
  const refIds = targets.map(({ refId }) => refId).join("");
  return faults(
    !panel.title && "it has no title",
    !SENTENCE.test(panel.description ?? "") && `its description is not a sentence: ${panel.description}`,
    !"ABCDEF".startsWith(refIds) && `its refIds are ${refIds}`,
    known ? known(panel) : `unknown panel type ${panel.type}: add its requirements to TYPES`,
    panel.type !== "alertlist" && (targets.length === 0 || !panel.datasource) && "it has no query",
    [panel.datasource, ...targets.map(({ datasource }) => datasource)].flatMap((one) => datasourceFaults(one)),
    overrideFaults(panel),
  );
}

function overrideFaults(panel: Panel): Fault[] {
  const legends = targetsOf(panel).map(({ legendFormat }) => legendFormat ?? "");
  // The values of a label are unknown here.
  if (legends.some((legend) => legend.includes("{{"))) return [];
  const series = [...legends, ...(sourceOf(panel) === "jaeger" ? TRACE_COLUMNS : [])];
  return (panel.fieldConfig?.overrides ?? [])
    .filter(({ matcher }) => matcher.id === "byName" && !series.includes(String(matcher.options)))
    .map(({ matcher }) => `an override is for ${String(matcher.options)}, which is not one of its series`);
}

/** The properties that panels of each type need. */
const TYPES: Readonly<Record<string, (panel: Panel) => Fault[]>> = {
  stat: (panel) => [
    ...fieldFaults(panel),
    !panel.fieldConfig?.defaults.noValue && "it has no text for missing data",
    !JSON.stringify(panel.fieldConfig?.defaults.mappings).includes(
      '"match":"null+nan","result":{"text":"No data","color":"text"}',
    ) && "its missing data is not grey",
    titleFault(panel),
    targetsOf(panel).some(({ expr = "" }) => /^sum\(count_over_time\(.*\[\$__range\]\)\)/.test(expr)) &&
      panel.fieldConfig?.defaults.thresholds?.steps.some(({ color }) => color === "red") &&
      "its number grows with the time range, so a fixed limit says nothing",
  ],
  timeseries: (panel) => [
    ...fieldFaults(panel),
    !optionsOf(panel)["legend"]?.["showLegend"] && "it has no legend",
    (panel.fieldConfig?.defaults.custom as Options | undefined)?.["thresholdsStyle"]?.["mode"] !== "dashed" &&
      "it doesn't show its thresholds",
    limitFault(panel),
    titleFault(panel),
    ...graphFaults(panel),
    ...legendFaults(panel, sourceOf(panel)),
    ...durationFaults(panel),
  ],
  xychart: (panel) => [
    sourceOf(panel) !== "jaeger" && "its datasource is not Jaeger",
    titleFault(panel),
    !isShown(panel) && "Grafana doesn't draw its series",
  ],
  "state-timeline": (panel) => [
    ...fieldFaults(panel),
    !optionsOf(panel)["legend"]?.["showLegend"] && "it has no legend",
    panel.fieldConfig?.defaults.mappings?.length !== 1 && "its states have no names",
  ],
  heatmap: (panel) => [
    !optionsOf(panel)["yAxis"]?.["unit"] && "its axis has no unit",
    !optionsOf(panel)["cellValues"]?.["unit"] && "its cells have no unit",
    !optionsOf(panel)["legend"]?.["show"] && "it has no legend",
  ],
  piechart: (panel) => [
    !panel.fieldConfig?.defaults.unit && "it has no unit",
    !optionsOf(panel)["legend"]?.["showLegend"] && "it has no legend",
  ],
  logs: (panel) => [
    sourceOf(panel) !== "loki" && "its datasource is not Loki",
    !(panel.options as Options | undefined)?.["enableLogDetails"] && "its lines have no link to their trace",
  ],
  table: (panel) => [
    sourceOf(panel) !== "jaeger" && "its datasource is not Jaeger",
    !JSON.stringify(panel.fieldConfig?.overrides).includes('"unit","value":"µs"') && "its durations have no unit",
    !linksOf(panel).some(({ url }) => url.includes("var-trace=${__data.fields.traceID}")) && "its traces have no link",
    (panel.gridPos?.w ?? 24) < 12 && "it is too narrow for its columns",
  ],
  nodeGraph: (panel) => [!optionsOf(panel)["edges"]?.["mainStatUnit"] && "its edges have no unit"],
  traces: (panel) => [sourceOf(panel) !== "jaeger" && "its datasource is not Jaeger"],
  alertlist: (panel) => [targetsOf(panel).length > 0 && "it must not have queries"],
};

/** A series that is mapped manually needs a frame, and a panel without a version loses its series. */
function isShown({ options, pluginVersion = "" }: Panel): boolean {
  const { mapping, series = [] } = options as {
    mapping: string;
    series?: { frame?: object; x?: object; y?: object }[];
  };
  const isMapped = series.length > 0 && series.every(({ frame, x, y }) => frame && x && y);
  return Number.parseFloat(pluginVersion) > 11 && (mapping !== "manual" || isMapped);
}

/** Labels with long values. */
const LONG = /\{\{(?:path|span_name|filename|gen_ai_agent_name)\}\}/;

/** The letters of typical long values. */
const LETTERS: Readonly<Record<string, number>> = {
  exporter: 14,
  instance: 25,
  mountpoint: 15,
  reason: 27,
  route: 24,
  source: 14,
};

/** The numbers of values of labels with many values. */
const VALUES: Readonly<Record<string, number>> = { cmd: 8, job: 13, status: 10 };

/** A legend below a graph shows three rows of a table. To its right, a row takes 24 px, and a unit of the grid has 38 px. */
function legendFaults({ gridPos, options, targets }: Panel, source: string | undefined): Fault[] {
  const { placement, displayMode, calcs = [] } = ((options as Options | undefined)?.["legend"] ?? {}) as Legend;
  const legends = (targets ?? []).map((target) => (target as { legendFormat?: string }).legendFormat ?? "");
  const values = source === "prometheus" ? Math.max(...legends.map((legend) => VALUES[legend.slice(2, -2)] ?? 0)) : 0;
  const rows = placement === "right" ? (38 * (gridPos?.h ?? 0) - 60) / 24 - 1 : 3;
  return [
    calcs.includes("lastNotNull") && "its legend shows the last value of a series that has ended",
    displayMode === "table" && values > rows && `its legend has room for ${Math.floor(rows)} of ${values} series`,
  ];
}

interface Legend {
  readonly placement?: string;
  readonly displayMode?: string;
  readonly calcs?: readonly string[];
}

/** What the rows of a legend need at 1000 px: a letter takes 6.5 px, the icon 30 px, and each number 75 px. */
function graphFaults(panel: Panel): Fault[] {
  const { gridPos, fieldConfig } = panel;
  const { placement, calcs = [] } = (optionsOf(panel)["legend"] ?? {}) as Legend;
  const custom = (fieldConfig?.defaults.custom ?? {}) as { drawStyle?: string; scaleDistribution?: { type: string } };
  const width = gridPos?.w ?? 24;
  const legends = targetsOf(panel).map(({ legendFormat = "" }) => legendFormat);
  const isLong = legends.some((legend) => LONG.test(legend));
  const letters = (legend: string) =>
    legend.replace(/\{\{(\w+)\}\}/g, (_label, name: string) => "m".repeat(LETTERS[name] ?? 0)).length;
  const longest = Math.max(...legends.map(letters));
  const limited = (fieldConfig?.defaults.thresholds?.steps.length ?? 0) > 1;
  return [
    placement === "right" &&
      width < (isLong ? 24 : calcs.length > 1 ? 16 : 12) &&
      "it has no room for a legend to its right",
    isLong && width < 10 && "its legend has no room for its long names",
    6.5 * longest + 30 + 75 * calcs.length > (width / 24) * 970 && "its legend has no room for its names",
    isLong &&
      limited &&
      fieldConfig?.defaults.unit === "s" &&
      width > 12 &&
      custom.scaleDistribution?.type !== "log" &&
      "its slowest series hides the limit and the others: use a logarithmic axis",
    sourceOf(panel) === "loki" &&
      (custom.drawStyle !== "bars" || panel.interval !== "1m" || fieldConfig?.defaults.unit !== "suffix:/min") &&
      "its numbers must be per minute, as bars: otherwise they change with its width",
  ];
}

/** In a window of 1000 px, the grid has about 970 px, the icons of a panel take 135 px (one is about a failed query), and a letter 7.5 px. */
function titleFault({ title = "", gridPos }: Panel): Fault {
  const room = Math.floor((((gridPos?.w ?? 24) / 24) * 970 - 135) / 7.5);
  return title.length > room && `its title has ${title.length} characters, and the panel has room for ${room}`;
}

/** The last bucket of a histogram in seconds. Another component defines those of spans; calls of databases are short. */
function lastBucketOf({ expr = "" }: Target): number {
  if (expr.includes("otel_traces_span_metrics")) return expr.includes("db_system!=") ? 10 : 300;
  const names = readPromql(expr).selectors.map(({ metric }) => documentedName(metric));
  return Math.max(...names.map((name) => documented.get(name)?.buckets?.at(-1) ?? 0));
}

/** Exemplars are drawn at the edge of an axis that doesn't contain them, and Grafana's minutes have no round ticks. */
function durationFaults(panel: Panel): Fault[] {
  const { custom, unit, max = 0 } = panel.fieldConfig?.defaults ?? {};
  const { scaleDistribution } = (custom ?? {}) as { scaleDistribution?: { type: string } };
  const targets = targetsOf(panel).filter((target) => target["exemplar"] === true);
  if (targets.length === 0) return [];
  const last = Math.max(...targets.map(lastBucketOf));
  return [
    scaleDistribution?.type !== "log" && "its exemplars need a logarithmic axis",
    max < last && `its axis ends at ${max}, before the last bucket, ${last}`,
    max > 60 && unit !== "suffix:s" && "its ticks are minutes: use seconds for all durations",
  ];
}

/** A limit must not lie on the axis of a graph of zeros, which Grafana scales to 100. */
function limitFault({ fieldConfig }: Panel): Fault {
  const limit = fieldConfig?.defaults.thresholds?.steps.at(-1)?.value ?? undefined;
  const custom = fieldConfig?.defaults.custom as { axisSoftMax?: number } | undefined;
  const top = fieldConfig?.defaults.max ?? custom?.axisSoftMax ?? 0;
  return limit !== undefined && top < limit && `its limit ${limit} is not in sight`;
}

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

/** The time range of the dashboard, and the ten minutes around a point. */
const TIMES = ["${__url_time_range}", "time=${__value.time}&time.window=600000"];

function timeAndVariables(query: string): [string, string[]] {
  const parts = query.split("&");
  const first = parts.findIndex((part) => part.startsWith("var-"));
  const end = first < 0 ? parts.length : first;
  return [parts.slice(0, end).join("&"), parts.slice(end)];
}

/** Links of series and cells that don't resolve. */
export function linkFaults(panel: Panel): string[] {
  return faults(
    linksOf(panel).flatMap(({ title, url }) => {
      const [, uid, query = ""] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? [];
      const target = dashboards.find(({ spec }) => spec.uid === uid);
      const [range, variables] = timeAndVariables(query);
      const known = target ? variablesOf(target).map(({ name }) => `var-${name}`) : [];
      return [
        !/^[A-Z]/.test(title) && `a link has the invalid title "${title}"`,
        !target && `${url} is not a link to a dashboard`,
        !TIMES.includes(range) && `${url} has a different time range`,
        ...variables.map((one) => !known.includes(one.split("=")[0] ?? "") && `${uid} has no variable for ${one}`),
      ];
    }),
  );
}
