import { replaceAngularType } from "../angular-panels.ts";
import { isObject, text, type Json, type JsonObject } from "../json.ts";
import { dataQuery, sourceOf, type Source, type Surroundings } from "./datasources.ts";
import { fieldConfigToV2 } from "./field-config.ts";
import { defined, filledText, flag, list, part, whole, withoutMarks } from "./parts.ts";

const MIXED = "-- Mixed --";

/** Properties of panels. Grafana hands all others to the migration of Angular panels. */
const PANEL_PROPERTIES = [
  "autoMigrateFrom",
  "cacheTimeout",
  "datasource",
  "description",
  "fieldConfig",
  "gridPos",
  "hideTimeOverride",
  "id",
  "interval",
  "libraryPanel",
  "links",
  "maxDataPoints",
  "maxPerRow",
  "options",
  "pluginVersion",
  "queryCachingTTL",
  "repeat",
  "repeatDirection",
  "targets",
  "timeCompare",
  "timeFrom",
  "timeShift",
  "title",
  "transformations",
  "transparent",
  "type",
];

export function elementOf(panel: JsonObject, surroundings: Surroundings): JsonObject {
  const { libraryPanel } = panel;
  const named = { id: whole(panel["id"]), title: text(panel["title"]) };
  if (isObject(libraryPanel)) {
    const reference = { uid: text(libraryPanel["uid"]), name: text(libraryPanel["name"]) };
    return { kind: "LibraryPanel", spec: { ...named, libraryPanel: reference } };
  }
  const spec = defined({
    ...named,
    description: text(panel["description"]),
    links: list(panel["links"]).map(linkOf),
    data: {
      kind: "QueryGroup",
      spec: {
        queries: queriesOf(panel, surroundings),
        transformations: list(panel["transformations"]).map(transformationOf),
        queryOptions: queryOptionsOf(panel),
      },
    },
    vizConfig: vizConfigOf(panel),
    transparent: flag(panel["transparent"]) || undefined,
  });
  return { kind: "Panel", spec };
}

function linkOf(link: JsonObject): JsonObject {
  const targetBlank = "targetBlank" in link ? flag(link["targetBlank"]) : undefined;
  return defined({ title: text(link["title"]), url: withoutMarks(text(link["url"])), targetBlank });
}

function queriesOf(panel: JsonObject, surroundings: Surroundings): JsonObject[] {
  const targets = list(panel["targets"]);
  const taken = new Set(targets.map(({ refId }) => text(refId)));
  const ofPanel = sourceOf(panel["datasource"], surroundings);
  return targets.map(({ refId, hide, datasource, ...query }) => {
    const named = text(refId) || freeRefId(taken);
    taken.add(named);
    const source = sourceOfQuery(sourceOf(datasource, surroundings), ofPanel);
    return { kind: "PanelQuery", spec: { query: dataQuery(query, source), refId: named, hidden: flag(hide) } };
  });
}

function sourceOfQuery(source: Source, ofPanel: Source): Source {
  if (source.type !== "" || source.uid !== "") return source;
  if (ofPanel.uid !== MIXED) return ofPanel;
  return ofPanel.type === "datasource" ? { type: "datasource", uid: "grafana" } : source;
}

/** The first unused of A, B, …, Z, AA, AB, … */
function freeRefId(taken: ReadonlySet<string>): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const nameOf = (index: number): string =>
    (index < 26 ? "" : nameOf(Math.trunc(index / 26) - 1)) + letters.charAt(index % 26);
  let index = 0;
  while (taken.has(nameOf(index))) index += 1;
  return nameOf(index);
}

function transformationOf(transformation: JsonObject): JsonObject {
  const { options = null, disabled, filter } = transformation;
  const id = text(transformation["id"]);
  const matcher = isObject(filter)
    ? defined({ id: text(filter["id"]), options: filter["options"] ?? undefined })
    : undefined;
  return { kind: id, spec: defined({ id, options, disabled: flag(disabled) || undefined, filter: matcher }) };
}

function queryOptionsOf(panel: JsonObject): JsonObject {
  const maxDataPoints = whole(panel["maxDataPoints"]);
  return defined({
    cacheTimeout: filledText(panel["cacheTimeout"]),
    maxDataPoints: maxDataPoints > 0 ? maxDataPoints : undefined,
    interval: filledText(panel["interval"]),
    hideTimeOverride: flag(panel["hideTimeOverride"]) || undefined,
    queryCachingTTL: cachingOf(panel["queryCachingTTL"]),
    timeFrom: filledText(panel["timeFrom"]),
    timeShift: filledText(panel["timeShift"]),
  });
}

function cachingOf(value: Json | undefined): number | undefined {
  const found = whole(value, Number.NaN);
  return Number.isNaN(found) ? undefined : found;
}

function vizConfigOf(panel: JsonObject): JsonObject {
  const { autoMigrateFrom, type = "timeseries" } = panel;
  const original = Object.fromEntries(Object.entries(panel).filter(([key]) => !PANEL_PROPERTIES.includes(key)));
  const replaced: JsonObject = { ...panel, type };
  if (text(autoMigrateFrom) === "") {
    delete replaced["autoMigrateFrom"];
    replaceAngularType(replaced);
    // Grafana treats unknown properties as options of an Angular panel of the same type.
    if (Object.keys(original).length > 0) replaced["autoMigrateFrom"] ??= type;
  }
  const from = text(replaced["autoMigrateFrom"]);
  const migration = from === "" ? {} : { __angularMigration: { autoMigrateFrom: from, originalOptions: original } };
  return {
    kind: "VizConfig",
    group: text(replaced["type"]),
    version: text(panel["pluginVersion"]),
    spec: {
      options: withoutMarks({ ...part(panel, "options"), ...migration }),
      fieldConfig: fieldConfigToV2(part(panel, "fieldConfig")),
    },
  };
}
