import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboards, sourceOf, targetsOf, variablesOf } from "../own.ts";
import { datasourceFaults, faults, linksOf, type Fault } from "./faults.ts";

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
    !SENTENCE.test(panel.description ?? "") && `its description is no sentence: ${panel.description}`,
    !"ABCDEF".startsWith(refIds) && `its refIds are ${refIds}`,
    known ? known(panel) : `nothing is known of panels of the type ${panel.type}: say in TYPES what they need`,
    panel.type !== "alertlist" && (targets.length === 0 || !panel.datasource) && "it asks nothing",
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
    .map(({ matcher }) => `an override names ${String(matcher.options)}, which is none of its series`);
}

/** The properties that panels of each type need. */
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

/** Links of series and cells that don't resolve. */
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
