import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "./panels.ts";
import { partOf } from "../v2/model/parts.ts";

/** Features of schema v2 that the classic schema lacks, with singular and plural names. */
const NAMES = {
  tabs: ["tab", "tabs"],
  autoGrids: ["auto grid", "auto grids"],
  nestedRows: ["nested row", "nested rows"],
  conditions: ["conditional rule", "conditional rules"],
  repeats: ["repeat", "repeats"],
  localVariables: ["variable of a tab or row", "variables of tabs or rows"],
  headlessRows: ["row without a header", "rows without a header"],
  screenRows: ["row that fills the screen", "rows that fill the screen"],
  unshownPanels: ["panel that no layout shows", "panels that no layout shows"],
} as const;

export type SchemaV2Feature = keyof typeof NAMES;

/** In the order in which reports list them. */
export const FEATURES = Object.keys(NAMES) as readonly SchemaV2Feature[];

/** Descriptions of the elements of each feature that the dashboard uses. */
export type SchemaV2Losses = Readonly<Partial<Record<SchemaV2Feature, string[]>>>;

/** Features that change the position of every panel in the classic form. */
const LAYOUTS: readonly SchemaV2Feature[] = ["tabs", "autoGrids", "nestedRows", "headlessRows"];

/**
 * Elements of a dashboard in schema v2 (`v2beta1`, `v2`) that the classic schema can't represent. A converted classic
 * dashboard (a grid, or rows of grids of which the first may have no header) has none. Pure.
 */
export function schemaV2Losses(spec: JsonObject): SchemaV2Losses {
  const found = new Map<SchemaV2Feature, string[]>();
  const shown = new Set<string>();
  const elements = partOf(spec, "elements");
  const finder: Finder = {
    add: (feature, what) => found.set(feature, [...(found.get(feature) ?? []), what]),
    shown,
    titleOf: (name) => textOf(partOf(elements[name], "spec")["title"]) || name,
  };
  walk(spec["layout"], { place: "", inRow: false }, finder);
  for (const name of Object.keys(elements)) if (!shown.has(name)) finder.add("unshownPanels", finder.titleOf(name));
  return Object.fromEntries(found);
}

/** `2 tabs, 1 auto grid`; undefined if nothing would be lost. */
export function lossesText(losses: SchemaV2Losses): string | undefined {
  const figures = FEATURES.flatMap((feature) => {
    const count = losses[feature]?.length ?? 0;
    const [one, many] = NAMES[feature];
    return count > 0 ? [`${count} ${count === 1 ? one : many}`] : [];
  });
  return figures.length > 0 ? figures.join(", ") : undefined;
}

/** `auto grids` */
export function featureName(feature: SchemaV2Feature): string {
  return NAMES[feature][1];
}

/** Whether Grafana's conversion generates the positions of panels in the classic form. */
export function changesLayout(losses: SchemaV2Losses): boolean {
  return LAYOUTS.some((feature) => losses[feature] !== undefined);
}

interface Finder {
  readonly add: (feature: SchemaV2Feature, what: string) => void;
  /** The elements in a layout. */
  readonly shown: Set<string>;
  readonly titleOf: (element: string) => string;
}

interface Around {
  /** `tab "Logs" › row "Errors"`; empty at the top. */
  readonly place: string;
  readonly inRow: boolean;
}

function walk(layout: Json | undefined, around: Around, finder: Finder): void {
  const spec = partOf(layout, "spec");
  const kind = isObject(layout) ? layout["kind"] : undefined;
  if (kind === "TabsLayout") for (const tab of objects(spec["tabs"])) walkTab(tab, around, finder);
  else if (kind === "RowsLayout") objects(spec["rows"]).forEach((row, index) => walkRow(row, index, around, finder));
  else if (kind === "AutoGridLayout") {
    finder.add("autoGrids", around.place || "the dashboard");
    for (const item of objects(spec["items"])) walkAutoGridItem(item, around, finder);
  } else {
    // The classic schema can represent repeats of items in a grid.
    for (const item of objects(spec["items"])) finder.shown.add(elementOf(item));
  }
}

function walkTab(tab: JsonObject, { place }: Around, finder: Finder): void {
  const spec = partOf(tab, "spec");
  const title = textOf(spec["title"]);
  const here = within(place, `tab "${title}"`);
  finder.add("tabs", title);
  variablesOf(spec, here, finder);
  conditionsOf(spec, here, finder);
  repeatOf(spec, here, finder);
  walk(spec["layout"], { place: here, inRow: false }, finder);
}

function walkRow(row: JsonObject, index: number, { place, inRow }: Around, finder: Finder): void {
  const spec = partOf(row, "spec");
  const title = textOf(spec["title"]);
  const here = within(place, `row "${title}"`);
  if (inRow) finder.add("nestedRows", title);
  if (spec["hideHeader"] === true && (index > 0 || place !== "")) finder.add("headlessRows", here);
  if (spec["fillScreen"] === true) finder.add("screenRows", here);
  variablesOf(spec, here, finder);
  conditionsOf(spec, here, finder);
  const inner = partOf(spec, "layout")["kind"];
  // A classic row can represent the repeat of a row of panels, but not of a row of rows or tabs.
  if (inner === "RowsLayout" || inner === "TabsLayout") repeatOf(spec, here, finder);
  walk(spec["layout"], { place: here, inRow: true }, finder);
}

function walkAutoGridItem(item: JsonObject, { place }: Around, finder: Finder): void {
  const spec = partOf(item, "spec");
  const name = elementOf(item);
  const here = within(place, `panel "${finder.titleOf(name)}"`);
  finder.shown.add(name);
  conditionsOf(spec, here, finder);
  repeatOf(spec, here, finder);
}

/** Variables that only the panels of a tab or row can use. */
function variablesOf(spec: JsonObject, place: string, finder: Finder): void {
  for (const variable of objects(spec["variables"]))
    finder.add("localVariables", `${place}: $${textOf(partOf(variable, "spec")["name"])}`);
}

function conditionsOf(spec: JsonObject, place: string, finder: Finder): void {
  const group = partOf(partOf(spec, "conditionalRendering"), "spec");
  for (const rule of objects(group["items"])) finder.add("conditions", `${place}: ${ruleText(rule)}`);
}

function ruleText(rule: JsonObject): string {
  const { variable, operator, value } = partOf(rule, "spec");
  const kind = textOf(rule["kind"]).replace(/^ConditionalRendering/, "");
  if (kind === "Variable") return `$${textOf(variable)} ${textOf(operator)} ${JSON.stringify(value ?? "")}`;
  if (kind === "TimeRangeSize") return `time range of ${textOf(value)}`;
  if (kind === "Data") return value === false ? "no data" : "data";
  return kind;
}

function repeatOf(spec: JsonObject, place: string, finder: Finder): void {
  const variable = textOf(partOf(spec, "repeat")["value"]);
  if (variable !== "") finder.add("repeats", `${place} by $${variable}`);
}

function elementOf(item: JsonObject): string {
  return textOf(partOf(partOf(item, "spec"), "element")["name"]);
}

function within(place: string, inner: string): string {
  return place === "" ? inner : `${place} › ${inner}`;
}
