import { text, type Json, type JsonObject } from "../json.ts";
import { annotationToV2 } from "./annotations.ts";
import type { Surroundings } from "./datasources.ts";
import { layoutOf } from "./panels-to-layout.ts";
import { CURSOR_SYNC, defined, filledText, flag, list, part, texts, whole, withoutMarks } from "./parts.ts";
import { variablesToV2 } from "./variables-to-v2.ts";

const REFRESH_INTERVALS = ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"];

/** Converts a normalized classic dashboard to schema v2, as Grafana 12.4.0 does. */
export function fromClassic(spec: JsonObject, surroundings: Surroundings): JsonObject {
  const { elements, layout } = layoutOf(spec["panels"], surroundings);
  const revision = spec["revision"];
  return defined({
    title: text(spec["title"]),
    description: filledText(spec["description"]),
    revision: typeof revision === "number" ? Math.trunc(revision) : undefined,
    annotations: list(part(spec, "annotations")["list"]).map(annotationToV2),
    cursorSync: CURSOR_SYNC[whole(spec["graphTooltip"])] ?? "Off",
    editable: flag(spec["editable"], true),
    elements,
    layout,
    links: list(spec["links"]).map(linkOf),
    liveNow: flag(spec["liveNow"]),
    preload: flag(spec["preload"]),
    tags: texts(spec["tags"]),
    timeSettings: timeSettingsOf(spec),
    variables: variablesToV2(part(spec, "templating")["list"], surroundings),
  });
}

function timeSettingsOf(spec: JsonObject): JsonObject {
  const [time, timepicker] = [part(spec, "time"), part(spec, "timepicker")];
  const intervals = texts(timepicker["refresh_intervals"]);
  const { timezone } = spec;
  return defined({
    timezone: typeof timezone === "string" ? timezone : "browser",
    from: text(time["from"]) || "now-6h",
    to: text(time["to"]) || "now",
    autoRefresh: text(spec["refresh"]),
    autoRefreshIntervals: intervals.length > 0 ? intervals : REFRESH_INTERVALS,
    hideTimepicker: flag(timepicker["hidden"]),
    fiscalYearStartMonth: whole(spec["fiscalYearStartMonth"]),
    weekStart: filledText(spec["weekStart"]),
    nowDelay: filledText(timepicker["nowDelay"]),
    quickRanges: quickRanges(timepicker["quick_ranges"]),
  });
}

function quickRanges(ranges: Json | undefined): Json | undefined {
  const all = list(ranges).map(({ display, from, to }) => ({ display: text(display), from: text(from), to: text(to) }));
  return all.length > 0 ? all : undefined;
}

function linkOf(link: JsonObject): JsonObject {
  const { type, url, placement } = link;
  return defined({
    title: text(link["title"]),
    type: typeof type === "string" ? type : "link",
    icon: text(link["icon"]),
    tooltip: text(link["tooltip"]),
    url: typeof url === "string" ? withoutMarks(url) : undefined,
    tags: texts(link["tags"]),
    asDropdown: flag(link["asDropdown"]),
    targetBlank: flag(link["targetBlank"]),
    includeVars: flag(link["includeVars"]),
    keepTime: flag(link["keepTime"]),
    placement: typeof placement === "string" ? placement : undefined,
  });
}
