import { countOf } from "../../../util/plural.ts";
import { markup, type Markup } from "../../../util/markup.ts";
import type { Placed, Places } from "./layout.ts";
import type { PanelChange, PanelChanges } from "./panel-changes.ts";

/** Panels of a grid whose rows are next to each other. `y` starts at the top of the band. */
interface Band {
  readonly panels: readonly Placed[];
  readonly isCollapsed: boolean;
}

/** Fewer unchanged panels are shown around the changed ones. */
const MIN_COLLAPSED = 4;

interface GridOptions {
  readonly changes: PanelChanges;
  readonly places: Places;
  readonly draw: (placed: Placed, change: PanelChange, places: string) => Markup;
  /** Shows rows without a change too. */
  readonly isComplete: boolean;
}

/** Draws a grid. Rows of panels without a change are collapsed. */
export function gridMarkup(panels: readonly Placed[], { changes, places, draw, isComplete }: GridOptions): Markup {
  const changeOf = ({ panel }: Placed) => changes.of.get(panel);
  const isChanged = (placed: Placed) => isOwnChange(changeOf(placed));
  const bands = isComplete ? [{ panels, isCollapsed: false }] : bandsOf(panels, isChanged);
  const drawn = bands.map(({ panels: own, isCollapsed }) => {
    const top = isComplete ? 0 : Math.min(...own.map(({ y }) => y));
    const boxes = own.map((placed) => {
      const change = changeOf(placed);
      return change && draw(placed, change, places.classes({ ...placed, y: placed.y - top }));
    });
    const grid = markup`<div class="grid">${boxes}</div>`;
    return isCollapsed
      ? collapsed(
          own.flatMap((placed) => changeOf(placed) ?? []),
          own,
          grid,
        )
      : grid;
  });
  return markup`${drawn}`;
}

/** A panel that only moved because of another panel has no change of its own. */
export function isOwnChange(change: PanelChange | undefined): boolean {
  return change !== undefined && change.status !== "same" && !change.pushed;
}

function collapsed(changes: readonly PanelChange[], panels: readonly Placed[], grid: Markup): Markup {
  const count = panels.filter(({ panel }) => panel["type"] !== "row").length;
  const isSame = changes.every(({ status }) => status === "same");
  const text = isSame
    ? countOf(count, "unchanged panel")
    : `${countOf(count, "panel")} that did not change or only moved up or down`;
  return markup`<details class="unchanged"><summary>${text}</summary>${grid}</details>`;
}

/** Splits a grid where no panel crosses, and joins neighbors that are both shown or both collapsed. */
function bandsOf(panels: readonly Placed[], isChanged: (placed: Placed) => boolean): Band[] {
  const runs = joined(rowsOf(panels).map((row) => ({ panels: row, isCollapsed: !row.some(isChanged) })));
  const withHeaders = runs.map((run, index): Band => {
    const [before, after] = [runs[index - 1], runs[index + 1]];
    // The header of a row stays with the changed panels below it.
    if (run.isCollapsed)
      return { ...run, panels: after ? run.panels.slice(0, run.panels.length - headersOf(run)) : run.panels };
    return before
      ? { ...run, panels: [...before.panels.slice(before.panels.length - headersOf(before)), ...run.panels] }
      : run;
  });
  const isLong = ({ panels: own }: Band) => own.length >= MIN_COLLAPSED;
  const filled = withHeaders.filter(({ panels: own }) => own.length > 0);
  return joined(filled.map((run) => ({ ...run, isCollapsed: run.isCollapsed && isLong(run) })));
}

/** The number of row headers at the end of a band. */
function headersOf({ panels }: Band): number {
  return panels.length - 1 - panels.findLastIndex(({ panel }) => panel["type"] !== "row");
}

function joined(bands: readonly Band[]): Band[] {
  const result: Band[] = [];
  for (const band of bands) {
    const last = result.at(-1);
    if (last?.isCollapsed === band.isCollapsed)
      result[result.length - 1] = { ...last, panels: [...last.panels, ...band.panels] };
    else result.push(band);
  }
  return result;
}

function rowsOf(panels: readonly Placed[]): Placed[][] {
  const rows: Placed[][] = [];
  let bottom = -1;
  for (const placed of panels.toSorted((a, b) => a.y - b.y || a.x - b.x)) {
    if (placed.y >= bottom) rows.push([]);
    rows.at(-1)?.push(placed);
    bottom = Math.max(bottom, placed.y + placed.h);
  }
  return rows;
}
