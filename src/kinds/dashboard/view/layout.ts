import { COLUMNS, settle } from "../model/layout.ts";
import { objects } from "../model/panels.ts";
import { isObject, type Json, type JsonObject } from "../../../util/json.ts";

/** A panel with its position in grid units. */
export interface Placed {
  readonly panel: JsonObject;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Panels in one grid, or a collapsed row with its own grid. `y` starts at the top of the grid. */
export type Section =
  { readonly panels: readonly Placed[] } | { readonly row: JsonObject; readonly panels: readonly Placed[] };

/** The panels of a dashboard in the positions in which Grafana shows them. */
export function sectionsOf(form: JsonObject): Section[] {
  const sections: Section[] = [];
  let [open, top]: [Placed[], number] = [[], 0];
  const close = () => {
    if (open.length > 0) sections.push({ panels: open.map((one) => ({ ...one, y: one.y - top })) });
    open = [];
  };
  for (const placed of placedOf(objects(form["panels"]))) {
    const { panel, y, h } = placed;
    const inner = objects(panel["panels"]);
    if (panel["type"] !== "row" || inner.length === 0) {
      open.push(placed);
      continue;
    }
    close();
    sections.push({ row: panel, panels: placedOf(inner) });
    top = y + h;
  }
  close();
  return sections;
}

function placedOf(panels: readonly JsonObject[]): Placed[] {
  let bottom = 0;
  const boxes = panels.map((panel) => {
    const box = boxOf(panel, bottom);
    bottom = Math.max(bottom, box.y + box.h);
    return { panel, gridPos: box };
  });
  const settled = boxes.map(({ gridPos }): { gridPos: Placed["panel"] } => ({ gridPos: { ...gridPos } }));
  settle(settled);
  return boxes
    .map(({ panel, gridPos }, index) => {
      const { y } = settled[index]?.gridPos ?? {};
      return { panel, ...gridPos, y: typeof y === "number" ? y : gridPos.y };
    })
    .toSorted((a, b) => a.y - b.y || a.x - b.x);
}

/** Higher than any screen. Panels further down move up anyway. */
const TALLEST = 200;
const LOWEST = 50_000;

/** The position of a panel, limited to the grid. A panel without one is below all others. */
function boxOf({ gridPos, type }: JsonObject, bottom: number): Omit<Placed, "panel"> {
  const given = isObject(gridPos) ? gridPos : {};
  const y = within(given["y"], 0, LOWEST, bottom);
  if (type === "row") return { x: 0, y, w: COLUMNS, h: 1 };
  const x = within(given["x"], 0, COLUMNS - 1, 0);
  return {
    x,
    y,
    w: within(given["w"], 1, COLUMNS - x, Math.min(12, COLUMNS - x)),
    h: within(given["h"], 1, TALLEST, 8),
  };
}

function within(value: Json | undefined, least: number, most: number, otherwise: number): number {
  return typeof value === "number" ? Math.round(Math.min(most, Math.max(least, value))) : otherwise;
}

/**
 * The CSS classes of positions. A strict content security policy forbids style attributes, so all positions are rules in the
 * style sheet. Dashboards have most positions in common.
 */
export interface Places {
  /** `x0w12 y4h8` */
  readonly classes: (placed: Placed) => string;
  /** `c3`: an auto grid with this number of columns. */
  readonly columns: (count: number) => string;
  readonly style: () => string;
}

export function places(): Places {
  const [columns, rows, grids] = [new Map<string, string>(), new Map<string, string>(), new Map<string, string>()];
  return {
    classes({ x, y, w, h }) {
      const [column, row] = [`x${x}w${w}`, `y${y}h${h}`];
      columns.set(column, `.${column}{grid-column:${x + 1}/span ${w}}`);
      rows.set(row, `.${row}{grid-row:${y + 1}/span ${h}}`);
      return `${column} ${row}`;
    },
    columns(count) {
      grids.set(`c${count}`, `.c${count}{grid-template-columns:repeat(${count},minmax(0,1fr))}`);
      return `c${count}`;
    },
    style: () => [...columns.values(), ...rows.values(), ...grids.values()].join(""),
  };
}
