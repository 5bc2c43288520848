import { isObject, text, type JsonObject } from "../json.ts";
import { datasourceOf } from "./datasources.ts";
import { fieldConfigToClassic } from "./field-config.ts";
import { defined, filled, filledText, list, part, picked, TEXT_QUERY, whole } from "./parts.ts";

const SHARED = "-- Dashboard --";

const MIXED: JsonObject = { type: "mixed", uid: "-- Mixed --" };

/** Query options that have the same name in both schemas. */
const QUERY_OPTIONS = [
  "cacheTimeout",
  "maxDataPoints",
  "interval",
  "hideTimeOverride",
  "queryCachingTTL",
  "timeFrom",
  "timeShift",
];

/** The classic panel of an element, without its position. */
export function panelOf(element: JsonObject): JsonObject {
  const spec = part(element, "spec");
  const named = { id: whole(spec["id"]), title: text(spec["title"]) };
  if (element["kind"] === "LibraryPanel") {
    return { ...named, type: "library-panel-ref", libraryPanel: picked(part(spec, "libraryPanel"), ["uid", "name"]) };
  }
  const [viz, data] = [part(spec, "vizConfig"), part(part(spec, "data"), "spec")];
  const { options, fieldConfig } = part(viz, "spec");
  const targets = list(data["queries"]).map((query) => targetOf(part(query, "spec")));
  return defined({
    ...named,
    description: filledText(spec["description"]),
    ...picked(spec, ["transparent"]),
    type: text(viz["group"]),
    pluginVersion: text(viz["version"]),
    options: isObject(options) ? options : undefined,
    fieldConfig: isObject(fieldConfig) ? fieldConfigToClassic(fieldConfig) : undefined,
    links: filled(list(spec["links"]).map((link) => picked(link, ["title", "url", "targetBlank"]))),
    targets,
    datasource: panelDatasource(targets),
    transformations: filled(list(data["transformations"]).map((one) => transformationOf(part(one, "spec")))),
    ...picked(part(data, "queryOptions"), QUERY_OPTIONS),
  });
}

function targetOf(spec: JsonObject): JsonObject {
  const { [TEXT_QUERY]: asText, ...query } = part(part(spec, "query"), "spec");
  return defined({
    ...query,
    query: typeof asText === "string" ? asText : query["query"],
    refId: text(spec["refId"]),
    hide: spec["hidden"] === true || query["hide"],
    datasource: datasourceOf(part(spec, "query")) ?? query["datasource"],
  });
}

function transformationOf(spec: JsonObject): JsonObject {
  const { filter, options = null } = spec;
  const matcher = isObject(filter) ? { id: text(filter["id"]), options: filter["options"] ?? null } : undefined;
  return defined({ id: text(spec["id"]), options, ...picked(spec, ["disabled"]), filter: matcher });
}

function panelDatasource(targets: readonly JsonObject[]): JsonObject | undefined {
  const sources = targets.map(({ datasource }) => (isObject(datasource) ? datasource : {}));
  const isShared = ({ uid }: JsonObject): boolean => uid === SHARED;
  const [first = {}, ...others] = sources;
  // Queries of the dashboard's own data come from different panels.
  if (sources.filter(isShared).length > 1) return MIXED;
  const [type, uid] = [text(first["type"]), text(first["uid"])];
  if (others.some((one) => text(one["type"]) !== type || text(one["uid"]) !== uid)) return MIXED;
  if (isShared(first)) return { type: "datasource", uid: SHARED };
  const datasource = defined({ type: filledText(type), uid: filledText(uid) });
  return Object.keys(datasource).length > 0 ? datasource : undefined;
}
