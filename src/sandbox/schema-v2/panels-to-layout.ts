import { isObject, text, type Json, type JsonObject } from "../json.ts";
import type { Surroundings } from "./datasources.ts";
import { elementOf } from "./panel-to-element.ts";
import { defined, filledText, flag, list, part, whole } from "./parts.ts";

interface Converted {
  readonly elements: JsonObject;
  readonly layout: JsonObject;
}

interface Row {
  readonly spec: JsonObject;
  readonly items: JsonObject[];
}

/** A grid, or rows of grids if there are rows. Panels above all rows are in a first row without header. */
export function layoutOf(panels: Json | undefined, surroundings: Surroundings): Converted {
  const all = list(panels);
  const elements = new Map<string, JsonObject>();
  const itemOf = (panel: JsonObject, y?: number): JsonObject => {
    const name = `panel-${whole(panel["id"])}`;
    elements.set(name, elementOf(panel, surroundings));
    return gridItem(panel, name, y, surroundings);
  };
  const isRow = ({ type }: JsonObject): boolean => type === "row";
  const layout = all.some(isRow) ? rowsOf(all, isRow, itemOf) : grid(all.map((panel) => itemOf(panel)));
  return { elements: Object.fromEntries(elements), layout };
}

function rowsOf(
  panels: readonly JsonObject[],
  isRow: (panel: JsonObject) => boolean,
  itemOf: (panel: JsonObject, y: number) => JsonObject,
): JsonObject {
  const rows: Row[] = [];
  let rowY = 0;
  for (const panel of panels) {
    if (isRow(panel)) {
      if (isObject(panel["gridPos"])) rowY = whole(panel["gridPos"]["y"]);
      const items = list(panel["panels"]).map((inner) => itemOf(inner, yInRow(inner, rowY)));
      rows.push({ spec: rowSpec(panel), items });
      continue;
    }
    const current = rows.at(-1);
    if (current) {
      current.items.push(itemOf(panel, yInRow(panel, rowY)));
      continue;
    }
    // The row without header is above the grid, and its first panel is at the top.
    rowY = -1;
    rows.push({ spec: { collapse: false, title: "", hideHeader: true }, items: [itemOf(panel, 0)] });
  }
  const kinds = rows.map(({ spec, items }) => ({ kind: "RowsLayoutRow", spec: { ...spec, layout: grid(items) } }));
  return { kind: "RowsLayout", spec: { rows: kinds } };
}

function grid(items: JsonObject[]): JsonObject {
  return { kind: "GridLayout", spec: { items } };
}

function rowSpec({ collapsed, title, repeat }: JsonObject): JsonObject {
  const variable = text(repeat);
  return {
    collapse: flag(collapsed),
    title: text(title),
    ...(variable === "" ? {} : { repeat: { mode: "variable", value: variable } }),
  };
}

/** The position of a panel relative to its row. */
function yInRow(panel: JsonObject, rowY: number): number {
  return isObject(panel["gridPos"]) ? whole(panel["gridPos"]["y"]) - rowY - 1 : 0;
}

function gridItem(panel: JsonObject, name: string, y: number | undefined, { libraryPanel }: Surroundings): JsonObject {
  const at = part(panel, "gridPos");
  const library = text(part(panel, "libraryPanel")["uid"]);
  const model = library === "" ? undefined : libraryPanel(library);
  const spec = defined({
    x: whole(at["x"]),
    y: y ?? whole(at["y"]),
    width: whole(at["w"], 6),
    height: whole(at["h"], 3),
    element: { kind: "ElementReference", name },
    repeat: repeatOf(panel) ?? (model && repeatOf(model)),
  });
  return { kind: "GridLayoutItem", spec };
}

function repeatOf({ repeat, repeatDirection, maxPerRow }: JsonObject): JsonObject | undefined {
  const value = filledText(repeat);
  if (value === undefined) return undefined;
  return defined({
    mode: "variable",
    value,
    direction: repeatDirection === "h" || repeatDirection === "v" ? repeatDirection : undefined,
    maxPerRow: whole(maxPerRow) > 0 ? whole(maxPerRow) : undefined,
  });
}
