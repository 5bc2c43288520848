import { equal, isObject, stableStringify, type Json, type JsonObject, textOf } from "./json.ts";

/** One property that a write would change. */
export interface Difference {
  readonly type: "added" | "removed" | "changed";
  /** For machines: `panels[id=3].targets[refId=A].expr`. */
  readonly path: string;
  /** For people, from the outside in: `panel "Request rate"`, `query A`, `expr`. */
  readonly labels: readonly string[];
  readonly before?: Json;
  readonly after?: Json;
}

/** How the items of a list are told apart, by the name of the list's property. Any other list is compared by position. */
const LISTS: Record<string, { key: string; label: (item: JsonObject) => string }> = {
  panels: { key: "id", label: (panel) => `${panel["type"] === "row" ? "row" : "panel"} ${titleOf(panel)}` },
  targets: { key: "refId", label: (target) => `query ${textOf(target["refId"])}` },
  list: { key: "name", label: (item) => `"${textOf(item["name"])}"` },
  rules: { key: "uid", label: (rule) => `rule "${textOf(rule["title"])}"` },
  data: { key: "refId", label: (query) => `query ${textOf(query["refId"])}` },
  integrations: { key: "uid", label: (one) => `${textOf(one["type"])} integration "${textOf(one["uid"])}"` },
  routes: { key: "object_matchers", label: (route) => `policy ${matchersText(route["object_matchers"])}` },
  overrides: { key: "matcher", label: (item) => `override ${matcherText(item["matcher"])}` },
};

/** What the code would change in the live object: both in canonical form. Pure. */
export function diff(before: JsonObject, after: JsonObject): Difference[] {
  return compareObjects(before, after, { path: "", labels: [] });
}

interface Place {
  readonly path: string;
  readonly labels: readonly string[];
}

function compareObjects(before: JsonObject, after: JsonObject, place: Place): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => compare(own(before, key), own(after, key), inside(place, key), key));
}

/** Keys are people's: a value mapping of the text "constructor" is no property that every object has. */
function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function compare(before: Json | undefined, after: Json | undefined, place: Place, key: string): Difference[] {
  if (equal(before, after)) return [];
  if (before === undefined) return [{ type: "added", ...place, after: after ?? null }];
  if (after === undefined) return [{ type: "removed", ...place, before }];
  if (isObject(before) && isObject(after)) return compareObjects(before, after, place);
  const list = LISTS[key];
  if (list && Array.isArray(before) && Array.isArray(after)) {
    const [old, now] = [keyed(before, list.key), keyed(after, list.key)];
    if (old && now) return compareKeyed(old, now, place, list);
  }
  if (Array.isArray(before) && Array.isArray(after) && [...before, ...after].some(isObject)) {
    return compareByPosition(before, after, place);
  }
  return [{ type: "changed", ...place, before, after }];
}

/** Undefined where an item can't be told from the others: then only its position is left. */
function keyed(list: readonly Json[], key: string): Map<string, JsonObject> | undefined {
  const items = new Map<string, JsonObject>();
  for (const item of list) {
    if (!isObject(item)) return undefined;
    const value = item[key];
    if (value === undefined || value === null || value === "") return undefined;
    items.set(typeof value === "object" ? stableStringify(value) : String(value), item);
  }
  return items.size === list.length ? items : undefined;
}

function compareKeyed(
  before: Map<string, JsonObject>,
  after: Map<string, JsonObject>,
  place: Place,
  list: (typeof LISTS)[string],
): Difference[] {
  const differences: Difference[] = [];
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(id), after.get(id)];
    const item = now ?? old;
    if (!item) continue;
    const here = {
      path: `${place.path}[${list.key}=${id}]`,
      labels: [...place.labels.slice(0, -1), labelIn(place, list.label(old ?? item))],
    };
    if (!old) differences.push({ type: "added", ...here, after: item });
    else if (!now) differences.push({ type: "removed", ...here, before: old });
    else differences.push(...compareObjects(old, now, here));
  }
  // Panels stand where their gridPos says; of all other lists, the order is what people see.
  const [was, is] = [common(before, after), common(after, before)];
  const placed =
    list.key === "id" && [...before.values(), ...after.values()].every((panel) => isObject(panel["gridPos"]));
  if (!placed && !equal(was, is)) {
    differences.push({
      type: "changed",
      path: `${place.path}[order]`,
      labels: [...place.labels, "order"],
      before: was,
      after: is,
    });
  }
  return differences;
}

function common(from: Map<string, unknown>, other: Map<string, unknown>): string[] {
  return [...from.keys()].filter((id) => other.has(id));
}

/** `templating.list` reads as "variable", `annotations.list` as "annotation". */
function labelIn(place: Place, label: string): string {
  if (place.path.endsWith("templating.list")) return `variable ${label}`;
  if (place.path.endsWith("annotations.list")) return `annotation ${label}`;
  return label;
}

function compareByPosition(before: readonly Json[], after: readonly Json[], place: Place): Difference[] {
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, index) => index).flatMap((index) => {
    const last = place.labels.at(-1) ?? "";
    const here = {
      path: `${place.path}[${index}]`,
      labels: [...place.labels.slice(0, -1), `${last}[${index}]`],
    };
    return compare(before[index], after[index], here, "");
  });
}

function inside(place: Place, key: string): Place {
  return { path: place.path ? `${place.path}.${key}` : key, labels: [...place.labels, key] };
}

function titleOf(panel: JsonObject): string {
  const title = panel["title"];
  return typeof title === "string" && title
    ? `"${title}"`
    : `${textOf(panel["id"])} (${textOf(panel["type"] ?? "no type")})`;
}

/** `severity=critical, env=~prod.*` */
function matchersText(matchers: Json | undefined): string {
  const list = Array.isArray(matchers) ? matchers : [];
  return `"${list.map((matcher) => (Array.isArray(matcher) ? matcher.map(textOf).join("") : textOf(matcher))).join(", ")}"`;
}

function matcherText(matcher: Json | undefined): string {
  if (!isObject(matcher)) return "";
  const options = matcher["options"];
  return typeof options === "string" ? `"${options}"` : textOf(matcher["id"]);
}
