import { diff } from "../../../engine/diff.ts";
import type { Difference, Meaning } from "../../../engine/difference.ts";
import type { ListShape, Shape } from "../../../engine/shape.ts";
import { equal, isObject, stableStringify, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { inGridOrder } from "./layout.ts";
import { migration, withoutTimeRegions } from "./legacy-panels.ts";
import { withRowIds } from "./panel-ids.ts";
import { objects } from "./panels.ts";
import { withoutSchemaV2 } from "./schema-v2-differences.ts";
import { thresholdsText, unitText } from "./units.ts";

const by = (key: string) => (item: JsonObject) => item[key];
/** A renamed item equals its former version in all other properties. */
const except =
  (key: string) =>
  ({ [key]: _, ...rest }: JsonObject): Json | undefined =>
    Object.keys(rest).length > 0 ? rest : undefined;
const whole = (item: JsonObject): Json => item;
const quoted = (value: Json | undefined) => `"${textOf(value)}"`;

/** What an item of a list with an order is recognized by. */
function traits(name: string, ...contents: readonly string[]): NonNullable<ListShape["traits"]> {
  return (item, index) => ({
    type: [item["type"], item["datasource"]].map((one) => (one === undefined ? "" : stableStringify(one))).join(""),
    name: textOf(item[name]),
    content: contents.map((key) => (isObject(item[key]) ? stableStringify(item[key]) : textOf(item[key]))).join(" "),
    place: String(index),
  });
}

function named(what: string): ListShape {
  return {
    by: [by("name"), except("name")],
    traits: traits("name", "query", "expr", "target", "url"),
    key: "name",
    many: `${what}s`,
    label: (item) => `${what} ${quoted(item["name"])}`,
  };
}

const LINK: ListShape = {
  by: [whole, ({ title = "", url = "" }) => [title, url], by("url"), by("title")],
  traits: traits("title", "url", "tags"),
  key: "title",
  many: "links",
  label: ({ title, url }) => `link ${quoted(textOf(title) || url)}`,
};

/** Containers that are not differences themselves. */
const HOLDERS =
  "templating annotations timepicker panels.options options.legend options.tooltip options.reduceOptions".split(" ");
const FIELD_HOLDERS = ["fieldConfig", "fieldConfig.defaults", "defaults.custom", "defaults.color"];

/** `titles`: the titles that several panels or rows have. These are shown with their ids. */
function shapeOf(titles: ReadonlySet<string>): Shape {
  return {
    silent: ["fieldConfig", "defaults"],
    lists: {
      panels: {
        by: [by("id"), ({ type = "", title }) => (title ? [type, title] : undefined)],
        key: "id",
        many: "panels",
        label: (panel) => panelLabel(panel, titles),
        short: (panel) => textOf(panel["title"]) || textOf(panel["id"]),
        // The order of panels is their position in the grid.
        unordered: (panels) => panels.every(({ gridPos }) => isObject(gridPos)),
      },
      targets: {
        by: [by("refId"), except("refId")],
        traits: traits("refId", "expr", "query", "rawSql", "expression"),
        key: "refId",
        many: "queries",
        label: ({ refId }) => `query ${textOf(refId)}`,
      },
      "templating.list": named("variable"),
      "annotations.list": named("annotation"),
      links: LINK,
      "defaults.links": LINK,
      transformations: {
        by: [whole, by("id")],
        key: "id",
        many: "transformations",
        label: ({ id }) => `transformation ${quoted(id)}`,
      },
      "fieldConfig.overrides": {
        by: [by("matcher")],
        key: "matcher",
        many: "overrides",
        short: ({ matcher }) => matcherText(matcher),
        label: ({ matcher }) => `override ${matcherText(matcher)}`,
      },
      "overrides.properties": { by: [by("id")], key: "id", label: ({ id }) => textOf(id), value: "value" },
    },
    values: {
      title: { meaning: () => "renamed" },
      "panels.title": { meaning: () => "renamed" },
      "targets.refId": { meaning: () => "renamed" },
      "list.name": { meaning: () => "renamed" },
      folder: {
        absent: "",
        meaning: () => "moved",
        show: (folder) => (folder === "" ? "the top level" : `folder/${textOf(folder)}`),
      },
      "panels.row": {
        meaning: () => "moved",
        show: (row) => (row === "" ? "above all rows" : `row "${textOf(row)}"`),
      },
      "panels.gridPos": { whole: true, meaning: movement, show: placeText },
      ...Object.fromEntries([...HOLDERS, ...FIELD_HOLDERS].map((name) => [name, { absent: {} }])),
      // Grafana's defaults.
      time: {
        whole: true,
        label: "time range",
        absent: { from: "now-6h", to: "now" },
        show: (value) => (isObject(value) ? `${textOf(value["from"])} to ${textOf(value["to"])}` : textOf(value)),
      },
      "defaults.unit": { show: (value) => unitText(textOf(value)) },
      "defaults.thresholds": { whole: true, show: (value, around) => thresholdsText(value, around["unit"]) },
    },
  };
}

/**
 * The differences between two canonical forms of a dashboard. Panels are matched even if they were moved, including those
 * in collapsed rows. For a panel that Grafana's UI migrated, reports the migration, and differences in the properties that
 * a migration does not change.
 */
export function dashboardDifferences(observed: JsonObject, desired: JsonObject): Difference[] {
  const { differences, before: found, after } = withoutSchemaV2(observed, desired);
  const before = withRowIds(found, after);
  const [live, code] = [panelsOf(before), panelsOf(after)];
  const migrated: Difference[] = [];
  const regions = new Set<Json>();
  const titles = repeatedTitles([...live.values(), ...code.values()].map(({ panel }) => panel));
  for (const [id, now] of code) {
    const was = live.get(id);
    if (!was) continue;
    if (was.row !== now.row && (was.nested || now.nested)) {
      was.panel = { ...was.panel, row: was.row };
      now.panel = { ...now.panel, row: now.row };
    }
    const made = migration(was.panel, now.panel);
    if (!made) continue;
    if (objects(now.panel["timeRegions"]).length > 0) regions.add(now.panel["id"] ?? null);
    was.panel = made.saved;
    now.panel = made.legacy;
    migrated.push({
      type: "changed",
      path: `panels[id=${id}].type`,
      labels: [panelLabel({ ...made.saved, type: made.to }, titles), "type"],
      before: made.to,
      after: made.from,
      meaning: "migrated",
    });
  }
  const [old, wanted] = [withoutTimeRegions(withPanels(before, live, code), regions), withPanels(after, code, live)];
  return [...differences, ...migrated, ...diff(withKnownDatasources(old, wanted), wanted, shapeOf(titles))];
}

interface Placed {
  panel: JsonObject;
  /** The title of the row that a panel is in or below; empty if there is none. */
  readonly row: string;
  readonly nested: boolean;
}

/** All panels by id, including those in collapsed rows. */
function panelsOf(form: JsonObject): Map<string, Placed> {
  const found = new Map<string, Placed>();
  const add = (panel: JsonObject, row: string, nested: boolean) => {
    const id = textOf(panel["id"]);
    // Panels that can't be identified are compared by position.
    found.set(id === "" || found.has(id) ? `${id}#${found.size}` : id, { panel, row, nested });
  };
  let row = "";
  for (const panel of objects(Array.isArray(form["panels"]) ? inGridOrder(form["panels"]) : [])) {
    const isRow = panel["type"] === "row";
    if (isRow) row = textOf(panel["title"]) || textOf(panel["id"]);
    const { panels, ...rest } = panel;
    add(isRow ? rest : panel, isRow ? "" : row, false);
    if (isRow) for (const inner of objects(panels)) add(inner, row, true);
  }
  return found;
}

/** Moves the panels of a row that exists on only one side out of it, unless they also exist on only that side. */
function withPanels(
  form: JsonObject,
  own: ReadonlyMap<string, Placed>,
  other: ReadonlyMap<string, Placed>,
): JsonObject {
  if (own.size === 0) return form;
  const alone = new Map(
    objects(form["panels"]).flatMap((row) => {
      const inner = objects(row["panels"]).filter(({ id }) => !other.has(textOf(id)));
      return row["type"] === "row" && !other.has(textOf(row["id"])) && inner.length > 0 ? [[row["id"], inner]] : [];
    }),
  );
  const gone = new Set([...alone.values()].flat().map(({ id }) => id));
  const panels = [...own.values()].flatMap(({ panel, nested }) => {
    if (nested && gone.has(panel["id"] ?? null)) return [];
    const inner = panel["type"] === "row" ? alone.get(panel["id"]) : undefined;
    return [inner ? { ...panel, panels: inner } : panel];
  });
  return { ...form, panels };
}

/** A save in Grafana's UI removes the datasource of a variable if it is a string, which is not a change. */
function withKnownDatasources(live: JsonObject, code: JsonObject): JsonObject {
  const holder = live["templating"];
  if (!isObject(holder)) return live;
  const known = variablesOf(code).filter(({ datasource }) => typeof datasource === "string");
  const content = ({ name: _, datasource: __, ...rest }: JsonObject) => rest;
  const list = variablesOf(live).map((variable) => {
    if (variable["datasource"] !== undefined) return variable;
    const same =
      known.find(({ name }) => name === variable["name"]) ??
      known.find((other) => equal(content(other), content(variable)));
    return same ? { ...variable, datasource: same["datasource"] ?? null } : variable;
  });
  return known.length > 0 ? { ...live, templating: { ...holder, list } } : live;
}

/** The content that a save in the UI does not change, which is hashed. */
export function lastingContent(form: JsonObject): JsonObject {
  const holder = form["templating"];
  if (!isObject(holder) || !variablesOf(form).some(({ datasource }) => typeof datasource === "string")) return form;
  const list = variablesOf(form).map(({ datasource, ...variable }) =>
    datasource === undefined || typeof datasource === "string" ? variable : { ...variable, datasource },
  );
  return { ...form, templating: { ...holder, list } };
}

function variablesOf({ templating }: JsonObject): JsonObject[] {
  return isObject(templating) ? objects(templating["list"]) : [];
}

function repeatedTitles(panels: readonly JsonObject[]): Set<string> {
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

function panelLabel(panel: JsonObject, titles: ReadonlySet<string>): string {
  const [title, id] = [textOf(panel["title"]), textOf(panel["id"])];
  const what = panel["type"] === "row" ? "row" : "panel";
  if (title.trim() === "") return `${what} ${id} (${typeText(panel)})`;
  return titles.has(titleKey(panel["title"], panel["type"])) ? `${what} "${title}" (id ${id})` : `${what} "${title}"`;
}

function typeText({ type, libraryPanel }: JsonObject): string {
  if (isObject(libraryPanel)) return `library panel ${quoted(libraryPanel["name"] ?? libraryPanel["uid"])}`;
  return textOf(type) || "no type";
}

function matcherText(matcher: Json | undefined): string {
  if (!isObject(matcher)) return "";
  const { options, id } = matcher;
  return typeof options === "string" ? `"${options}"` : `${textOf(id)} ${JSON.stringify(options ?? "")}`;
}

function movement(before: Json, after: Json): Meaning | undefined {
  if (!isObject(before) || !isObject(after)) return undefined;
  const differ = (...sides: string[]) => sides.some((side) => before[side] !== after[side]);
  const [moved, resized] = [differ("x", "y"), differ("w", "h")];
  return moved && resized ? "moved and resized" : moved ? "moved" : resized ? "resized" : undefined;
}

function placeText(position: Json): string {
  if (!isObject(position)) return textOf(position);
  const { x, y, w, h } = position;
  return `x ${textOf(x)}, y ${textOf(y)}, ${textOf(w)} × ${textOf(h)}`;
}
