import type { Shape } from "../decode.ts";
import { datasource, kind, query, strings, union } from "./parts.ts";

const value: Readonly<Record<string, Shape>> = {
  "selected?": "boolean",
  text: "stringOrList",
  value: "stringOrList",
  "properties?": { map: "string" },
};

const current: Shape = { fields: value };
const options: Shape = { list: current };

const common: Readonly<Record<string, Shape>> = {
  name: "string",
  "label?": "string",
  hide: "string",
  skipUrlSync: "boolean",
  "description?": "string",
};

const choices: Readonly<Record<string, Shape>> = {
  current,
  options,
  multi: "boolean",
  includeAll: "boolean",
  "allValue?": "string",
  allowCustomValue: "boolean",
};

const filters: Shape = {
  list: {
    fields: {
      key: "string",
      operator: "string",
      value: "string",
      "values?": strings,
      "keyLabel?": "string",
      "valueLabels?": strings,
      "forceEdit?": "boolean",
      "origin?": "string",
      "condition?": "string",
    },
  },
};

const key: Shape = {
  fields: { text: "string", "value?": "stringOrNumber", "group?": "string", "expandable?": "boolean" },
};

const grouping: Readonly<Record<string, Shape>> = { group: "string", "datasource?": datasource };

export const variable = union("kind", {
  QueryVariable: kind({
    ...common,
    ...choices,
    refresh: "string",
    query,
    regex: "string",
    "regexApplyTo?": "string",
    sort: "string",
    "definition?": "string",
    "placeholder?": "string",
    "staticOptions?": options,
    "staticOptionsOrder?": "string",
  }),
  TextVariable: kind({ ...common, current, query: "string" }),
  ConstantVariable: kind({ ...common, current, query: "string" }),
  DatasourceVariable: kind({ ...common, ...choices, pluginId: "string", refresh: "string", regex: "string" }),
  IntervalVariable: kind({
    ...common,
    query: "string",
    current,
    options,
    auto: "boolean",
    auto_min: "string",
    auto_count: "integer",
    refresh: "string",
  }),
  CustomVariable: kind({ ...common, ...choices, query: "string", "valuesFormat?": "string" }),
  GroupByVariable: kind({ ...common, "defaultValue?": current, current, options, multi: "boolean" }, grouping),
  AdhocVariable: kind(
    { ...common, baseFilters: filters, filters, defaultKeys: { list: key }, allowCustomValue: "boolean" },
    grouping,
  ),
  SwitchVariable: kind({ ...common, current: "string", enabledValue: "string", disabledValue: "string" }),
});
