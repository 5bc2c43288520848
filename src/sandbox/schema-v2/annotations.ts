import { isObject, text, type Json, type JsonObject } from "../json.ts";
import { dataQuery, datasourceOf } from "./datasources.ts";
import { defined, filled, filledText, flag, part, picked } from "./parts.ts";

/** Properties of a classic annotation that schema v2 has. All others become its `legacyOptions`. */
const COMMON = ["name", "datasource", "enable", "hide", "iconColor", "filter", "target", "builtIn", "mappings"];

export function annotationToV2(annotation: JsonObject): JsonObject {
  const { datasource, target, builtIn, filter, mappings } = annotation;
  const [type, uid] = isObject(datasource) ? [text(datasource["type"]), text(datasource["uid"])] : ["", ""];
  const legacy = Object.entries(annotation).filter(
    ([key, value]) => !COMMON.includes(key) && (key !== "type" || text(value) !== ""),
  );
  const spec = defined({
    name: text(annotation["name"]),
    enable: flag(annotation["enable"]),
    hide: flag(annotation["hide"]),
    iconColor: text(annotation["iconColor"]),
    query: dataQuery(isObject(target) ? target : {}, { type, uid: type === "" ? "" : uid }),
    builtIn: typeof builtIn === "number" ? builtIn !== 0 : typeof builtIn === "boolean" ? builtIn : undefined,
    filter: isObject(filter)
      ? defined({ exclude: flag(filter["exclude"]) || undefined, ids: idsOf(filter["ids"]) })
      : undefined,
    mappings: isObject(mappings) ? filledObject(mappingsToV2(mappings)) : undefined,
    legacyOptions: filledObject(Object.fromEntries(legacy)),
  });
  return { kind: "AnnotationQuery", spec };
}

export function annotationToClassic(annotation: JsonObject): JsonObject {
  const { query, builtIn, filter, mappings, legacyOptions, ...spec } = part(annotation, "spec");
  const asked = isObject(query) ? query : {};
  const target = part(asked, "spec");
  // Grafana drops a query without datasource and content.
  const isEmpty = Object.keys(target).length === 0 && part(asked, "datasource")["name"] === undefined;
  const legacy = Object.entries(isObject(legacyOptions) ? legacyOptions : {});
  return defined({
    name: text(spec["name"]),
    enable: flag(spec["enable"]),
    hide: flag(spec["hide"]),
    iconColor: text(spec["iconColor"]),
    ...(builtIn === true ? { builtIn: 1, type: "dashboard" } : {}),
    datasource: isEmpty ? undefined : datasourceOf(asked),
    target: filledObject(target),
    filter: isObject(filter)
      ? filledObject(
          defined({ ...picked(filter, ["exclude"]), ids: filled(Array.isArray(filter["ids"]) ? filter["ids"] : []) }),
        )
      : undefined,
    mappings: isObject(mappings) ? filledObject(mappingsToClassic(mappings)) : undefined,
    ...Object.fromEntries(legacy.filter(([key]) => !COMMON.includes(key) && key !== "placement")),
  });
}

function idsOf(ids: Json | undefined): number[] {
  const all = Array.isArray(ids) ? ids.filter((id) => typeof id === "number") : [];
  return all.filter((id) => id >= 0 && id < 2 ** 32).map(Math.trunc);
}

/** The object, unless it is empty. */
function filledObject(object: JsonObject): JsonObject | undefined {
  return Object.keys(object).length > 0 ? object : undefined;
}

function mappingsToV2(mappings: JsonObject): JsonObject {
  const all = Object.entries(mappings).flatMap(([key, mapping]) => {
    if (filledText(mapping) !== undefined) return [[key, { source: "field", value: mapping }]];
    return isObject(mapping) ? [[key, mappingOf(mapping)]] : [];
  });
  return Object.fromEntries(all) as JsonObject;
}

/** Grafana drops mappings without a value, unless they skip the field. */
function mappingsToClassic(mappings: JsonObject): JsonObject {
  const all = Object.entries(mappings).flatMap(([key, mapping]) => {
    const found = mappingOf(isObject(mapping) ? mapping : {});
    return found["source"] === "skip" || found["value"] !== undefined ? [[key, found]] : [];
  });
  return Object.fromEntries(all) as JsonObject;
}

function mappingOf(mapping: JsonObject): JsonObject {
  return defined({
    source: text(mapping["source"]) || "field",
    value: filledText(mapping["value"]),
    regex: filledText(mapping["regex"]),
  });
}
