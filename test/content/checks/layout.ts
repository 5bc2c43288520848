import type { Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard } from "grafana-provision";
import { rowsOf } from "../own.ts";
import { faults } from "./faults.ts";

/** Overlapping panels, and gaps between them. `top`: the required position of the first panel. */
export function gridFaults(panels: readonly (Panel | RowPanel)[], top = 0): string[] {
  const taken = new Map<string, string>();
  const found = new Set<string>();
  let bottom = top;
  for (const { title = "", gridPos = { x: 0, y: 0, w: 0, h: 0 } } of panels) {
    const { x, y, w, h } = gridPos;
    if (w === 0 || x + w > 24 || y < top) found.add(`${title} is outside of the grid`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const other = taken.get(`${column},${line}`);
        if (other !== undefined) found.add(`${title} overlaps ${other}`);
        taken.set(`${column},${line}`, title);
      }
    }
    bottom = Math.max(bottom, y + h);
  }
  const empty = 24 * (bottom - top) - taken.size;
  return [...found, ...(found.size === 0 && empty !== 0 ? [`${empty} cells are empty`] : [])];
}

/** Empty rows, and open rows that contain panels, which Grafana would remove. */
export function rowFaults(board: Dashboard): string[] {
  const everything = board.spec.panels ?? [];
  return faults(
    rowsOf(board).flatMap((row) => {
      const next = everything[everything.indexOf(row) + 1];
      return [
        row.collapsed && row.panels.length === 0 && `${row.title} is empty`,
        !row.collapsed &&
          row.panels.length > 0 &&
          `${row.title} is open, so its panels must follow it and not be in it`,
        !row.collapsed && (!next || next.type === "row") && `${row.title} is empty`,
        ...(row.collapsed ? gridFaults(row.panels, (row.gridPos?.y ?? 0) + 1) : []),
      ];
    }),
  );
}
