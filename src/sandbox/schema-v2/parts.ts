import { isObject, text } from "../json.ts";
import type { Json, JsonObject } from "../json.ts";

/** The object at a key; an empty one where there is none. */
export function part(value: Json | undefined, key: string): JsonObject {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : {};
}

export function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Those of these properties that the object has. */
export function picked(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}

/** A list at a key, where it has anything in it. */
export function filled(key: string, value: Json | undefined): JsonObject {
  return Array.isArray(value) && value.length > 0 ? { [key]: value } : {};
}

/** What a query asks, as schema v2 writes it. */
export function dataQuery(query: JsonObject, datasource: Json | undefined): JsonObject {
  const { type, uid } = isObject(datasource) ? datasource : {};
  const name = text(uid);
  const source = name === "" ? {} : { datasource: { name } };
  return { kind: "DataQuery", group: text(type), version: "v0", ...source, spec: query };
}

/** A datasource, as the classic schema writes it; undefined for none. */
export function datasourceOf(query: JsonObject): JsonObject | undefined {
  const [type, uid] = [text(query["group"]), text(part(query, "datasource")["name"])];
  if (type === "" && uid === "") return undefined;
  return { ...(type === "" ? {} : { type }), ...(uid === "" ? {} : { uid }) };
}

/** Names of variables' types, which are kinds in schema v2: `query` is `QueryVariable`. */
export const VARIABLES: Readonly<Record<string, string>> = {
  query: "QueryVariable",
  custom: "CustomVariable",
  constant: "ConstantVariable",
  interval: "IntervalVariable",
  textbox: "TextVariable",
  datasource: "DatasourceVariable",
  adhoc: "AdhocVariable",
  groupby: "GroupByVariable",
  switch: "SwitchVariable",
};

/** Where schema v2 keeps a variable's query that is a text, since its queries are objects. */
export const TEXT_QUERY = "__legacyStringValue";

export const CURSOR_SYNC = ["Off", "Crosshair", "Tooltip"] as const;

/** What both schemas write alike in the options of a panel's queries. */
export const QUERY_OPTIONS = [
  "cacheTimeout",
  "maxDataPoints",
  "interval",
  "hideTimeOverride",
  "queryCachingTTL",
  "timeFrom",
  "timeShift",
];
