import { isObject, text, type JsonObject } from "../json.ts";
import { annotationToClassic } from "./annotations.ts";
import { panelOf } from "./element-to-panel.ts";
import { panelsOf } from "./layout-to-panels.ts";
import { CURSOR_SYNC, defined, filled, flag, list, part, picked, texts, whole } from "./parts.ts";
import { variablesToClassic } from "./variables-to-classic.ts";

/** Converts a dashboard from schema v2 to the classic schema, as Grafana 12.4.0 does. */
export function toClassic(spec: JsonObject): JsonObject {
  const elements = part(spec, "elements");
  const ids = Object.values(elements).map((element) => whole(part(element, "spec")["id"]));
  let id = Math.max(0, ...ids);
  const panels = panelsOf(spec["layout"], {
    make: (name) => (isObject(elements[name]) ? panelOf(elements[name]) : undefined),
    nextId: () => ++id,
  });
  const variables = variablesToClassic(spec["variables"]);
  return defined({
    title: text(spec["title"]),
    ...picked(spec, ["description", "liveNow", "revision"]),
    editable: flag(spec["editable"], true),
    preload: flag(spec["preload"]),
    tags: filled(texts(spec["tags"])),
    links: filled(list(spec["links"])),
    graphTooltip: Math.max(0, CURSOR_SYNC.indexOf(spec["cursorSync"] as never)),
    schemaVersion: 42,
    ...timesOf(part(spec, "timeSettings")),
    panels: filled(panels),
    templating: variables.length > 0 ? { list: variables } : undefined,
    annotations: { list: list(spec["annotations"]).map(annotationToClassic) },
  });
}

function timesOf(settings: JsonObject): JsonObject {
  const { autoRefreshIntervals, hideTimepicker, quickRanges, from, to, autoRefresh, fiscalYearStartMonth } = settings;
  const timepicker = defined({
    refresh_intervals: filled(texts(autoRefreshIntervals)),
    hidden: hideTimepicker === true || undefined,
    ...picked(settings, ["nowDelay"]),
    quick_ranges: filled(list(quickRanges)),
  });
  return {
    time: { from: text(from) || "now-6h", to: text(to) || "now" },
    refresh: text(autoRefresh),
    fiscalYearStartMonth: whole(fiscalYearStartMonth),
    ...picked(settings, ["timezone", "weekStart"]),
    ...(Object.keys(timepicker).length > 0 ? { timepicker } : {}),
  };
}
