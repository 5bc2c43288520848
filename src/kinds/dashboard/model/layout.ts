import { isObject, type Json, type JsonObject } from "../../../util/json.ts";

/** The columns of Grafana's grid. */
export const COLUMNS = 24;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** The order in which Grafana stores panels: by row, then by column. Panels without a position are at the top left. */
export function inGridOrder(panels: readonly Json[]): Json[] {
  const at = (panel: Json, axis: "x" | "y"): number => {
    const position = isObject(panel) ? panel["gridPos"] : undefined;
    const value = isObject(position) ? position[axis] : undefined;
    return typeof value === "number" ? value : 0;
  };
  return panels.toSorted((a, b) => at(a, "y") - at(b, "y") || at(a, "x") - at(b, "x"));
}

/**
 * Moves panels to the positions in which Grafana's UI shows and saves them, in place: up until they touch another panel, and
 * below panels that they would overlap. Moves nothing if the position of a panel is unknown.
 */
export function settle(panels: readonly JsonObject[]): void {
  const boxes = panels.map(({ gridPos }) => boxOf(gridPos));
  if (boxes.some((box) => box === undefined)) return;
  const order = panels
    .map((panel, index) => ({ panel, box: boxes[index] as Box }))
    .toSorted((a, b) => a.box.y - b.box.y || a.box.x - b.box.x);
  const placed: Box[] = [];
  for (const { panel, box } of order) {
    const y = settledAt(box, placed);
    placed.push({ ...box, y });
    if (y !== box.y) panel["gridPos"] = { ...(panel["gridPos"] as JsonObject), y };
  }
}

/** Moves the panels of a collapsed row, in place, to where they are when it is expanded. The UI doesn't move them with the row. */
export function settleInside(row: JsonObject): void {
  const inner = Array.isArray(row["panels"]) ? row["panels"].filter(isObject) : [];
  const boxes = inner.map(({ gridPos }) => boxOf(gridPos));
  const box = boxOf(row["gridPos"]);
  if (!box || boxes.some((one) => one === undefined)) return;
  const above = Math.min(...boxes.map((one) => (one as Box).y));
  for (const panel of inner) {
    const position = panel["gridPos"] as JsonObject & Box;
    panel["gridPos"] = { ...position, y: position.y - above + box.y + box.h };
  }
}

function settledAt(box: Box, placed: readonly Box[]): number {
  const sameColumns = placed.filter((other) => box.x < other.x + other.w && other.x < box.x + box.w);
  const hitAt = (y: number) => sameColumns.find((other) => y < other.y + other.h && other.y < y + box.h);
  let y = Math.min(box.y, Math.max(0, ...placed.map((other) => other.y + other.h)));
  while (y > 0 && !hitAt(y)) y--;
  for (let hit = hitAt(y); hit; hit = hitAt(y)) y = hit.y + hit.h;
  return y;
}

function boxOf(position: Json | undefined): Box | undefined {
  if (!isObject(position)) return undefined;
  const { x, y, w, h } = position;
  const whole = [x, y, w, h].every((value) => typeof value === "number" && Number.isInteger(value));
  if (!whole) return undefined;
  const box = { x, y, w, h } as unknown as Box;
  const fits = box.x >= 0 && box.y >= 0 && box.w > 0 && box.h > 0 && box.x + box.w <= COLUMNS;
  // Limits the loop over the lines between far apart panels.
  return fits && box.y + box.h < 100_000 ? box : undefined;
}
