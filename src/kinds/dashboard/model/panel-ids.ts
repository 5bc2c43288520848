import { similarPairs, type Traits } from "../../../engine/similar-items.ts";
import { equal, isObject, stableStringify, textOf, type JsonObject } from "../../../util/json.ts";
import { currentType } from "./legacy-panels.ts";
import { allPanels, objects } from "./panels.ts";

/** Versions of a dashboard from which panels take their ids. */
interface Versions {
  readonly live?: JsonObject | undefined;
  /** What the last apply left, if it differs from `live` and is known. */
  readonly former?: JsonObject | undefined;
}

/**
 * Assigns ids to panels without one, in place. Grafana would number them in document order, so that an inserted panel would
 * change the ids of all later ones and break links to them. Instead a panel gets the id that it had after the last apply, or
 * else that of the live panel that it equals or resembles, or else the next free one.
 *
 * As in Grafana, an id that is not a number above 0, or is repeated, counts as missing.
 */
export function assignPanelIds(model: JsonObject, { live, former }: Versions = {}): void {
  const versions = [former, live].map((version) => (version ? allPanels(version) : []));
  let { unnumbered, taken } = numbersIn(model);
  const next = 1 + Math.max(0, ...taken, ...versions.flat().map((panel) => idOf(panel) ?? 0));
  for (const pair of [equalPairs, (code: JsonObject[], others: JsonObject[]) => similarPairs(code, others, traitsOf)]) {
    for (const panels of versions) unnumbered = takeIds(unnumbered, panels, taken, pair);
  }
  for (const [index, panel] of unnumbered.entries()) panel["id"] = next + index;
}

/** Gives rows their ids in the code: Grafana replaces them when it converts rows from schema v2, and nothing refers to them. */
export function withRowIds(live: JsonObject, code: JsonObject): JsonObject {
  const [ids, liveIds] = [code, live].map((form) => new Set(allPanels(form).map(({ id }) => textOf(id))));
  const rows = objects(code["panels"]).filter(({ type, id }) => type === "row" && !liveIds?.has(textOf(id)));
  if (rows.length === 0) return live;
  const panels = objects(live["panels"]).map((panel) => {
    if (panel["type"] !== "row" || ids?.has(textOf(panel["id"]))) return panel;
    const at = rows.findIndex(({ title }) => equal(title, panel["title"]));
    const [row] = at < 0 ? [] : rows.splice(at, 1);
    return row ? { ...panel, id: row["id"] ?? null } : panel;
  });
  return { ...live, panels };
}

/** Whether a panel without an id has no match in another version: none with the same title and type, or the same queries. */
export function hasOtherPanels(model: JsonObject, other: JsonObject): boolean {
  const { unnumbered, taken } = numbersIn(model);
  const free = allPanels(other).filter((panel) => !taken.has(idOf(panel) ?? 0));
  return equalPairs(unnumbered, free).size < unnumbered.length;
}

function numbersIn(model: JsonObject): { unnumbered: JsonObject[]; taken: Set<number> } {
  const taken = new Set<number>();
  const unnumbered = allPanels(model).filter((panel) => {
    const id = idOf(panel);
    if (id === undefined || taken.has(id)) return true;
    taken.add(id);
    return false;
  });
  return { unnumbered, taken };
}

/** Assigns the ids of corresponding panels. Returns the panels that still have no id. */
function takeIds(
  panels: JsonObject[],
  others: readonly JsonObject[],
  taken: Set<number>,
  pairsOf: (panels: JsonObject[], others: JsonObject[]) => ReadonlyMap<JsonObject, JsonObject>,
): JsonObject[] {
  if (panels.length === 0) return [];
  const free = others.filter((panel) => {
    const id = idOf(panel);
    return id !== undefined && !taken.has(id);
  });
  if (free.length === 0) return panels;
  const pairs = pairsOf(panels, free);
  return panels.filter((panel) => {
    const id = idOf(pairs.get(panel) ?? {});
    if (id === undefined || taken.has(id)) return true;
    panel["id"] = id;
    taken.add(id);
    return false;
  });
}

/** Pairs panels that are the same, or else have the same title and type, or else (if they were renamed) the same queries. */
function equalPairs(panels: JsonObject[], others: readonly JsonObject[]): Map<JsonObject, JsonObject> {
  const pairs = new Map<JsonObject, JsonObject>();
  const used = new Set<JsonObject>();
  for (const key of [wholeOf, likenessOf, contentOf]) {
    const free = Map.groupBy(
      others.filter((panel) => !used.has(panel)),
      key,
    );
    const rest = panels.filter((panel) => !pairs.has(panel));
    const alike = Map.groupBy(rest, key);
    for (const panel of rest) {
      const text = key(panel);
      // Several renamed panels with the same queries are ambiguous.
      if (text === undefined || (key === contentOf && alike.get(text)?.length !== 1)) continue;
      const other = free.get(text)?.shift();
      if (!other) continue;
      pairs.set(panel, other);
      used.add(other);
    }
  }
  return pairs;
}

function idOf(panel: JsonObject): number | undefined {
  const id = panel["id"];
  return typeof id === "number" && id > 0 ? id : undefined;
}

/** Distinguishes panels with the same title and type, which can be in another order in Grafana. */
function wholeOf(panel: JsonObject): string {
  return `${likenessOf(panel)}\0${contentOf(panel) ?? ""}\0${placeOf(panel)}`;
}

function likenessOf(panel: JsonObject): string {
  return `${shownType(panel)}\0${textOf(panel["title"])}`;
}

/** The type of a panel, or the library panel that it shows: Grafana doesn't keep the type of such a panel. */
function shownType(panel: JsonObject): string {
  const { libraryPanel } = panel;
  return isObject(libraryPanel) ? `library panel ${textOf(libraryPanel["uid"])}` : currentType(panel);
}

/** The queries of a panel, or else its content. */
function contentOf(panel: JsonObject): string | undefined {
  if (isObject(panel["libraryPanel"])) return shownType(panel);
  const asked = queriesOf(panel);
  const content = asked.length > 0 ? asked : (panel["options"] ?? (isRow(panel) ? "a row" : undefined));
  return content === undefined ? undefined : `${currentType(panel)}\0${stableStringify(content)}`;
}

function queriesOf({ targets }: JsonObject): string[] {
  return objects(targets).flatMap(({ expr, query, rawSql }) =>
    [expr, query, rawSql].flatMap((text) => (text ? [textOf(text)] : [])),
  );
}

function placeOf({ gridPos }: JsonObject): string {
  return isObject(gridPos) ? ["x", "y", "w", "h"].map((side) => textOf(gridPos[side])).join(" ") : "";
}

function isRow({ type }: JsonObject): boolean {
  return type === "row";
}

function traitsOf(panel: JsonObject): Traits {
  const { options, panels } = panel;
  const inner = objects(panels).map(({ title }) => textOf(title));
  const text = isObject(options) ? textOf(options["content"]) : "";
  return {
    group: isRow(panel) ? "row" : "panel",
    type: shownType(panel),
    name: textOf(panel["title"]),
    content: [...queriesOf(panel), ...inner, text].join(" "),
    place: placeOf(panel),
  };
}
