import { text, type Json, type JsonObject } from "../json.ts";
import { missingElement } from "./errors.ts";
import { list, part } from "./parts.ts";

/** The position of a panel in the classic schema. */
interface Place {
  readonly element: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly repeat: JsonObject;
}

export interface PanelMaker {
  /** The panel of an element, without a position; undefined if there is no such element. */
  readonly make: (element: string) => JsonObject | undefined;
  /** The next id of a row. */
  readonly nextId: () => number;
}

interface Laid {
  readonly panels: JsonObject[];
  /** The position of the next panel. */
  readonly end: number;
}

const COLUMNS = 24;
const HEIGHTS: Readonly<Record<string, number>> = { short: 5, standard: 9, tall: 14 };

/** The panels of a layout: tabs and rows become rows, nested rows follow their parent, an auto grid gets positions. */
export function panelsOf(layout: Json | undefined, maker: PanelMaker): JsonObject[] {
  return isNested(layout) ? nested(layout, 0, maker) : placed(placesOf(layout, 0), maker);
}

function isNested(layout: Json | undefined): boolean {
  return isKind(layout, "TabsLayout") || isKind(layout, "RowsLayout");
}

/** The panels of tabs or rows, one below the other. */
function nested(layout: Json | undefined, y: number, maker: PanelMaker): JsonObject[] {
  const { tabs, rows } = part(layout, "spec");
  let end = y;
  const inTurn = (items: readonly JsonObject[], lay: (item: JsonObject, y: number) => Laid): JsonObject[] =>
    items.flatMap((item) => {
      const laid = lay(item, end);
      end = laid.end;
      return laid.panels;
    });
  return isKind(layout, "TabsLayout")
    ? inTurn(list(tabs), (tab, from) => tabPanels(tab, from, maker))
    : inTurn(list(rows), (row, from) => rowPanels(row, from, maker));
}

function tabPanels(tab: JsonObject, y: number, maker: PanelMaker): Laid {
  const { title, layout, repeat } = part(tab, "spec");
  const row = { ...rowPanel(title, y, maker), collapsed: false, panels: [], ...repeatOfRow(repeat) };
  const panels = isNested(layout) ? nested(layout, y + 1, maker) : placed(placesOf(layout, y + 1), maker);
  return { panels: [row, ...panels], end: bottomOf(panels, y + 1) };
}

function rowPanels(row: JsonObject, y: number, maker: PanelMaker): Laid {
  const { title, layout, repeat, collapse, hideHeader } = part(row, "spec");
  const hasHeader = hideHeader !== true;
  if (isNested(layout)) {
    const header = hasHeader ? [{ ...rowPanel(title, y, maker), collapsed: false, panels: [] }] : [];
    const panels = nested(layout, y + header.length, maker);
    return { panels: [...header, ...panels], end: bottomOf(panels, y + header.length) };
  }
  if (!hasHeader) return expanded(layout, { y, gridY: 0 }, maker);
  const header: JsonObject = {
    ...rowPanel(title, y, maker),
    ...(typeof collapse === "boolean" ? { collapsed: collapse } : {}),
    ...repeatOfRow(repeat),
  };
  if (collapse === true) {
    const panels = placed(placesOf(layout, y + 1), maker);
    return { panels: [{ ...header, ...(panels.length > 0 ? { panels } : {}) }], end: y + 1 };
  }
  const hasContent = isKind(layout, "AutoGridLayout") || list(part(layout, "spec")["items"]).length > 0;
  if (!hasContent) delete header["gridPos"];
  // The first panel of a row has the same `y` as the row.
  const { panels, end } = expanded(layout, { y, gridY: y }, maker);
  return { panels: [header, ...panels], end };
}

/** Below an empty grid, Grafana starts at the top again. */
function expanded(layout: Json | undefined, { y, gridY }: { y: number; gridY: number }, maker: PanelMaker): Laid {
  if (!isKind(layout, "GridLayout")) {
    const panels = placed(placesOf(layout, y), maker);
    return { panels, end: bottomOf(panels, y) };
  }
  const panels = placed(placesOf(layout, gridY), maker);
  return { panels, end: bottomOf(panels, 0) };
}

function bottomOf(panels: readonly JsonObject[], y: number): number {
  const ends = panels.map((panel) => {
    const { y: top, h } = part(panel, "gridPos");
    return numberOf(top) + numberOf(h);
  });
  return Math.max(y, ...ends);
}

function rowPanel(title: Json | undefined, y: number, { nextId }: PanelMaker): JsonObject {
  const name = title === undefined ? {} : { title };
  return { type: "row", id: nextId(), ...name, gridPos: { x: 0, y, w: COLUMNS, h: 1 } };
}

function repeatOfRow(repeat: Json | undefined): JsonObject {
  const variable = text(part({ repeat: repeat ?? null }, "repeat")["value"]);
  return variable === "" ? {} : { repeat: variable };
}

function placed(places: readonly Place[], { make }: PanelMaker): JsonObject[] {
  return places.map(({ element, x, y, w, h, repeat }) => {
    const panel = make(element);
    if (!panel) throw missingElement(element);
    return { ...panel, gridPos: { x, y, w, h }, ...repeat };
  });
}

function placesOf(layout: Json | undefined, y: number): Place[] {
  const spec = part(layout, "spec");
  const items = list(spec["items"]).map((item) => part(item, "spec"));
  const nameOf = (item: JsonObject): string => text(part(item, "element")["name"]);
  if (isKind(layout, "GridLayout")) {
    return items.map((item) => ({
      element: nameOf(item),
      x: numberOf(item["x"]),
      y: y + numberOf(item["y"]),
      w: numberOf(item["width"]),
      h: numberOf(item["height"]),
      repeat: repeatOfPanel(part(item, "repeat")),
    }));
  }
  if (!isKind(layout, "AutoGridLayout")) return [];
  const columns = numberOf(spec["maxColumnCount"]) || 3;
  const width = Math.trunc(COLUMNS / columns);
  const height = heightOf(spec);
  const perRow = Math.ceil(COLUMNS / width);
  return items.map((item, index) => ({
    element: nameOf(item),
    x: (index % perRow) * width,
    y: y + Math.trunc(index / perRow) * height,
    w: width,
    h: height,
    repeat: repeatOfPanel({ ...part(item, "repeat"), direction: "h", maxPerRow: Math.trunc(columns) }),
  }));
}

function heightOf({ rowHeightMode, rowHeight }: JsonObject): number {
  const custom = rowHeightMode === "custom" ? numberOf(rowHeight) : 0;
  return custom > 0 ? Math.trunc((custom + 37) / 38) : (HEIGHTS[text(rowHeightMode)] ?? 9);
}

function repeatOfPanel({ value, direction, maxPerRow }: JsonObject): JsonObject {
  if (text(value) === "") return {};
  return {
    repeat: text(value),
    ...(direction === undefined ? {} : { repeatDirection: direction }),
    ...(maxPerRow === undefined ? {} : { maxPerRow }),
  };
}

function isKind(layout: Json | undefined, kind: string): boolean {
  return part({ layout: layout ?? null }, "layout")["kind"] === kind;
}

function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}
