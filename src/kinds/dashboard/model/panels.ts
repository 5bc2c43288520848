import { isObject, stableStringify, textOf, type Json, type JsonObject } from "../../../util/json.ts";

/** The panels of a dashboard in document order. Panels in collapsed rows follow their row. */
export function allPanels(model: JsonObject): JsonObject[] {
  return objects(model["panels"]).flatMap((panel) => [panel, ...objects(panel["panels"])]);
}

/** The objects of a list; empty if it is not a list. */
export function objects(list: Json | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/**
 * Assigns ids to panels without one, in place. Grafana would number them in document order, so that an inserted panel would
 * change the ids of all later ones and break links to them. Instead a panel gets the id of the live panel with the same title
 * and type, or else (if it may have been renamed) with the same queries, or else the next free id.
 *
 * As in Grafana, an id of 0 or a repeated id counts as missing.
 */
export function assignPanelIds(model: JsonObject, live?: JsonObject): void {
  const panels = allPanels(model);
  const livePanels = live ? allPanels(live) : [];
  const taken = new Set<number>();
  const unnumbered: JsonObject[] = [];
  for (const panel of panels) {
    const id = idOf(panel);
    if (id === undefined || taken.has(id)) unnumbered.push(panel);
    else taken.add(id);
  }

  const next = 1 + Math.max(0, ...taken, ...livePanels.map((panel) => idOf(panel) ?? 0));
  const renamed = takeIds(unnumbered, livePanels, taken, likeness);
  const others = takeIds(renamed, livePanels, taken, contentAmong(renamed));
  for (const [index, panel] of others.entries()) panel["id"] = next + index;
}

/** Assigns the ids of similar live panels in order. Returns the panels without an id. */
function takeIds(
  panels: JsonObject[],
  livePanels: readonly JsonObject[],
  taken: Set<number>,
  alike: (panel: JsonObject) => string | undefined,
): JsonObject[] {
  if (panels.length === 0) return [];
  const free = livePanels.filter((panel) => {
    const id = idOf(panel);
    return id !== undefined && !taken.has(id);
  });
  const known = Map.groupBy(free, alike);
  return panels.filter((panel) => {
    const like = alike(panel);
    const id = like === undefined ? undefined : idOf(known.get(like)?.shift() ?? {});
    if (id === undefined) return true;
    panel["id"] = id;
    taken.add(id);
    return false;
  });
}

/** Identifies a renamed panel, if only one of these panels has the same queries. */
function contentAmong(panels: readonly JsonObject[]): (panel: JsonObject) => string | undefined {
  const count = Map.groupBy(panels, contentOf);
  return (panel) => {
    const content = contentOf(panel);
    return count.get(content)?.length === 1 ? content : undefined;
  };
}

function idOf(panel: JsonObject): number | undefined {
  const id = panel["id"];
  return typeof id === "number" && id > 0 ? id : undefined;
}

function likeness(panel: JsonObject): string {
  return `${shownType(panel)}\0${textOf(panel["title"])}`;
}

/** The type of a panel, or the library panel that it shows: Grafana doesn't keep the type of such a panel. */
function shownType({ type, libraryPanel }: JsonObject): string {
  return isObject(libraryPanel) ? `library panel ${textOf(libraryPanel["uid"])}` : textOf(type);
}

/** The queries of a panel, or else its content. */
function contentOf(panel: JsonObject): string | undefined {
  if (isObject(panel["libraryPanel"])) return shownType(panel);
  const asked = objects(panel["targets"]).flatMap(({ expr, query, rawSql }) => [expr, query, rawSql].filter(Boolean));
  const content = asked.length > 0 ? asked : (panel["options"] ?? (panel["type"] === "row" ? "a row" : undefined));
  return content === undefined ? undefined : `${textOf(panel["type"])}\0${stableStringify(content as Json)}`;
}

/** Adds `refId` A, B, C… to queries without one, in place, as Grafana's editor does. The SDK's builders omit it. */
export function assignRefIds(model: JsonObject): void {
  for (const panel of allPanels(model)) {
    const targets = objects(panel["targets"]);
    const taken = new Set(
      targets.map((target) => target["refId"]).filter((refId) => typeof refId === "string" && refId),
    );
    let next = 0;
    for (const target of targets) {
      if (typeof target["refId"] === "string" && target["refId"]) continue;
      while (taken.has(letters(next))) next++;
      target["refId"] = letters(next++);
    }
  }
}

/** A to Z, then AA, AB… */
function letters(index: number): string {
  const last = String.fromCodePoint(65 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
