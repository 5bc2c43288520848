import { parseDuration } from "../../../util/duration.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import type { ShownChange, Shot, Sides, TimeRange } from "../../../engine/view.ts";
import { isFormV2 } from "../v2/form.ts";
import { classicForm } from "../v2/model/classic.ts";
import { panelChangesOf, panelsIn } from "./panel-changes.ts";

/** The width of a column, the height of a row and the gap in pixels, as Grafana draws them on a wide screen. */
const GRID = { column: 50, row: 30, gap: 8 };
const DEFAULT_SIZE = { w: 12, h: 8 };

/** The panels that are added, changed and removed. */
export function shotsOf({ differences, sides }: Pick<ShownChange, "differences" | "sides">): Shot[] {
  const { of } = panelChangesOf({ differences, sides });
  const shots = (["before", "after"] as const).flatMap((side) =>
    panelsIn(sides[side]).flatMap((panel): Shot[] => {
      const change = of.get(panel);
      const isSeen = change && change.status !== "same" && change.status !== "moved";
      const panelId = textOf(panel["id"]);
      // If two panels have the same id, Grafana shows the first.
      if (!isSeen || panel["type"] === "row" || panelId === "" || change.key.includes("#")) return [];
      return [{ side, key: change.key, panelId, title: textOf(panel["title"]), ...sizeOf(panel) }];
    }),
  );
  // Both sides of a panel are adjacent, so that a limit separates no pair.
  return [...Map.groupBy(shots, ({ key }) => key).values()].flat();
}

function sizeOf({ gridPos }: JsonObject): { width: number; height: number } {
  const place = isObject(gridPos) ? gridPos : {};
  const units = (key: "w" | "h") => Math.max(1, Number(place[key]) || DEFAULT_SIZE[key]);
  return {
    width: Math.min(units("w"), 24) * GRID.column,
    // An endless panel would be an empty screenshot.
    height: Math.min(units("h"), 40) * (GRID.row + GRID.gap) - GRID.gap,
  };
}

/**
 * The dashboard to take screenshots of: rows are expanded, and automatic refresh is off. Tabs would hide panels, and with tags the
 * copy would be in lists and links of other dashboards.
 */
export function copyOf(form: JsonObject): JsonObject {
  const { folder: _folder, refresh: _refresh, tags: _tags, ...spec } = isFormV2(form) ? classicForm(form) : form;
  const panels = Array.isArray(spec["panels"]) ? spec["panels"].flatMap(opened) : [];
  return { ...spec, schemaVersion: spec["schemaVersion"] ?? 42, panels };
}

function opened(panel: Json): Json[] {
  if (!isObject(panel) || panel["type"] !== "row" || !Array.isArray(panel["panels"])) return [panel];
  return [{ ...panel, collapsed: false, panels: [] }, ...panel["panels"]];
}

const SIX_HOURS = 6 * 3_600_000;
const MINUTE = 60_000;

/** The time range of both sides: the length of the (new) dashboard's range if it ends now, or else six hours. */
export function timeRangeOf({ before, after }: Sides, now: number): TimeRange {
  const to = Math.floor(now / MINUTE) * MINUTE;
  const time = (after ?? before)?.["time"];
  const [from, until] = isObject(time) ? [textOf(time["from"]), textOf(time["to"])] : [];
  const length = until === "now" ? parseDuration(/^now-(.+)$/.exec(from ?? "")?.[1] ?? "") : undefined;
  return { from: to - (length || SIX_HOURS), to };
}
