import type { Difference } from "../../../engine/difference.ts";
import { isObject, textOf, type JsonObject } from "../../../util/json.ts";
import type { ShownChange } from "../../../engine/view.ts";
import { allPanels } from "../model/panels.ts";
import { isFormV2 } from "../v2/form.ts";
import { panelsV2 } from "../v2/view/panels.ts";
import { pushedTogether } from "../../../report/differences.ts";
import type { Status } from "../../../report/html/status.ts";

/** The change of one panel. */
export interface PanelChange {
  /** A key that is the same on both sides and unique in the dashboard. */
  readonly key: string;
  readonly status: Status;
  readonly differences: readonly Difference[];
  /** `↓ 8`: the move in grid units; empty if it did not move. */
  readonly movement: string;
  /** Whether only its row differs, together with many others, because something above was added or removed. */
  readonly pushed: boolean;
}

export interface PanelChanges {
  /** By the panel on either side. */
  readonly of: ReadonlyMap<JsonObject, PanelChange>;
  /** Differences outside of panels: variables, the time range… */
  readonly others: readonly Difference[];
}

const OF_PANEL = /^(?:panels\[id|elements\[name)=([^\]]*)\](.*)$/s;
/** The ids of panels; their names in schema v2. */
const IDS = new Set([".id", ".name"]);
const MOVEMENTS = new Set<unknown>(["moved", "resized", "moved and resized"]);

/** The added, changed, moved and removed panels of a dashboard, including those in collapsed rows. */
export function panelChangesOf({
  differences,
  sides: { before, after },
}: Pick<ShownChange, "differences" | "sides">): PanelChanges {
  const ofPanels = Map.groupBy(differences, ({ path }) => OF_PANEL.exec(path)?.[1]);
  const others = ofPanels.get(undefined) ?? [];
  // Panels with the same title and type are the same even if their id differs. The key is the former id.
  const former = new Map<string, string>();
  for (const { path, type, before: was, after: is } of differences) {
    if (type === "changed" && isId(path)) former.set(textOf(is), textOf(was));
  }
  const [old, now] = [keyed(before, new Map()), keyed(after, former)];
  const oldKeys = new Set(old.values());
  const nowKeys = new Set(now.values());
  const pushed = new Set(pushedTogether(differences.filter(({ path }) => OF_PANEL.test(path))).flat());
  const changeOf = (key: string): PanelChange => {
    const own = ofPanels.get(key) ?? [];
    const status = !oldKeys.has(key) ? "added" : !nowKeys.has(key) ? "removed" : statusOf(own);
    return {
      key,
      status,
      differences: own,
      movement: status === "added" || status === "removed" ? "" : movementOf(own),
      pushed: status === "moved" && own.every((one) => pushed.has(one)),
    };
  };
  return { of: new Map([...old, ...now].map(([panel, key]) => [panel, changeOf(key)])), others };
}

function isId(path: string): boolean {
  const [, , property = ""] = OF_PANEL.exec(path) ?? [];
  return IDS.has(property) && path.startsWith(property === ".id" ? "panels" : "elements");
}

/** The panels of a canonical form in either schema, including those in collapsed rows. */
export function panelsIn(form: JsonObject | undefined): readonly JsonObject[] {
  if (!form) return [];
  return isFormV2(form) ? panelsV2(form) : allPanels(form);
}

/** Distinguishes repeated ids in the same way as paths of differences. */
function keyed(form: JsonObject | undefined, former: ReadonlyMap<string, string>): Map<JsonObject, string> {
  const seen = new Map<string, number>();
  return new Map(
    panelsIn(form).map((panel) => {
      const id = textOf(panel["key"] ?? panel["id"]);
      const name = former.get(id) ?? id;
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      return [panel, times > 1 ? `${name}#${times}` : name];
    }),
  );
}

function statusOf(differences: readonly Difference[]): Status {
  if (differences.length === 0) return "same";
  return differences.every(({ meaning }) => MOVEMENTS.has(meaning)) ? "moved" : "changed";
}

function movementOf(differences: readonly Difference[]): string {
  const texts = differences.flatMap(({ meaning, path, before, after }) => {
    if (!MOVEMENTS.has(meaning)) return [];
    if (path.endsWith(".place")) return [`to ${textOf(after)}`];
    if (path.endsWith(".row") || !isObject(before) || !isObject(after)) return ["to another row"];
    const by = (side: string) => Number(after[side]) - Number(before[side]);
    const [x, y] = [by("x"), by("y")];
    const size = ({ w, h }: JsonObject) => `${textOf(w)} × ${textOf(h)}`;
    return [
      ...(y === 0 ? [] : [`${y > 0 ? "↓" : "↑"} ${Math.abs(y)}`]),
      ...(x === 0 ? [] : [`${x > 0 ? "→" : "←"} ${Math.abs(x)}`]),
      ...(size(before) === size(after) ? [] : [`${size(before)} ⇒ ${size(after)}`]),
    ];
  });
  return texts.join(", ");
}
