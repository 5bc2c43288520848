import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  RowBuilder,
  type Dashboard,
  type DashboardBuilder,
  type Panel,
} from "@grafana/grafana-foundation-sdk/dashboard";

/**
 * A row and its panels, from left to right. The widths of one line add up to 24 (`.span(8)` takes a third), and its panels
 * have the same height: the SDK begins a new line only when one is exactly full.
 */
export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
  /** Closed until somebody opens it: its panels ask nothing before. Default: open. */
  readonly collapsed?: boolean;
}

/** Appends rows. */
export function addRows(board: DashboardBuilder, rows: readonly Row[]): void {
  for (const { title, panels, collapsed = false } of rows) {
    const row = new RowBuilder(title);
    // Only those of a closed row stand in it. An open row's follow it: Grafana drops others.
    if (collapsed) for (const panel of panels) row.withPanel(panel);
    board.withRow(row);
    if (!collapsed) for (const panel of panels) board.withPanel(panel);
  }
}

/** Moves what follows a closed row up to it: the SDK leaves the space that its panels take when it is open. */
export function closeGaps({ panels = [] }: Dashboard): void {
  let gap = 0;
  for (const panel of panels) {
    if (panel.gridPos) panel.gridPos.y -= gap;
    if (!("panels" in panel) || panel.panels.length === 0) continue;
    const nested = panel.panels.flatMap(({ gridPos }) => gridPos ?? []);
    for (const position of nested) position.y -= gap;
    const top = Math.min(...nested.map(({ y }) => y));
    gap += Math.max(...nested.map(({ y, h }) => y + h)) - top;
  }
}
