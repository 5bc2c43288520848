import { equal, isObject, stableStringify, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { inGridOrder } from "../../model/layout.ts";
import { LOST } from "../../model/legacy-panels.ts";
import { allPanels, objects } from "../../model/panels.ts";
import { classicForm } from "./classic.ts";
import { hasLostOptions } from "./lost-options.ts";

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
  const [own, base, theirs] = withRowNames(...([applied, before, after].map(panelsOf) as [Form[], Form[], Form[]]));
  const [mine, was, now] = [own, base, theirs].map(byName) as [Panels, Panels, Panels];
  const contentOf = (panel: JsonObject): JsonObject => {
    const [name, { panels: _, ...is }] = [nameOf(panel), panel];
    const [{ panels: __, ...old }, ours] = [was.get(name) ?? {}, mine.get(name)];
    if (!ours) return is;
    const { panels: ___, ...kept } = ours;
    const lift = kept["datasource"] === undefined ? (one: JsonObject) => one : withCommonDatasource;
    const content = mergedObject(kept, lift(old), lift(is));
    return hasLostOptions(is, old) ? { ...content, [LOST]: true } : content;
  };
  const isLaidOutAsBefore = equal(outlineOf(base), outlineOf(theirs));
  const panels = (isLaidOutAsBefore ? own : theirs).map((panel) => {
    const content = (one: JsonObject) => {
      const their = isLaidOutAsBefore ? now.get(nameOf(one)) : one;
      return their ? contentOf(their) : one;
    };
    const inner = objects(panel["panels"]);
    return { ...content(panel), ...(inner.length > 0 ? { panels: inGridOrder(inner.map(content)) } : {}) };
  });
  return inGridOrder(withRowIds(panels));
}

function panelsOf(form: JsonObject): JsonObject[] {
  return objects(form["panels"]);
}

type Form = JsonObject;
type Panels = ReadonlyMap<string, JsonObject>;

function byName(panels: JsonObject[]): Panels {
  return new Map(allPanels({ panels }).map((panel) => [nameOf(panel), panel]));
}

interface Row {
  readonly row: JsonObject;
  /** The ids of the panels in it or below it. */
  readonly ids: string[];
}

function rowsOf(panels: readonly JsonObject[]): Row[] {
  const rows: Row[] = [];
  for (const panel of panels) {
    const ids = objects(panel["panels"]).map(({ id }) => textOf(id));
    if (panel["type"] === "row") rows.push({ row: panel, ids });
    else rows.at(-1)?.ids.push(textOf(panel["id"]));
  }
  return rows;
}

/** Names corresponding rows alike. They have no id in schema v2. Grafana's conversion keeps their order. */
function withRowNames(own: Form[], base: Form[], theirs: Form[]): [Form[], Form[], Form[]] {
  const [mine, was, now] = [own, base, theirs].map(rowsOf) as [Row[], Row[], Row[]];
  const names = new Map(was.map(({ row }, index) => [row, `row ${index}`]));
  const give = (rows: readonly Row[], pairs: ReadonlyMap<Row, Row>, side: string) => {
    for (const [index, one] of rows.entries()) {
      const { row } = pairs.get(one) ?? {};
      names.set(one.row, (row && names.get(row)) ?? `row ${index} ${side}`);
    }
  };
  give(mine, mine.length === was.length ? new Map(zipped(mine, was)) : pairedRows(mine, was), "in code");
  give(now, pairedRows(now, was), "added");
  const named = (panels: Form[]) =>
    panels.map((panel) => (names.has(panel) ? { ...panel, rowName: names.get(panel) ?? "" } : panel));
  return [named(own), named(base), named(theirs)];
}

function zipped(rows: readonly Row[], others: readonly Row[]): [Row, Row][] {
  return rows.flatMap((row, index): [Row, Row][] => (others[index] ? [[row, others[index]]] : []));
}

/** Rows with the same title, or else, if they were renamed, with some of the same panels. */
function pairedRows(rows: readonly Row[], others: readonly Row[]): Map<Row, Row> {
  const pairs = new Map<Row, Row>();
  const free = new Set(others);
  const isAlike = [
    (one: Row, other: Row) => textOf(one.row["title"]) === textOf(other.row["title"]),
    (one: Row, other: Row) => one.ids.some((id) => other.ids.includes(id)),
  ];
  for (const same of isAlike) {
    for (const one of rows) {
      const other = pairs.has(one) ? undefined : [...free].find((row) => same(one, row));
      if (!other) continue;
      pairs.set(one, other);
      free.delete(other);
    }
  }
  return pairs;
}

/** Gives new rows the next ids. */
function withRowIds(panels: readonly JsonObject[]): JsonObject[] {
  let next = 1 + Math.max(0, ...allPanels({ panels: [...panels] }).map(({ id }) => Number(id ?? 0)));
  return panels.map(({ rowName: _, ...panel }) =>
    panel["type"] === "row" ? { id: panel["id"] ?? next++, ...panel } : panel,
  );
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
