import { isObject, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { COLUMNS, inGridOrder, settle } from "../../model/layout.ts";
import { objects } from "../../model/panels.ts";
import { dropEqual, dropFalsy } from "../../model/saved-in-ui/properties.ts";
import type { Surroundings } from "../../model/saved-in-ui/saved-in-ui.ts";
import { partOf, specsOf } from "./parts.ts";
import { canonicalVariables } from "./settings.ts";

/** Values that a save adds, which equal their absence. */
const AUTO_GRID: JsonObject = {
  maxColumnCount: 3,
  columnWidthMode: "standard",
  rowHeightMode: "standard",
  fillScreen: false,
};
const CONTAINER: JsonObject = { title: "", collapse: false, hideHeader: false, fillScreen: false, variables: [] };
const CONDITIONS: JsonObject = { visibility: "show", condition: "and" };

const LISTS = { RowsLayout: "rows", TabsLayout: "tabs" } as const;

/** The layout without its envelopes, with the positions in which Grafana's UI shows and saves panels. */
export function canonicalLayout(layout: Json | undefined, surroundings: Surroundings | undefined): JsonObject {
  const { kind } = isObject(layout) ? layout : {};
  const { items, ...spec } = partOf(layout, "spec");
  if (kind === "RowsLayout" || kind === "TabsLayout") {
    const { rows, tabs, ...rest } = spec;
    const list = kind === "RowsLayout" ? rows : tabs;
    const inner = specsOf(list).map(({ spec: container }) => canonicalContainer(container, surroundings));
    return { kind, ...rest, [LISTS[kind]]: inner };
  }
  if (kind === "AutoGridLayout") {
    dropEqual(spec, AUTO_GRID);
    dropFalsy(spec, ["columnWidthMode", "rowHeightMode"]);
    return { kind, ...spec, items: specsOf(items).map(({ spec: item }) => canonicalItem(item)) };
  }
  return { kind: kind ?? "GridLayout", ...spec, items: gridItems(items) };
}

function canonicalContainer(container: JsonObject, surroundings: Surroundings | undefined): JsonObject {
  const { layout, variables, ...rest } = container;
  const form = { ...withConditions(rest), variables: canonicalVariables(variables, surroundings) };
  dropEqual(form, CONTAINER);
  return { ...form, layout: canonicalLayout(layout, surroundings) };
}

function canonicalItem({ element, ...rest }: JsonObject): JsonObject {
  return { element: partOf(element)["name"] ?? "", ...withConditions(rest) };
}

function gridItems(items: Json | undefined): JsonObject[] {
  const placed = specsOf(items).map(({ spec: { x, y, width, height, ...rest } }) => {
    const item = canonicalItem(rest);
    const place: JsonObject = { x: x ?? 0, y: y ?? 0, w: width ?? 0, h: height ?? 0 };
    // Repeated panels have the full width, unless they repeat vertically.
    const isWide = item["repeat"] !== undefined && partOf(item["repeat"])["direction"] !== "v";
    return { ...item, gridPos: isWide ? { ...place, x: 0, w: COLUMNS } : place };
  });
  raise(placed);
  settle(placed);
  return objects(inGridOrder(placed));
}

/** Grafana's conversion of collapsed rows can give positions above the top. */
function raise(items: readonly { gridPos: JsonObject }[]): void {
  const top = Math.min(0, ...items.map(({ gridPos }) => Number(gridPos["y"])));
  if (top < 0) for (const { gridPos } of items) gridPos["y"] = Number(gridPos["y"]) - top;
}

function withConditions({ conditionalRendering, repeat, ...rest }: JsonObject): JsonObject {
  const conditions = conditionsIn(partOf(conditionalRendering, "spec"));
  const repeated = repeatIn(partOf(repeat));
  return { ...rest, ...(repeated ? { repeat: repeated } : {}), ...(conditions ? { conditions } : {}) };
}

function repeatIn({ mode: _, ...repeat }: JsonObject): JsonObject | undefined {
  if (textOf(repeat["value"]) === "") return undefined;
  dropEqual(repeat, { direction: "h" });
  return repeat;
}

/** A group without rules has no meaning. */
function conditionsIn({ items, ...group }: JsonObject): JsonObject | undefined {
  const rules = specsOf(items).map(({ kind, spec }) => ({ kind, ...spec }));
  dropEqual(group, CONDITIONS);
  return rules.length > 0 ? { ...group, items: rules } : undefined;
}
