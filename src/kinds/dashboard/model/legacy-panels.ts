import type { Difference } from "../../../engine/difference.ts";
import { equal, isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "./panels.ts";

/** The replacements of panel types that Grafana's front end no longer has. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  graph: "timeseries",
  singlestat: "stat",
  "grafana-singlestat-panel": "stat",
  "table-old": "table",
  "grafana-piechart-panel": "piechart",
  "grafana-worldmap-panel": "geomap",
  "natel-discrete-panel": "state-timeline",
};

/** The type of a panel that Grafana's front end migrates, before or after; undefined for other panels. */
export function legacyType({ type, autoMigrateFrom, columns, styles }: JsonObject): string | undefined {
  // Left by the migration of the schema, which does the first half.
  if (typeof autoMigrateFrom === "string" && autoMigrateFrom !== "") return autoMigrateFrom;
  if (type === "table" && (Array.isArray(columns) || Array.isArray(styles))) return "table-old";
  return Object.hasOwn(SUCCESSORS, textOf(type)) ? textOf(type) : undefined;
}

/** The type that a panel has after Grafana's migration, even if it was not migrated yet. */
export function currentType(panel: JsonObject): string {
  const former = legacyType(panel);
  return former === undefined ? textOf(panel["type"]) : successorOf(panel, former);
}

/** Whether Grafana's front end will rewrite the panel. */
export function isLegacy(panel: JsonObject): boolean {
  return legacyType(panel) !== undefined || isFormerChart(panel);
}

/** The properties that a migration does not change. The rest of a migrated panel can't be compared. */
const KEPT = [
  ..."id title description gridPos targets datasource links repeat repeatDirection maxPerRow transparent".split(" "),
  ..."timeFrom timeShift hideTimeOverride interval maxDataPoints".split(" "),
];

interface Migration {
  readonly from: string;
  readonly to: string;
  readonly saved: JsonObject;
  readonly legacy: JsonObject;
  /** Whether the panel lost all of its options. */
  readonly isLost?: true;
}

/**
 * A panel that Grafana's UI saved, and the legacy panel that it comes from: the types before and after, and the comparable
 * part of both. Undefined if there was no migration.
 */
export function migration(saved: JsonObject, legacy: JsonObject): Migration | undefined {
  const to = textOf(saved["type"]);
  if (saved[LOST] === true && to === legacy["type"])
    return { from: to, to, saved: kept(saved), legacy: kept(legacy), isLost: true };
  if (isLegacy(saved) || !isLegacy(legacy)) return undefined;
  const from = legacyType(legacy) ?? textOf(legacy["type"]);
  if (to !== successorOf(legacy, from)) return undefined;
  return { from, to, saved: kept(saved), legacy: kept(legacy) };
}

function kept(panel: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(panel).filter(([key]) => KEPT.includes(key)));
}

/** Marks a panel that a save in the UI left without options, because the UI had not migrated it yet. */
export const LOST = "lostOptions";

/** The difference that reports a migration. */
export function migrationOf(made: Migration, place: Pick<Difference, "path" | "labels">): Difference {
  return {
    type: "changed",
    ...place,
    before: made.to,
    after: made.from,
    meaning: "migrated",
    ...(made.isLost ? { shown: { before: "without options" } } : {}),
  };
}

/** A graph becomes another panel if its horizontal axis is not time. */
function successorOf({ xaxis, legend }: JsonObject, type: string): string {
  const mode = type === "graph" && isObject(xaxis) ? xaxis["mode"] : undefined;
  if (mode === "histogram") return "histogram";
  if (mode === "series") return isObject(legend) && legend["values"] === true ? "bargauge" : "barchart";
  return SUCCESSORS[type] ?? type;
}

/** Removes the annotations that the migration of these panels made of their time regions. */
export function withoutTimeRegions(saved: JsonObject, panels: ReadonlySet<Json>): JsonObject {
  const holder = saved["annotations"];
  if (panels.size === 0 || !isObject(holder)) return saved;
  const list = objects(holder["list"]).filter((annotation) => !isTimeRegion(annotation, panels));
  const { annotations: _, ...rest } = saved;
  return list.length > 0 ? { ...rest, annotations: { ...holder, list } } : rest;
}

/** Whether an annotation comes from the migration of one of these panels. */
export function isTimeRegion({ name, filter }: JsonObject, panels: ReadonlySet<Json>): boolean {
  const isNamed = textOf(name).startsWith("Time region for panel ");
  return isNamed && [...panels].some((id) => equal(filter, { exclude: false, ids: [id] }));
}

/** The axes of an XY chart before 11.1. */
function isFormerChart({ type, options }: JsonObject): boolean {
  return type === "xychart" && isObject(options) && options["seriesMapping"] !== undefined;
}
