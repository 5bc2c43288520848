import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { listed } from "../../../util/plural.ts";
import { inGridOrder } from "./layout.ts";
import { objects } from "./panels.ts";

// Grafana shows the panels inside a row only if the row is collapsed, and never a row inside a row.

/** Panels that Grafana would not show where they are. */
export interface MisplacedPanels {
  /** The panels of the first row that contains such panels: `panels[2].panels`. */
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

/** What `raisePanels` changes: at most one entry for open rows and one for rows in rows. */
export function misplacedPanels(model: object): MisplacedPanels[] {
  const rows = rowsIn("panels" in model ? (model.panels as Json) : [], "panels");
  return [
    ...misplaced(
      rows.filter(({ row, inner }) => isOpen(row) && inner.some((panel) => !isRow(panel))),
      ["is open and contains panels", "are open and contain panels"],
      "The tool moves the panels below the row. To show them there, list them after it. To hide them, set `collapsed: true`.",
    ),
    ...misplaced(
      rows.filter(({ inner }) => inner.some(isRow)),
      ["contains another row", "contain other rows"],
      "The tool moves the inner row below the outer row. List it there.",
    ),
  ];
}

function misplaced(rows: readonly Row[], [one, several]: readonly [string, string], hint: string): MisplacedPanels[] {
  const [first] = rows;
  if (!first) return [];
  const names = listed(rows.map(({ row }) => `"${textOf(row["title"])}"`));
  const what = rows.length === 1 ? `the row ${names} ${one}` : `the rows ${names} ${several}`;
  return [{ path: `${first.path}.panels`, message: `${what}, which Grafana would not show`, hint }];
}

interface Row {
  readonly row: JsonObject;
  readonly path: string;
  readonly inner: readonly JsonObject[];
}

function rowsIn(panels: Json | undefined, path: string): Row[] {
  return (Array.isArray(panels) ? panels : []).flatMap((row, index) => {
    if (!isObject(row) || !isRow(row)) return [];
    const here = `${path}[${index}]`;
    return [{ row, path: here, inner: objects(row["panels"]) }, ...rowsIn(row["panels"], `${here}.panels`)];
  });
}

/**
 * Moves the panels in open rows, and rows in rows, to the list of the dashboard and below their row, in place. Moves the
 * panels below down if they would overlap, as Grafana does when a row is opened.
 */
export function raisePanels(model: JsonObject): void {
  if (misplacedPanels(model).length === 0) return;
  let [moved, bottom] = [0, 0];
  model["panels"] = inGridOrder(objects(model["panels"])).flatMap((panel): Json[] => {
    if (!isObject(panel)) return [];
    const top = lineOf(panel) + moved;
    if (top < bottom) moved += bottom - top;
    const placed = moved > 0 ? at(panel, lineOf(panel) + moved) : panel;
    if (!isRow(panel)) return [placed];
    const raised = raisedFrom(placed);
    if (raised.panels.length > 1) bottom = raised.bottom;
    return raised.panels;
  });
}

/** A row and the panels that are moved out of it, with the line below them. */
function raisedFrom(row: JsonObject): { panels: JsonObject[]; bottom: number } {
  const inner = inGridOrder(objects(row["panels"])).filter(isObject);
  const stays = (panel: JsonObject) => !isOpen(row) && !isRow(panel);
  const result = [{ ...row, panels: inner.filter(stays) }];
  let bottom = lineOf(row) + 1;
  // Positions in a row can be relative to a former position of the row.
  let offset: number | undefined;
  for (const panel of inner.filter((one) => !stays(one))) {
    offset ??= bottom - lineOf(panel);
    const top = Math.max(lineOf(panel) + offset, lineOf(row) + 1);
    const placed = at(panel, isRow(panel) ? Math.max(top, bottom) : top);
    const raised = isRow(panel) ? raisedFrom(placed) : { panels: [placed], bottom: top + heightOf(panel) };
    result.push(...(raised.panels as typeof result));
    bottom = Math.max(bottom, raised.bottom);
    if (isRow(panel)) offset = undefined;
  }
  return { panels: result, bottom };
}

function isRow({ type }: JsonObject): boolean {
  return type === "row";
}

function isOpen({ collapsed }: JsonObject): boolean {
  return !collapsed;
}

/** Grafana's default position. */
const DEFAULT = { x: 0, y: 0, w: 6, h: 3 };

function at(panel: JsonObject, y: number): JsonObject {
  return { ...panel, gridPos: { ...DEFAULT, ...(isObject(panel["gridPos"]) ? panel["gridPos"] : {}), y } };
}

function lineOf({ gridPos }: JsonObject): number {
  return isObject(gridPos) && typeof gridPos["y"] === "number" ? gridPos["y"] : DEFAULT.y;
}

function heightOf({ gridPos }: JsonObject): number {
  return isObject(gridPos) && typeof gridPos["h"] === "number" ? gridPos["h"] : DEFAULT.h;
}
