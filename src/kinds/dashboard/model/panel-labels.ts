import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { quoted } from "./shapes.ts";

/** The titles that several panels or rows have. These are shown with their ids. */
export function repeatedTitles(panels: readonly JsonObject[]): Set<string> {
  const ids = new Map<string, Set<string>>();
  for (const { title, type, id } of panels) {
    const key = titleKey(title, type);
    ids.set(key, (ids.get(key) ?? new Set()).add(textOf(id)));
  }
  return new Set([...ids].flatMap(([title, those]) => (those.size > 1 ? [title] : [])));
}

/** Rows are not panels. */
function titleKey(title: Json | undefined, type: Json | undefined): string {
  return `${type === "row" ? "row" : "panel"} ${textOf(title)}`;
}

export function panelLabel(panel: JsonObject, titles: ReadonlySet<string>): string {
  const [title, id] = [textOf(panel["title"]), textOf(panel["id"])];
  const what = panel["type"] === "row" ? "row" : "panel";
  if (title.trim() === "") return `${what} ${id} (${typeText(panel)})`;
  return titles.has(titleKey(panel["title"], panel["type"])) ? `${what} "${title}" (id ${id})` : `${what} "${title}"`;
}

function typeText({ type, libraryPanel }: JsonObject): string {
  if (isObject(libraryPanel)) return `library panel ${quoted(libraryPanel["name"] ?? libraryPanel["uid"])}`;
  return textOf(type) || "no type";
}
