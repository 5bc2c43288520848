import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { RowBuilder, type DashboardBuilder, type Panel } from "@grafana/grafana-foundation-sdk/dashboard";

/**
 * A row and its panels, from left to right. The widths of one line add up to 24 (`.span(8)` takes a third), and its panels
 * have the same height: the SDK begins a new line only when one is exactly full.
 */
export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

/** Appends rows, open: panels that the SDK puts *into* a row make it a collapsed one. */
export function addRows(board: DashboardBuilder, rows: readonly Row[]): void {
  for (const { title, panels } of rows) {
    board.withRow(new RowBuilder(title));
    for (const panel of panels) board.withPanel(panel);
  }
}
