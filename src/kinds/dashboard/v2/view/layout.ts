import type { Difference } from "../../../../engine/difference.ts";
import type { Sides } from "../../../../engine/view.ts";
import { textOf, type JsonObject } from "../../../../util/json.ts";
import { markup, type Markup } from "../../../../util/markup.ts";
import { objects } from "../../model/panels.ts";
import { gridMarkup, isOwnChange } from "../../view/bands.ts";
import type { Placed, Places } from "../../view/layout.ts";
import type { PanelChange, PanelChanges } from "../../view/panel-changes.ts";
import { panelMarkup } from "../../view/panel.ts";
import { isFormV2 } from "../form.ts";
import { layoutOf, type Container } from "../model/containers.ts";
import { pairLayouts } from "../model/differences.ts";
import { partOf } from "../model/parts.ts";
import { conditionsText, repeatText } from "../model/words.ts";
import { panelsV2 } from "./panels.ts";

type Status = PanelChange["status"];

interface Drawing {
  readonly form: JsonObject;
  readonly changes: PanelChanges;
  readonly places: Places;
  /** The status of tabs and rows by their place. */
  readonly statuses: ReadonlyMap<string, Status>;
  /** Whether parts without a change are shown too. */
  readonly isComplete: boolean;
}

/** The columns of an auto grid, if it sets no number. */
const COLUMNS = 3;
const MOST_COLUMNS = 12;

/** Draws the sides that are in schema v2: tabs and rows as parts that can be closed, auto grids as they flow. */
export function layoutsMarkup(
  { before, after }: Sides,
  differences: readonly Difference[],
  { changes, places, isComplete }: Pick<Drawing, "changes" | "places" | "isComplete">,
): { before: Markup | undefined; after: Markup | undefined } {
  const statuses = statusesOf(before, after, differences);
  const draw = (form: JsonObject | undefined, side: keyof Sides) => {
    if (!form || !isFormV2(form)) return undefined;
    const [top] = layoutOf(form).containers;
    return top && containerContent(top, { form, changes, places, isComplete, statuses: statuses[side] });
  };
  return { before: draw(before, "before"), after: draw(after, "after") };
}

/** Paths of differences name tabs and rows by their place before. */
function statusesOf(before: JsonObject | undefined, after: JsonObject | undefined, differences: readonly Difference[]) {
  const changed = new Map<string, Status>();
  for (const { path, type, meaning } of differences) {
    const [, at, rest] = /^layout\[(.*?)\](?:\.(.*))?$/s.exec(path) ?? [];
    if (at === undefined) continue;
    const status = rest === undefined && type !== "changed" ? type : meaning === "moved" ? "moved" : "changed";
    if (changed.get(at) !== "changed") changed.set(at, status);
  }
  const own =
    (status: Status) =>
    ([at, one]: [string, Status]) =>
      one !== status && at !== "";
  const [old, now] = [new Map([...changed].filter(own("added"))), new Map([...changed].filter(own("removed")))];
  if (before && after && isFormV2(before) && isFormV2(after)) {
    for (const at of changed.keys()) if (changed.get(at) !== "added") now.delete(at);
    for (const [was, is] of pairLayouts(before, after).containers) {
      const status = changed.get(was.at);
      if (status !== undefined && status !== "removed" && status !== "added") now.set(is.at, status);
    }
  }
  return { before: old, after: now };
}

function containerContent(container: Container, drawing: Drawing): Markup {
  const { layout } = container;
  if (layout["kind"] === "TabsLayout") {
    const tabs = inner(container, "tab", drawing);
    const strip = tabs.map(
      (tab) => markup`<span class="${drawing.statuses.get(tab.at) ?? "same"}">${titleOf(tab)}</span>`,
    );
    return markup`<div class="tabs"><p class="strip">${strip}</p>${tabs.map((tab) => box(tab, drawing))}</div>`;
  }
  if (layout["kind"] === "RowsLayout")
    return markup`${inner(container, "row", drawing).map((row) => rowMarkup(row, drawing))}`;
  const panels = new Map(panelsV2(drawing.form).map((panel) => [textOf(panel["key"]), panel]));
  const items = objects(layout["items"]).flatMap((item) => {
    const panel = panels.get(textOf(item["element"]));
    return panel ? [{ panel, item }] : [];
  });
  return layout["kind"] === "AutoGridLayout" ? autoGrid(layout, items, drawing) : grid(items, drawing);
}

function inner(container: Container, type: Container["type"], { form }: Drawing): readonly Container[] {
  return layoutOf(form).containers.filter((one) => one.type === type && one.parent?.at === container.at);
}

interface Item {
  readonly panel: JsonObject;
  readonly item: JsonObject;
}

function grid(items: readonly Item[], { changes, places, isComplete }: Drawing): Markup {
  const placed = items.map(({ panel, item }) => {
    const { x, y, w, h } = partOf(item["gridPos"]);
    return { panel, x: Number(x), y: Number(y), w: Number(w), h: Number(h) };
  });
  const draw = ({ panel }: Placed, change: PanelChange, classes: string) => panelIn(panel, change, classes);
  return gridMarkup(placed, { changes, places, draw, isComplete });
}

function autoGrid(layout: JsonObject, items: readonly Item[], { changes, places }: Drawing): Markup {
  const columns = Math.max(1, Math.min(MOST_COLUMNS, Number(layout["maxColumnCount"] ?? COLUMNS) || COLUMNS));
  const drawn = items.map(({ panel }) => {
    const change = changes.of.get(panel);
    return change && panelIn(panel, change, "");
  });
  return markup`<div class="auto ${places.columns(columns)}">${drawn}</div>`;
}

function panelIn(panel: JsonObject, change: PanelChange, places: string): Markup {
  const { conditions } = panel;
  return panelMarkup(panel, change, places, conditions === undefined ? [] : [conditionsText(conditions)]);
}

/** A row without a header is only its content. */
function rowMarkup(row: Container, drawing: Drawing): Markup {
  return row.content["hideHeader"] === true ? containerContent(row, drawing) : box(row, drawing);
}

function box(container: Container, drawing: Drawing): Markup {
  const { type, content, at } = container;
  const status = drawing.statuses.get(at) ?? "same";
  const { conditions, repeat, collapse } = content;
  const badges = [
    ...(conditions === undefined ? [] : [conditionsText(conditions)]),
    ...(repeat === undefined ? [] : [repeatText(repeat)]),
    ...objects(content["variables"]).map(({ name }) => `variable $${textOf(name)}`),
  ].map((text) => markup`<i class="badge">${text}</i>`);
  const isClosed = type === "row" ? collapse === true : container.index > 0;
  const isOpen = drawing.isComplete ? !isClosed : hasChanges(container, drawing);
  const about = type === "row" && collapse === true ? "collapsed" : type;
  return markup`<details class="box ${type} ${status}"${
    isOpen ? markup` open` : undefined
  }><summary><b>${titleOf(container)}</b> <small>${about}</small>${badges}</summary>${containerContent(container, drawing)}</details>`;
}

function titleOf({ title, type }: Container): string {
  return title.trim() || (type === "tab" ? "Tab" : "Row");
}

function hasChanges(container: Container, { form, changes, statuses }: Drawing): boolean {
  const isInside = ({ at }: Container) => at === container.at || at.startsWith(`${container.at} › `);
  const panels = new Map(panelsV2(form).map((panel) => [textOf(panel["key"]), panel]));
  const { containers, placements } = layoutOf(form);
  return (
    containers.some((one) => isInside(one) && statuses.has(one.at)) ||
    placements.some(({ element, container: holder }) => {
      const change = changes.of.get(panels.get(element) ?? {});
      return isInside(holder) && isOwnChange(change);
    })
  );
}
