import { isObject, text, type Json, type JsonObject } from "../json.ts";
import { datasourceOf } from "./datasources.ts";
import { defined, filled, flag, list, part, picked, TEXT_QUERY, texts, whole } from "./parts.ts";
import { currentToClassic, HIDE, numberOf, optionsToClassic, REFRESH, SORT } from "./variable-values.ts";

/** The type in the classic schema and the properties that a kind has beyond the common ones. */
type Convert = (spec: JsonObject, variable: JsonObject) => Record<string, Json | undefined>;

const CONVERTED: Readonly<Record<string, Convert>> = {
  QueryVariable: (spec) => ({
    type: "query",
    ...choices(spec),
    current: currentToClassic(spec["current"]),
    refresh: numberOf(REFRESH, spec["refresh"]),
    sort: numberOf(SORT, spec["sort"]),
    regex: text(spec["regex"]),
    ...picked(spec, ["definition", "regexApplyTo", "staticOptionsOrder"]),
    options: optionsToClassic(spec["options"]),
    staticOptions: filled(optionsToClassic(spec["staticOptions"])),
    query: queryOf(part(part(spec, "query"), "spec")),
    datasource: datasourceOf(part(spec, "query")),
  }),
  DatasourceVariable: (spec) => ({
    type: "datasource",
    ...choices(spec),
    current: currentToClassic(spec["current"]),
    refresh: numberOf(REFRESH, spec["refresh"]),
    regex: text(spec["regex"]),
    query: text(spec["pluginId"]),
    options: optionsToClassic(spec["options"]),
  }),
  // Grafana loses `valuesFormat`.
  CustomVariable: (spec) => ({
    type: "custom",
    ...choices(spec),
    current: currentToClassic(spec["current"]),
    query: text(spec["query"]),
    options: optionsToClassic(spec["options"]),
  }),
  // A visible constant would become a text box.
  ConstantVariable: (spec) => ({
    type: "constant",
    hide: HIDE.indexOf("hideVariable"),
    query: text(spec["query"]),
    current: currentToClassic(spec["current"]),
  }),
  IntervalVariable: (spec) => ({
    type: "interval",
    query: text(spec["query"]),
    current: currentToClassic(spec["current"]),
    options: optionsToClassic(spec["options"]),
    auto: flag(spec["auto"]),
    auto_min: text(spec["auto_min"]),
    auto_count: whole(spec["auto_count"]),
  }),
  TextVariable: (spec) => ({ type: "textbox", query: text(spec["query"]), current: currentToClassic(spec["current"]) }),
  GroupByVariable: (spec, variable) => ({
    type: "groupby",
    multi: flag(spec["multi"]),
    current: currentToClassic(spec["current"]),
    options: optionsToClassic(spec["options"]),
    datasource: groupingOf(variable),
  }),
  AdhocVariable: (spec, variable) => ({
    type: "adhoc",
    allowCustomValue: flag(spec["allowCustomValue"]),
    filters: filled(filtersOf(spec["filters"])),
    baseFilters: filled(filtersOf(spec["baseFilters"])),
    defaultKeys: filled(list(spec["defaultKeys"]).map((key) => picked(key, ["text", "value", "group", "expandable"]))),
    datasource: groupingOf(variable),
  }),
  SwitchVariable: (spec) => {
    const [current, on, off] = ["current", "enabledValue", "disabledValue"].map((key) => text(spec[key]));
    const options = [on, off].map((value = "") => ({ text: value, value, selected: value === current }));
    return { type: "switch", query: "", current: { text: current ?? "", value: current ?? "" }, options };
  },
};

/** Converts the variables of a dashboard in schema v2. */
export function variablesToClassic(variables: Json | undefined): JsonObject[] {
  return list(variables).flatMap((variable) => {
    const spec = part(variable, "spec");
    const own = CONVERTED[text(variable["kind"])]?.(spec, variable);
    if (!own) return [];
    const common = {
      name: text(spec["name"]),
      hide: numberOf(HIDE, spec["hide"]),
      skipUrlSync: flag(spec["skipUrlSync"]),
    };
    return [defined({ ...common, ...picked(spec, ["label", "description"]), ...own })];
  });
}

function choices(spec: JsonObject): Record<string, Json | undefined> {
  return {
    multi: flag(spec["multi"]),
    includeAll: flag(spec["includeAll"]),
    allowCustomValue: flag(spec["allowCustomValue"]),
    ...picked(spec, ["allValue"]),
  };
}

function queryOf(spec: JsonObject): Json {
  const asText = spec[TEXT_QUERY];
  return typeof asText === "string" ? asText : spec;
}

/** Without a uid, Grafana drops the type as well. */
function groupingOf(variable: JsonObject): JsonObject | undefined {
  const { group, datasource } = variable;
  const name = isObject(datasource) ? text(datasource["name"]) : "";
  if (name === "") return undefined;
  return { ...(text(group) === "" ? {} : { type: text(group) }), uid: name };
}

function filtersOf(filters: Json | undefined): JsonObject[] {
  return list(filters).map((filter) =>
    defined({
      key: text(filter["key"]),
      operator: text(filter["operator"]),
      value: text(filter["value"]),
      ...picked(filter, ["keyLabel", "condition"]),
      values: filled(texts(filter["values"])),
      valueLabels: filled(texts(filter["valueLabels"])),
    }),
  );
}
