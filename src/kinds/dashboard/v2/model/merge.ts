import { equal, isObject, stableStringify, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { inGridOrder } from "../../model/layout.ts";
import { allPanels, objects } from "../../model/panels.ts";
import { classicForm } from "./classic.ts";

/**
 * A classic canonical form with the edits that were made in schema v2. What Grafana's conversion changes is in both `before`
 * and `after`, so it is no edit.
 *
 * `applied`: the classic form after the last apply. `before`: the same in schema v2. `after`: what is there now.
 */
export function withEdits(applied: JsonObject, before: JsonObject, after: JsonObject): JsonObject {
  if (equal(before, after)) return applied;
  const [was, is] = [classicForm(before), classicForm(after)];
  const [own, base, theirs] = [applied, was, is].map(({ panels: _, ...rest }) => rest) as [Form, Form, Form];
  const panels = mergedPanels(applied, was, is);
  return { ...mergedObject(own, base, theirs), ...(panels.length > 0 ? { panels } : {}) };
}

function merged(own: Json | undefined, base: Json | undefined, theirs: Json | undefined): Json | undefined {
  if (equal(base, theirs)) return own;
  const [was, is] = [base ?? {}, theirs ?? {}];
  if (isObject(own) && isObject(was) && isObject(is)) {
    const object = mergedObject(own, was, is);
    return theirs === undefined && Object.keys(object).length === 0 ? undefined : object;
  }
  const lists = [own, base ?? [], theirs ?? []];
  if (!lists.every((list) => Array.isArray(list) && list.every(isObject))) return theirs;
  const list = mergedList(objects(own), objects(base), objects(theirs));
  return theirs === undefined && list.length === 0 ? undefined : list;
}

function mergedObject(own: JsonObject, base: JsonObject, theirs: JsonObject): JsonObject {
  const keys = new Set([...Object.keys(own), ...Object.keys(theirs)]);
  return Object.fromEntries(
    [...keys].flatMap((key) => {
      const value = merged(own[key], base[key], theirs[key]);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** Grafana's conversion keeps the order, so items of the first two lists correspond if there are as many. */
function mergedList(
  own: readonly JsonObject[],
  base: readonly JsonObject[],
  theirs: readonly JsonObject[],
): JsonObject[] {
  const mine = base.map((was, at) => (own.length === base.length ? own[at] : own.find((one) => isSame(one, was))));
  const free = new Set(base.keys());
  const edited = theirs.map((item, index) => {
    const found = [...free].filter((at) => base[at] && isSame(base[at], item));
    const at = found.includes(index) ? index : found[0];
    if (at === undefined) return item;
    free.delete(at);
    const [ours, was] = [mine[at], base[at]];
    return ours && was ? mergedObject(ours, was, item) : item;
  });
  // Schema v2 doesn't show the built-in annotation if it is like every other one.
  return [...own.filter((one) => !mine.includes(one)), ...edited];
}

function isSame(one: JsonObject, other: JsonObject): boolean {
  return equal(one, other) || (keyOf(one) !== undefined && keyOf(one) === keyOf(other));
}

/** What identifies queries, variables, annotations, overrides and transformations. */
function keyOf(item: JsonObject): string | undefined {
  const key = ["refId", "name", "matcher", "id", "title"]
    .map((name) => item[name])
    .find((value) => value !== undefined);
  return key === undefined ? undefined : stableStringify(key);
}

function mergedPanels(applied: JsonObject, before: JsonObject, after: JsonObject): Json[] {
  const [own, base, theirs] = [applied, before, after].map((form) => withRowNames(objects(form["panels"]))) as [
    Form[],
    Form[],
    Form[],
  ];
  const [mine, was, now] = [own, base, theirs].map(byName) as [Panels, Panels, Panels];
  const contentOf = (panel: JsonObject): JsonObject => {
    const [name, { panels: _, ...now }] = [nameOf(panel), panel];
    const [{ panels: __, ...old }, ours] = [was.get(name) ?? {}, mine.get(name)];
    if (!ours) return now;
    const { panels: ___, ...kept } = ours;
    const lift = kept["datasource"] === undefined ? (one: JsonObject) => one : withCommonDatasource;
    return mergedObject(kept, lift(old), lift(now));
  };
  const isLaidOutAsBefore = equal(outlineOf(base), outlineOf(theirs));
  const structure = isLaidOutAsBefore ? own : theirs;
  const panels = structure.map((panel) => {
    const content = (one: JsonObject) => {
      const their = isLaidOutAsBefore ? now.get(nameOf(one)) : one;
      return their ? contentOf(their) : one;
    };
    const inner = objects(panel["panels"]);
    return { ...content(panel), ...(inner.length > 0 ? { panels: inGridOrder(inner.map(content)) } : {}) };
  });
  return inGridOrder(panels.map(({ rowName: _, ...panel }: JsonObject) => panel));
}

type Form = JsonObject;
type Panels = ReadonlyMap<string, JsonObject>;

function byName(panels: JsonObject[]): Panels {
  return new Map(allPanels({ panels }).map((panel) => [nameOf(panel), panel]));
}

/** Names rows, which have no id in schema v2, by their title and their number among the rows with it. */
function withRowNames(panels: readonly JsonObject[]): JsonObject[] {
  const times = new Map<string, number>();
  return panels.map((panel) => {
    if (panel["type"] !== "row") return panel;
    const title = textOf(panel["title"]);
    const number = (times.get(title) ?? 0) + 1;
    times.set(title, number);
    return { ...panel, rowName: `row ${number} ${title}` };
  });
}

function nameOf({ rowName, id }: JsonObject): string {
  return rowName === undefined ? `panel ${textOf(id)}` : textOf(rowName);
}

/** Where all panels are, and in which rows. */
function outlineOf(panels: readonly JsonObject[]): Json {
  return panels.map((panel) => [
    nameOf(panel),
    panel["gridPos"] ?? null,
    panel["collapsed"] ?? false,
    outlineOf(objects(panel["panels"])),
  ]);
}

/** The panel with the datasource of its queries, if all of them have the same. */
function withCommonDatasource(panel: JsonObject): JsonObject {
  const targets = objects(panel["targets"]);
  const [first] = targets;
  const datasource = first?.["datasource"];
  if (datasource === undefined || !targets.every((target) => equal(target["datasource"], datasource))) return panel;
  return { ...panel, datasource, targets: targets.map(({ datasource: _, ...target }) => target) };
}
