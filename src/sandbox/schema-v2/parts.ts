import { isObject, text, type Json, type JsonObject } from "../json.ts";

/** The object at a key, or an empty object. */
export function part(value: Json | undefined, key: string): JsonObject {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : {};
}

export function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A copy of the object with only these properties. */
export function picked(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}

/** The list at a key, unless it is empty. */
export function filled(key: string, value: Json | undefined): JsonObject {
  return Array.isArray(value) && value.length > 0 ? { [key]: value } : {};
}

/** A query in schema v2. */
export function dataQuery(query: JsonObject, datasource: Json | undefined): JsonObject {
  const { type, uid } = isObject(datasource) ? datasource : {};
  const name = text(uid);
  const source = name === "" ? {} : { datasource: { name } };
  return { kind: "DataQuery", group: text(type), version: "v0", ...source, spec: query };
}

/** A datasource in the classic schema; undefined for none. */
export function datasourceOf(query: JsonObject): JsonObject | undefined {
  const [type, uid] = [text(query["group"]), text(part(query, "datasource")["name"])];
  if (type === "" && uid === "") return undefined;
  return { ...(type === "" ? {} : { type }), ...(uid === "" ? {} : { uid }) };
}

/** The kinds of variables in schema v2 by their classic type: `query` is `QueryVariable`. */
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

/** The key of a variable's string query: schema v2 stores queries as objects. */
export const TEXT_QUERY = "__legacyStringValue";

export const CURSOR_SYNC = ["Off", "Crosshair", "Tooltip"] as const;

/** Query options that are the same in both schemas. */
export const QUERY_OPTIONS = [
  "cacheTimeout",
  "maxDataPoints",
  "interval",
  "hideTimeOverride",
  "queryCachingTTL",
  "timeFrom",
  "timeShift",
];
