import { equal, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { BUILT_IN_ANNOTATIONS } from "../../model/canonical.ts";
import { objects } from "../../model/panels.ts";
import { dropEqual, dropFalsy } from "../../model/saved-in-ui/properties.ts";
import { LINK, TIMEPICKER, usableIntervals, type Surroundings } from "../../model/saved-in-ui/saved-in-ui.ts";
import { FORCED, intervalsIn } from "../../model/saved-in-ui/variables.ts";
import { datasourceIn } from "./panel.ts";
import { defined, partOf, specsOf } from "./parts.ts";

// Facts about Grafana 12.4's front end in the words of schema v2: values that a save adds, which equal their absence.

const RANGE: JsonObject = { from: "now-6h", to: "now" };
const TIME_SETTINGS: JsonObject = {
  autoRefresh: "",
  autoRefreshIntervals: TIMEPICKER["refresh_intervals"] ?? [],
  quickRanges: [],
  hideTimepicker: false,
  fiscalYearStartMonth: 0,
  weekStart: "",
  nowDelay: "",
};
/** A save adds `browser` if there is no time zone. */
const TIME_ZONES = ["", "browser"];

const ANNOTATION: JsonObject = { enable: false, hide: false, builtIn: false, query: {}, options: {} };

const VARIABLE: JsonObject = {
  label: "",
  description: "",
  hide: "dontHide",
  skipUrlSync: false,
  multi: false,
  includeAll: false,
  allValue: "",
  // Grafana 12.4 stores missing values as empty ones, although the default of its UI is true.
  allowCustomValue: false,
  sort: "disabled",
  refresh: "never",
  regex: "",
  definition: "",
  placeholder: "",
  options: [],
  current: { text: "", value: "" },
};
const VARIABLE_OF: Readonly<Record<string, JsonObject>> = {
  QueryVariable: { regexApplyTo: "value", staticOptions: [], query: "" },
  CustomVariable: { valuesFormat: "csv", query: "" },
  TextVariable: { query: "" },
  IntervalVariable: { refresh: "onTimeRangeChanged", auto: false, auto_min: "", auto_count: 0 },
  AdhocVariable: { baseFilters: [], filters: [], defaultKeys: [], enableGroupBy: false },
};

/** The types of variables in the classic schema. */
export const VARIABLE_TYPES: Readonly<Record<string, string>> = {
  QueryVariable: "query",
  TextVariable: "textbox",
  ConstantVariable: "constant",
  DatasourceVariable: "datasource",
  IntervalVariable: "interval",
  CustomVariable: "custom",
  GroupByVariable: "groupby",
  AdhocVariable: "adhoc",
  SwitchVariable: "switch",
};

/** The time range, and the other settings of the time picker. */
export function canonicalTime(
  settings: JsonObject,
  surroundings: Surroundings | undefined,
): { time: JsonObject; timeSettings: JsonObject } {
  const { from, to, ...timeSettings } = settings;
  const time = { ...RANGE, ...defined({ from, to }) };
  const intervals = timeSettings["autoRefreshIntervals"];
  if (Array.isArray(intervals)) {
    timeSettings["autoRefreshIntervals"] = usableIntervals(intervals, surroundings?.minRefreshInterval);
  }
  dropEqual(timeSettings, TIME_SETTINGS);
  if (TIME_ZONES.includes(textOf(timeSettings["timezone"]))) delete timeSettings["timezone"];
  return { time: equal(time, RANGE) ? {} : time, timeSettings };
}

export function canonicalLinks(links: Json | undefined): JsonObject[] {
  return objects(links).map((link) => without(link, LINK));
}

export function canonicalAnnotations(list: Json | undefined, surroundings: Surroundings | undefined): JsonObject[] {
  return specsOf(list)
    .map(({ spec: { query, legacyOptions, ...annotation } }) => {
      // A save removes the type.
      const { type: _, ...options } = partOf(legacyOptions);
      const form: JsonObject = { ...annotation, query: partOf(query, "spec"), options };
      const { uid, type } = datasourceIn(partOf(query), surroundings) ?? {};
      if (annotation["builtIn"] !== true) Object.assign(form, defined({ datasource: uid, group: type }));
      return without(form, ANNOTATION);
    })
    .filter((annotation) => !isBuiltIn(annotation));
}

/** Grafana adds this annotation to every dashboard. */
function isBuiltIn({ query: _, ...annotation }: JsonObject): boolean {
  const { name, iconColor, enable, hide } = BUILT_IN_ANNOTATIONS;
  return equal(annotation, defined({ builtIn: true, name, iconColor, enable, hide }));
}

export function canonicalVariables(list: Json | undefined, surroundings: Surroundings | undefined): JsonObject[] {
  return specsOf(list).map(({ kind, spec, item }) => {
    const { query, current, ...rest } = spec;
    const isQuery = kind === "QueryVariable";
    const { uid, type } = datasourceIn(isQuery ? partOf(query) : item, surroundings) ?? {};
    const form: JsonObject = {
      ...rest,
      ...defined({ query: isQuery ? askedBy(partOf(query, "spec")) : query }),
      ...defined({ datasource: uid === surroundings?.defaultDatasource?.uid ? undefined : uid }),
      ...(hasDatasource(kind) ? defined({ group: type }) : {}),
      ...(current === undefined ? {} : { current: chosen(current) }),
    };
    if (kind === "IntervalVariable") form["query"] = intervalsIn(textOf(form["query"]));
    for (const key of FORCED[VARIABLE_TYPES[kind] ?? ""] ?? []) delete form[key];
    return { kind, ...without(form, { ...VARIABLE, ...(Object.hasOwn(VARIABLE_OF, kind) ? VARIABLE_OF[kind] : {}) }) };
  });
}

function hasDatasource(kind: string): boolean {
  return kind === "QueryVariable" || kind === "AdhocVariable" || kind === "GroupByVariable";
}

/** The query of a variable. Grafana's conversion wraps one that is text. */
function askedBy(spec: JsonObject): Json {
  return spec["__legacyStringValue"] ?? (Object.keys(spec).length > 0 ? spec : "");
}

function chosen(current: Json): Json {
  if (typeof current !== "object" || current === null || Array.isArray(current)) return current;
  const { selected: _, ...option } = current;
  return Object.keys(option).length > 0 ? option : { text: "", value: "" };
}

function without(object: JsonObject, defaults: JsonObject): JsonObject {
  const form = { ...object };
  dropEqual(form, defaults);
  dropFalsy(form, ["allValue", "hide", "refresh", "sort"]);
  return form;
}
