import { isObject, text, type Json, type JsonObject } from "../json.ts";
import { defined, filled, list, part, texts, withoutMarks } from "./parts.ts";

const NUMBERS = ["decimals", "max", "min"];
const TEXTS = ["description", "displayName", "displayNameFromDS", "noValue", "path", "unit"];
const FLAGS = ["filterable", "writeable"];

/** Converts the field configuration of a classic panel. Fields that Grafana doesn't know or that have a wrong type are lost. */
export function fieldConfigToV2(config: JsonObject): JsonObject {
  const overrides = list(config["overrides"]).map((override) =>
    defined({
      ...systemRef(override),
      matcher: matcherOf(part(override, "matcher")),
      properties: list(override["properties"]).map(({ id, value }) =>
        defined({ id: text(id), value: value === undefined ? undefined : (withoutMarks(value) ?? undefined) }),
      ),
    }),
  );
  return { defaults: defaultsToV2(part(config, "defaults")), overrides };
}

/** Converts the field configuration of a panel in schema v2; undefined if it is empty. */
export function fieldConfigToClassic(config: JsonObject): JsonObject | undefined {
  const overrides = list(config["overrides"]).map((override) => ({
    ...systemRef(override),
    matcher: { id: text(part(override, "matcher")["id"]), options: part(override, "matcher")["options"] ?? null },
    properties: list(override["properties"]).map(({ id, value = null }) => ({ id: text(id), value })),
  }));
  const defaults = defaultsToClassic(part(config, "defaults"));
  const hasDefaults = Object.keys(defaults).length > 0;
  if (!hasDefaults && overrides.length === 0) return undefined;
  return { ...(hasDefaults ? { defaults } : {}), ...(overrides.length > 0 ? { overrides } : {}) };
}

function systemRef({ __systemRef: reference }: JsonObject): JsonObject {
  return typeof reference === "string" ? { __systemRef: reference } : {};
}

function matcherOf({ id, options }: JsonObject): JsonObject {
  return defined({ id: text(id), options: options ?? undefined });
}

/** Schema v2 has no empty lists and objects here. */
function defaultsToV2(defaults: JsonObject): JsonObject {
  const { nullValueMode, color, custom, thresholds, links, actions, mappings } = defaults;
  return defined({
    ...scalars(defaults),
    ...typed(defaults, ["fieldMinMax"], "boolean"),
    nullValueMode: typeof nullValueMode === "string" ? nullValueMode : undefined,
    color: isObject(color) ? colorOf(color) : undefined,
    custom: isObject(custom) && Object.keys(custom).length > 0 ? custom : undefined,
    thresholds: isObject(thresholds) ? thresholdsOf(thresholds) : undefined,
    links: Array.isArray(links) ? filled(links.map(withoutMarks)) : undefined,
    actions: filled(list(actions).map(actionOf)),
    mappings: filled(list(mappings).flatMap(mappingOf)),
  });
}

/** Grafana loses `actions`, `fieldMinMax` and `nullValueMode`. */
function defaultsToClassic(defaults: JsonObject): JsonObject {
  const { color, custom, thresholds, links, mappings } = defaults;
  return defined({
    ...scalars(defaults),
    color: isObject(color) ? colorOf(color) : undefined,
    custom: isObject(custom) ? custom : undefined,
    thresholds: isObject(thresholds) ? thresholdsOf(thresholds) : undefined,
    links: Array.isArray(links) ? links : undefined,
    mappings: Array.isArray(mappings) ? list(mappings).flatMap(mappingOf).map(withoutNulls) : undefined,
  });
}

function scalars(defaults: JsonObject): JsonObject {
  return {
    ...typed(defaults, NUMBERS, "number"),
    ...typed(defaults, TEXTS, "string"),
    ...typed(defaults, FLAGS, "boolean"),
  };
}

function typed(object: JsonObject, keys: readonly string[], type: "boolean" | "number" | "string"): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([key, value]) => keys.includes(key) && typeof value === type),
  );
}

function colorOf(color: JsonObject): JsonObject {
  return { mode: text(color["mode"]), ...typed(color, ["fixedColor", "seriesBy"], "string") };
}

/** The first step has no value: it means minus infinity. */
function thresholdsOf({ mode, steps }: JsonObject): JsonObject {
  const all = list(steps).map(({ value, color }) => ({
    value: typeof value === "number" ? value : null,
    color: text(color),
  }));
  return { mode: text(mode), steps: Array.isArray(steps) ? all : [] };
}

function mappingOf({ type, options }: JsonObject): JsonObject[] {
  const given = isObject(options) ? options : {};
  const result = resultOf(part(given, "result"));
  switch (type) {
    case "value": {
      const results = Object.entries(given).flatMap(([key, value]) =>
        isObject(value) ? [[key, resultOf(value)]] : [],
      );
      return [{ type, options: Object.fromEntries(results) as JsonObject }];
    }
    case "range": {
      const { from = null, to = null } = given;
      return from === null && to === null
        ? []
        : [{ type, options: { from: numberOf(from), to: numberOf(to), result } }];
    }
    case "regex":
      return isObject(options) ? [{ type, options: { pattern: text(given["pattern"]), result } }] : [];
    case "special":
      return Object.keys(given).length > 0 ? [{ type, options: { match: text(given["match"]), result } }] : [];
    default:
      return [];
  }
}

function numberOf(value: Json): number | null {
  return typeof value === "number" ? value : null;
}

/** A limit of a range that is missing is null in schema v2 and missing in the classic schema. */
function withoutNulls(mapping: JsonObject): JsonObject {
  const options = Object.entries(part(mapping, "options")).filter(([, value]) => value !== null);
  return { ...mapping, options: Object.fromEntries(options) };
}

function resultOf(result: JsonObject): JsonObject {
  const { index } = result;
  return {
    ...typed(result, ["text", "color", "icon"], "string"),
    ...(typeof index === "number" ? { index: Math.trunc(index) } : {}),
  };
}

function actionOf(action: JsonObject): JsonObject {
  const { fetch, infinity, confirmation, style } = action;
  const background = isObject(style) ? style["backgroundColor"] : undefined;
  return defined({
    type: text(action["type"]),
    title: text(action["title"]),
    confirmation: text(confirmation) || undefined,
    oneClick: typeof action["oneClick"] === "boolean" ? action["oneClick"] : undefined,
    fetch: isObject(fetch) ? requestOf(fetch) : undefined,
    infinity: isObject(infinity)
      ? { ...requestOf(infinity), datasourceUid: text(infinity["datasourceUid"]) }
      : undefined,
    variables: filled(
      list(action["variables"]).map(({ key, name, type }) => ({ key: text(key), name: text(name), type: text(type) })),
    ),
    style: isObject(style) ? (typeof background === "string" ? { backgroundColor: background } : {}) : undefined,
  });
}

function requestOf(request: JsonObject): JsonObject {
  const pairs = (value: Json | undefined): Json[] | undefined =>
    Array.isArray(value) ? filled(value.filter((one) => Array.isArray(one)).map(texts)) : undefined;
  const { body } = request;
  return defined({
    method: text(request["method"]),
    url: text(request["url"]),
    body: typeof body === "string" ? body : undefined,
    queryParams: pairs(request["queryParams"]),
    headers: pairs(request["headers"]),
  });
}
