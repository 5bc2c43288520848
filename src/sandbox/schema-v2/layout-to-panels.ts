import { text, type Json, type JsonObject } from "../json.ts";
import { list, part } from "./parts.ts";

/** A layout refers to a missing element, so Grafana can't convert it. */
export class MissingElement extends Error {
  constructor(element: string) {
    const why = `panel with uid ${element} not found in the dashboard elements`;
    super(`failed to convert dashboard spec: failed to convert panels: ${why}`);
  }
}

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
  /** The panel of an element at a position; undefined if there is no such element. */
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
  return laidOut(layout, 0, maker).panels;
}

function laidOut(layout: Json | undefined, y: number, maker: PanelMaker): Laid {
  const { tabs, rows } = part(layout, "spec");
  if (isKind(layout, "TabsLayout")) return inTurn(list(tabs), y, (tab, from) => tabPanels(tab, from, maker));
  if (isKind(layout, "RowsLayout")) return inTurn(list(rows), y, (row, from) => rowPanels(row, from, maker));
  return placed(placesOf(layout, y), y, maker);
}

function inTurn(items: readonly JsonObject[], y: number, lay: (item: JsonObject, y: number) => Laid): Laid {
  let end = y;
  const panels = items.flatMap((item) => {
    const laid = lay(item, end);
    end = laid.end;
    return laid.panels;
  });
  return { panels, end };
}

function tabPanels(tab: JsonObject, y: number, maker: PanelMaker): Laid {
  const { title, layout, repeat } = part(tab, "spec");
  const row = { ...rowPanel(title, y, maker), collapsed: false, panels: [], ...repeatOfRow(repeat) };
  const { panels, end } = laidOut(layout, y + 1, maker);
  return { panels: [row, ...panels], end };
}

function rowPanels(row: JsonObject, y: number, maker: PanelMaker): Laid {
  const { title, layout, repeat, collapse, hideHeader } = part(row, "spec");
  const isHeadless = hideHeader === true;
  if (isKind(layout, "RowsLayout") || isKind(layout, "TabsLayout")) {
    const header = isHeadless ? [] : [{ ...rowPanel(title, y, maker), collapsed: false, panels: [] }];
    const { panels, end } = laidOut(layout, y + header.length, maker);
    return { panels: [...header, ...panels], end };
  }
  if (isHeadless) return placed(placesOf(layout, isKind(layout, "AutoGridLayout") ? y : 0), y, maker);
  const header = {
    ...rowPanel(title, y, maker),
    ...(typeof collapse === "boolean" ? { collapsed: collapse } : {}),
    ...repeatOfRow(repeat),
  };
  if (collapse === true) {
    const { panels } = placed(placesOf(layout, y + 1), y, maker);
    return { panels: [{ ...header, ...(panels.length > 0 ? { panels } : {}) }], end: y + 1 };
  }
  // The first panel of a row has the same `y` as the row.
  const { panels, end } = placed(placesOf(layout, y), y, maker);
  return { panels: [header, ...panels], end };
}

function rowPanel(title: Json | undefined, y: number, { nextId }: PanelMaker): JsonObject {
  const name = title === undefined ? {} : { title };
  return { type: "row", id: nextId(), ...name, gridPos: { x: 0, y, w: COLUMNS, h: 1 } };
}

function repeatOfRow(repeat: Json | undefined): JsonObject {
  const variable = text(part({ repeat: repeat ?? null }, "repeat")["value"]);
  return variable === "" ? {} : { repeat: variable };
}

function placed(places: readonly Place[], y: number, { make }: PanelMaker): Laid {
  let end = y;
  const panels = places.map(({ element, x, y: top, w, h, repeat }) => {
    const panel = make(element);
    if (!panel) throw new MissingElement(element);
    end = Math.max(end, top + h);
    return { ...panel, gridPos: { x, y: top, w, h }, ...repeat };
  });
  return { panels, end };
}

function placesOf(layout: Json | undefined, y: number): Place[] {
  const spec = part(layout, "spec");
  const items = list(spec["items"]).map((item) => part(item, "spec"));
  const nameOf = (item: JsonObject) => text(part(item, "element")["name"]);
  if (!isKind(layout, "AutoGridLayout")) {
    return items.map((item) => ({
      element: nameOf(item),
      x: numberOf(item["x"]),
      y: y + numberOf(item["y"]),
      w: numberOf(item["width"]),
      h: numberOf(item["height"]),
      repeat: repeatOfPanel(part(item, "repeat")),
    }));
  }
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
    repeat: repeatOfPanel({ ...part(item, "repeat"), direction: "h", maxPerRow: columns }),
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
