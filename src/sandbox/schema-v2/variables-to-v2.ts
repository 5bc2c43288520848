import { isObject, text, type Json, type JsonObject } from "../json.ts";
import { dataQuery, defaultType, sourceOfVariable, withGrafana, type Surroundings } from "./datasources.ts";
import { CannotConvert } from "./errors.ts";
import { defined, filled, filledText, flag, list, TEXT_QUERY, texts, whole } from "./parts.ts";
import { currentToV2, HIDE, nameOf, optionsToV2, REFRESH, SORT } from "./variable-values.ts";

type Convert = (variable: JsonObject, surroundings: Surroundings) => JsonObject;

/** Grafana drops variables of other types. */
const CONVERTED: Readonly<Record<string, Convert>> = {
  query: (variable, surroundings) => {
    const { definition, staticOptionsOrder: order } = variable;
    return variableOf("QueryVariable", variable, {
      ...choices(variable),
      current: currentToV2(variable["current"]),
      refresh: nameOf(REFRESH, variable["refresh"]),
      sort: nameOf(SORT, variable["sort"]),
      regex: text(variable["regex"]),
      regexApplyTo: filledText(variable["regexApplyTo"]),
      query: dataQuery(queryOf(variable["query"]), sourceOfVariable(variable["datasource"], surroundings)),
      definition: typeof definition === "string" ? definition : undefined,
      options: optionsToV2(variable["options"]),
      staticOptions: filled(optionsToV2(variable["staticOptions"])),
      staticOptionsOrder: ["before", "after", "sorted"].includes(text(order)) ? text(order) : undefined,
    });
  },
  datasource: (variable, surroundings) =>
    variableOf("DatasourceVariable", variable, {
      ...choices(variable),
      current: currentToV2(variable["current"]),
      refresh: nameOf(REFRESH, variable["refresh"]),
      regex: text(variable["regex"]),
      pluginId: typeof variable["query"] === "string" ? variable["query"] : defaultType(surroundings),
      options: optionsToV2(variable["options"]),
    }),
  custom: (variable) =>
    variableOf("CustomVariable", variable, {
      ...choices(variable),
      current: currentToV2(variable["current"]),
      query: text(variable["query"]),
      options: optionsToV2(variable["options"]),
      valuesFormat: ["csv", "json"].includes(text(variable["valuesFormat"]))
        ? text(variable["valuesFormat"])
        : undefined,
    }),
  constant: (variable) => {
    const query = text(variable["query"]);
    const { current = null } = variable;
    return variableOf("ConstantVariable", variable, {
      query,
      current: current === null ? { text: query, value: query } : currentToV2(current),
    });
  },
  interval: (variable) =>
    variableOf("IntervalVariable", variable, {
      query: text(variable["query"]) || intervalsOf(variable["options"]),
      current: currentToV2(variable["current"]),
      options: optionsToV2(variable["options"]),
      auto: flag(variable["auto"]),
      auto_min: text(variable["auto_min"]),
      auto_count: whole(variable["auto_count"]),
      refresh: "onTimeRangeChanged",
    }),
  textbox: (variable) =>
    variableOf("TextVariable", variable, {
      query: text(variable["query"]),
      current: currentToV2(variable["current"]),
    }),
  switch: (variable) => {
    const [enabled, disabled] = [0, 1].map((index) =>
      optionValue(Array.isArray(variable["options"]) ? variable["options"][index] : undefined),
    );
    const disabledValue = disabled || "false";
    return variableOf("SwitchVariable", variable, {
      current: optionValue(variable["current"]) || disabledValue,
      enabledValue: enabled || "true",
      disabledValue,
    });
  },
  adhoc: (variable, surroundings) => {
    const { type, uid } = sourceOfVariable(variable["datasource"], surroundings);
    const { kind = "", spec = {} } = variableOf("AdhocVariable", variable, {
      allowCustomValue: flag(variable["allowCustomValue"], true),
      baseFilters: filtersOf(variable["baseFilters"]),
      filters: filtersOf(variable["filters"]),
      defaultKeys: keysOf(variable["defaultKeys"]),
    });
    const named = uid === "" ? { group: "", datasource: {} } : { group: type, datasource: { name: uid } };
    return { kind, ...named, spec };
  },
  groupby: (variable, surroundings) => {
    const { type, uid } = withGrafana(sourceOfVariable(variable["datasource"], surroundings));
    // Grafana 12.4.0 fails without an error message.
    if (uid === "") throw new CannotConvert(`the variable ${text(variable["name"])} groups by no datasource`);
    const { kind = "", spec = {} } = variableOf("GroupByVariable", variable, {
      current: currentToV2(variable["current"]),
      options: optionsToV2(variable["options"]),
      multi: flag(variable["multi"], true),
    });
    return { kind, group: type, datasource: { name: uid }, spec };
  },
};

export function variablesToV2(variables: Json | undefined, surroundings: Surroundings): JsonObject[] {
  return list(variables).flatMap((variable) => {
    const convert = CONVERTED[text(variable["type"])];
    return convert ? [convert(variable, surroundings)] : [];
  });
}

function variableOf(kind: string, variable: JsonObject, more: Readonly<Record<string, Json | undefined>>): JsonObject {
  const spec = defined({
    name: text(variable["name"]),
    label: filledText(variable["label"]),
    description: filledText(variable["description"]),
    hide: nameOf(HIDE, variable["hide"]),
    skipUrlSync: flag(variable["skipUrlSync"]),
    ...more,
  });
  return { kind, spec };
}

function choices(variable: JsonObject): Record<string, Json | undefined> {
  return {
    multi: flag(variable["multi"]),
    includeAll: flag(variable["includeAll"]),
    allValue: filledText(variable["allValue"]),
    allowCustomValue: flag(variable["allowCustomValue"], true),
  };
}

function queryOf(query: Json | undefined): JsonObject {
  if (isObject(query)) return query;
  return text(query) === "" ? {} : { [TEXT_QUERY]: text(query) };
}

/** The intervals of an interval variable without a query. */
function intervalsOf(options: Json | undefined): string {
  const values = list(options).map((option) => text("value" in option ? option["value"] : option["text"]));
  return values.filter((value) => value !== "").join(",");
}

function optionValue(option: Json | undefined): string {
  return isObject(option) ? text(option["value"]) || text(option["text"]) : "";
}

/** Filters of other origins, such as scopes, are not part of the dashboard. */
function filtersOf(filters: Json | undefined): JsonObject[] {
  const own = list(filters).filter((filter) => !("origin" in filter) || filter["origin"] === "dashboard");
  return own.map((filter) => {
    const { operator } = filter;
    return defined({
      key: text(filter["key"]),
      operator: typeof operator === "string" ? operator : "=",
      value: text(filter["value"]),
      values: filled(texts(filter["values"])),
      keyLabel: filledText(filter["keyLabel"]),
      valueLabels: filled(texts(filter["valueLabels"])),
      condition: filledText(filter["condition"]),
    });
  });
}

function keysOf(keys: Json | undefined): JsonObject[] {
  return (Array.isArray(keys) ? keys : []).flatMap((key) => {
    const label = isObject(key) ? text(key["text"]) : key;
    return typeof label === "string" && (label !== "" || !isObject(key)) ? [{ text: label, value: label }] : [];
  });
}
