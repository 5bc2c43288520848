import { isObject, type Json, type JsonObject } from "../../../util/json.ts";
import { listed } from "../../../util/plural.ts";
import { objects } from "../model/panels.ts";
import { partOf } from "../v2/model/parts.ts";

/** Properties of the classic schema that Grafana's conversion keeps. It loses all others. */
const KEPT = {
  dashboard:
    "annotations description editable fiscalYearStartMonth graphTooltip links liveNow panels preload refresh revision schemaVersion tags templating time timepicker timezone title weekStart",
  fields:
    "actions color custom decimals description displayName displayNameFromDS fieldMinMax filterable links mappings max min noValue nullValueMode path thresholds unit writeable",
  link: "asDropdown icon includeVars keepTime placement tags targetBlank title tooltip type url",
  panelLink: "targetBlank title url",
  transformation: "disabled filter id options",
  variable:
    "allValue allowCustomValue auto auto_count auto_min baseFilters current datasource defaultKeys definition description filters hide includeAll label multi name options query refresh regex regexApplyTo skipUrlSync sort staticOptions staticOptionsOrder type valuesFormat",
} as const;

/** Properties without effect that old versions of Grafana wrote. */
const OBSOLETE =
  "error gnetId id index iteration queryValue rows rootStateKey state style tagValuesQuery tags tagsQuery useTags uid version".split(
    " ",
  );

const VARIABLE_TYPES = "adhoc constant custom datasource groupby interval query switch textbox".split(" ");

/** What to check after a conversion: what it loses, and what only Grafana's UI completes. */
export function upgradeNotes(content: JsonObject, spec: JsonObject): string[] {
  const panels = objects(content["panels"]).flatMap((panel) => [panel, ...objects(panel["panels"])]);
  return [
    ...lost("the dashboard", content, "dashboard"),
    ...objects(content["links"]).flatMap((link) => lost(`the link ${quoted(link["title"])}`, link, "link")),
    ...objects(partOf(content, "templating")["list"]).flatMap(variableNotes),
    ...panels.flatMap(panelNotes),
    ...Object.values(partOf(spec, "elements")).flatMap((element) => (isObject(element) ? elementNotes(element) : [])),
  ];
}

function variableNotes(variable: JsonObject): string[] {
  const name = `the variable ${quoted(variable["name"])}`;
  const { type } = variable;
  return typeof type === "string" && VARIABLE_TYPES.includes(type)
    ? lost(name, variable, "variable")
    : [`${name} is lost: schema v2 has no variables of its type, ${quoted(type)}`];
}

function panelNotes(panel: JsonObject): string[] {
  const name = panelName(panel);
  const { repeat, libraryPanel, timeCompare, type } = panel;
  return [
    ...(typeof repeat === "string" && repeat !== ""
      ? [
          `${type === "row" ? `the row ${quoted(panel["title"])}` : name} is repeated by ${quoted(repeat)}: check its layout`,
        ]
      : []),
    ...(isObject(libraryPanel) ? [`${name} is a library panel, which stays in the classic schema`] : []),
    ...(hasValue(timeCompare) ? [`${name}: the property timeCompare is lost`] : []),
    ...objects(panel["links"]).flatMap((link) =>
      lost(`the link ${quoted(link["title"])} of ${name}`, link, "panelLink"),
    ),
    ...objects(panel["transformations"]).flatMap((one) =>
      lost(`the transformation ${quoted(one["id"])} of ${name}`, one, "transformation"),
    ),
    ...lost(`the field options of ${name}`, partOf(partOf(panel, "fieldConfig"), "defaults"), "fields"),
  ];
}

/** Grafana hands a panel of a removed type, and unknown properties, to a migration that runs when the UI shows the panel. */
function elementNotes(element: JsonObject): string[] {
  const panel = partOf(element, "spec");
  const viz = partOf(panel, "vizConfig");
  const migration = partOf(partOf(partOf(viz, "spec"), "options"), "__angularMigration");
  const { autoMigrateFrom } = migration;
  const { group } = viz;
  if (typeof autoMigrateFrom !== "string") return [];
  const name = panelName(panel);
  if (typeof group === "string" && autoMigrateFrom !== group) {
    return [`${name} is migrated from ${autoMigrateFrom} to ${group} when Grafana's UI shows it`];
  }
  const properties = Object.keys(partOf(migration, "originalOptions"));
  return [
    `${name} has unknown properties: ${fewOf(properties)}. The conversion moved them to options.__angularMigration`,
  ];
}

/** The most names that a line lists. */
const FEW = 5;

function fewOf(names: readonly string[]): string {
  const others = names.length - FEW;
  return others > 1 ? `${names.slice(0, FEW).join(", ")} and ${others} others` : listed(names);
}

function lost(name: string, object: JsonObject, type: keyof typeof KEPT): string[] {
  const kept: readonly string[] = KEPT[type].split(" ");
  const names = Object.keys(object).filter(
    (key) => !kept.includes(key) && !OBSOLETE.includes(key) && hasValue(object[key]),
  );
  if (names.length === 0) return [];
  return [
    `${name}: ${names.length === 1 ? "the property" : "the properties"} ${listed(names)} ${names.length === 1 ? "is" : "are"} lost`,
  ];
}

function hasValue(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== "" && value !== false;
}

function panelName({ title, id }: JsonObject): string {
  return `the panel ${quoted(title)} (${typeof id === "number" ? id : "no id"})`;
}

function quoted(value: Json | undefined): string {
  return JSON.stringify(typeof value === "string" ? value : "");
}
