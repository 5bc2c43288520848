import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  RowBuilder,
  type Dashboard,
  type DashboardBuilder,
  type Panel,
} from "@grafana/grafana-foundation-sdk/dashboard";

/**
 * A row and its panels, from left to right. The widths of a line must add up to 24 (`.span(8)` is a third), and its panels
 * must have the same height, because the SDK begins a new line only when the current one is exactly full.
 */
export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
  /** Whether the row is collapsed at first. Its panels send queries only when it is opened. Default: false. */
  readonly collapsed?: boolean;
}

/** Appends rows. */
export function addRows(board: DashboardBuilder, rows: readonly Row[]): void {
  for (const { title, panels, collapsed = false } of rows) {
    const row = new RowBuilder(title);
    // Only a collapsed row contains its panels. The panels of an open row must follow it, otherwise Grafana removes them.
    if (collapsed) for (const panel of panels) row.withPanel(panel);
    board.withRow(row);
    if (!collapsed) for (const panel of panels) board.withPanel(panel);
  }
}

/** Moves the panels after a collapsed row up: the SDK reserves the space of the row's panels. */
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
