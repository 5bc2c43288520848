import { isObject, textOf, type JsonObject } from "../../../../util/json.ts";
import { dropEqual, dropFalsy, dropUnused, keepOnly, words } from "./properties.ts";

/** Default values, which equal their absence. */
const DEFAULTS: JsonObject = {
  hide: 0,
  label: "",
  multi: false,
  includeAll: false,
  allowCustomValue: true,
  skipUrlSync: false,
  sort: 0,
  datasource: {},
};
const DEFAULTS_OF: Readonly<Record<string, JsonObject>> = {
  query: { regexApplyTo: "value" },
  custom: { valuesFormat: "csv", query: "" },
  interval: { refresh: 2 },
  adhoc: { baseFilters: [] },
};

/** Properties to which the UI gives one value, whatever the dashboard has. */
export const FORCED: Readonly<Record<string, readonly string[]>> = {
  constant: ["hide", "skipUrlSync"],
  datasource: ["refresh"],
};

/** Properties of former versions. */
const UNUSED = ["queryValue", "tagValuesQuery", "tags", "tagsQuery", "useTags"];

const COMMON = "name label description skipUrlSync hide type";
const CHOICE = `${COMMON} current options query multi allValue includeAll allowCustomValue`;
/** The properties that a save writes, by type. Types that are not listed keep all. */
const SAVED: Readonly<Record<string, ReadonlySet<string>>> = {
  query: words(`${CHOICE} datasource definition sort refresh regex regexApplyTo staticOptions staticOptionsOrder`),
  custom: words(`${CHOICE} valuesFormat`),
  datasource: words(`${CHOICE} regex`),
  constant: words(`${COMMON} current options query`),
  textbox: words(`${COMMON} current options query`),
  interval: words(`${COMMON} current options query refresh auto auto_min auto_count`),
  adhoc: words(`${COMMON} datasource baseFilters filters defaultKeys allowCustomValue`),
};

const INTERVALS = "1m,10m,30m,1h,6h,12h,1d,7d,14d,30d";

/** `isComplete`: whether Grafana knows no other properties of variables. */
export function forgetInVariable(variable: JsonObject, isComplete: boolean): void {
  const type = textOf(variable["type"]);
  const own = <T>(table: Readonly<Record<string, T>>): T | undefined =>
    Object.hasOwn(table, type) ? table[type] : undefined;
  dropUnused(variable, [...UNUSED, ...(own(FORCED) ?? [])]);
  if (type === "interval") variable["query"] = intervalsIn(textOf(variable["query"]));
  dropEqual(variable, { ...DEFAULTS, ...own(DEFAULTS_OF) });
  dropFalsy(variable, ["allValue"]);
  const saved = own(SAVED);
  if (isComplete && saved) keepOnly(variable, saved);
  if (isObject(variable["current"])) delete variable["current"]["selected"];
}

/** The UI reads intervals in quotes or as words, and separates them with commas. Grafana adds automatic intervals itself. */
export function intervalsIn(query: string): string {
  const found = (query.match(/(["']).*?\1|\w+/g) ?? []).map((text) => text.replaceAll(/["']/g, ""));
  return [...new Set(found)].filter((text) => !text.startsWith("$__auto_interval_")).join(",") || INTERVALS;
}
