import fc from "fast-check";
import { isObject, textOf, type Json, type JsonObject } from "../../../../src/util/json.ts";

/** An edit of a dashboard in schema v2, and the expected differences: patterns of `type path meaning`. */
export interface EditV2 {
  readonly next: JsonObject;
  readonly expected: readonly RegExp[];
  /** Whether panels below can move because of it. */
  readonly pushes?: true;
}

type Pick = (count: number) => number;
type Editor = (dashboard: JsonObject, pick: Pick) => Omit<EditV2, "next"> | undefined;

interface Box {
  /** A tab or a row. */
  readonly list: JsonObject[];
  readonly kind: JsonObject;
  readonly spec: JsonObject;
  readonly type: "tab" | "row";
}

interface Grid {
  readonly layout: JsonObject;
  readonly items: JsonObject[];
}

function objectsIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function part(value: Json | undefined, ...names: string[]): JsonObject {
  let one: Json | undefined = value;
  for (const name of names) one = isObject(one) ? one[name] : undefined;
  return isObject(one) ? one : {};
}

/** The tabs, rows and grids at all depths. */
function walk(dashboard: JsonObject): { boxes: Box[]; grids: Grid[] } {
  const [boxes, grids]: [Box[], Grid[]] = [[], []];
  const visit = (layout: JsonObject) => {
    const spec = part(layout, "spec");
    for (const [name, type] of [
      ["tabs", "tab"],
      ["rows", "row"],
    ] as const) {
      const list = spec[name];
      if (!Array.isArray(list)) continue;
      for (const kind of objectsIn(list)) {
        const inner = part(kind, "spec");
        boxes.push({ list: list as JsonObject[], kind, spec: inner, type });
        visit(part(inner, "layout"));
      }
    }
    if (Array.isArray(spec["items"])) grids.push({ layout, items: spec["items"] as JsonObject[] });
  };
  visit(part(dashboard, "layout"));
  return { boxes, grids };
}

function chosen<Of>(list: readonly Of[], pick: Pick): Of | undefined {
  return list.length > 0 ? list[pick(list.length)] : undefined;
}

/** Panels that are shown and that Grafana's UI does not migrate. */
function panelsOf(dashboard: JsonObject): { name: string; spec: JsonObject }[] {
  return Object.entries(part(dashboard, "elements")).flatMap(([name, element]) => {
    const spec = part(element, "spec");
    const options = part(spec, "vizConfig", "spec", "options");
    const isPlain = isObject(spec["vizConfig"]) && options["__angularMigration"] === undefined;
    return isPlain ? [{ name, spec }] : [];
  });
}

const WITHOUT_QUERIES = new Set("alertlist annolist dashlist gettingstarted live news text welcome".split(" "));

function queriesOf({ spec }: { spec: JsonObject }): JsonObject[] {
  return WITHOUT_QUERIES.has(textOf(part(spec, "vizConfig")["group"]))
    ? []
    : objectsIn(part(spec, "data", "spec")["queries"]);
}

function at(name: string): string {
  return `elements\\[name=${name}\\]`;
}

function placesOf(grids: readonly Grid[]): { grid: Grid; item: JsonObject; name: string }[] {
  return grids.flatMap((grid) =>
    grid.items.map((item) => ({ grid, item, name: textOf(part(item, "spec", "element")["name"]) })),
  );
}

function variablesOf(dashboard: JsonObject): JsonObject[] {
  return objectsIn(dashboard["variables"]);
}

/** Grafana rejects a variable that lacks one of these properties. */
function customVariable(name: string): JsonObject {
  const current = { text: "a", value: "a" };
  const flags = { multi: false, includeAll: false, skipUrlSync: false, allowCustomValue: true };
  return { kind: "CustomVariable", spec: { name, query: "a,b", current, options: [], hide: "dontHide", ...flags } };
}

/** Titles that identify a tab or row among its neighbors. */
function isUnique({ list, spec }: Box): boolean {
  return list.filter((one) => part(one, "spec")["title"] === spec["title"]).length === 1;
}

const EDITORS: Readonly<Record<string, Editor>> = {
  "changes a query"(dashboard, pick) {
    const place = chosen(
      panelsOf(dashboard).flatMap((panel) => queriesOf(panel).map((query) => ({ panel, query }))),
      pick,
    );
    if (!place) return undefined;
    const spec = part(place.query, "spec");
    const asked = part(spec, "query", "spec");
    const key = ["expr", "query", "rawSql"].find((one) => typeof asked[one] === "string") ?? "expr";
    asked[key] = `${textOf(asked[key])} or vector(7)`;
    const path = `${at(place.panel.name)}\\.queries\\[refId=${textOf(spec["refId"])}\\]\\.spec\\.${key}`;
    return { expected: [new RegExp(`^(added|changed|removed) ${path}$`)] };
  },
  "adds a query"(dashboard, pick) {
    const panel = chosen(
      panelsOf(dashboard).filter((one) => queriesOf(one).length > 0),
      pick,
    );
    if (!panel) return undefined;
    const query = { kind: "DataQuery", group: "prometheus", version: "v0", spec: { expr: "up" } };
    const added = { kind: "PanelQuery", spec: { query, refId: "ZZ", hidden: false } };
    part(panel.spec, "data", "spec")["queries"] = [...queriesOf(panel), added];
    return { expected: [new RegExp(`^(added|removed) ${at(panel.name)}\\.queries\\[refId=ZZ\\]$`)] };
  },
  "renames a panel"(dashboard, pick) {
    const panel = chosen(panelsOf(dashboard), pick);
    if (!panel) return undefined;
    const had = textOf(panel.spec["title"]) !== "";
    panel.spec["title"] = `${textOf(panel.spec["title"])} (renamed)`;
    return {
      expected: [
        new RegExp(`^${had ? "changed" : "(added|removed)"} ${at(panel.name)}\\.title${had ? " renamed" : ""}$`),
      ],
    };
  },
  "renames the key of a panel"(dashboard, pick) {
    const elements = part(dashboard, "elements");
    const name = chosen(Object.keys(elements), pick);
    if (name === undefined) return undefined;
    const { [name]: renamed, ...others } = elements;
    dashboard["elements"] = { ...others, "key-of-a-test": renamed ?? null };
    for (const place of placesOf(walk(dashboard).grids)) {
      if (place.name === name) part(place.item, "spec", "element")["name"] = "key-of-a-test";
    }
    return { expected: [/^changed elements\[name=.+\]\.name renamed$/] };
  },
  "moves two panels into each other's place"(dashboard, pick) {
    const pair = chosen(
      walk(dashboard).grids.flatMap(({ items }) =>
        items.flatMap((a, index) =>
          items.slice(index + 1).flatMap((b) => (areSwappable(a, b) ? [[a, b] as const] : [])),
        ),
      ),
      pick,
    );
    if (!pair) return undefined;
    const [p, q] = [part(pair[0], "spec"), part(pair[1], "spec")];
    for (const side of ["x", "y"]) [p[side], q[side]] = [q[side] ?? 0, p[side] ?? 0];
    return {
      expected: [p, q]
        .map((spec) => textOf(part(spec, "element")["name"]))
        .toSorted()
        .map((name) => new RegExp(`^changed ${at(name)}\\.gridPos moved$`)),
    };
  },
  "makes the last panel of a grid smaller"(dashboard, pick) {
    const grid = chosen(
      walk(dashboard).grids.filter(({ layout, items }) => layout["kind"] === "GridLayout" && items.length > 0),
      pick,
    );
    const last = grid?.items.toSorted((a, b) => bottom(b) - bottom(a))[0];
    const spec = part(last, "spec");
    if (!grid || spec["repeat"] !== undefined || Number(spec["height"]) < 2) return undefined;
    spec["height"] = Number(spec["height"]) - 1;
    const name = textOf(part(spec, "element")["name"]);
    return { expected: [new RegExp(`^changed ${at(name)}\\.gridPos (moved and )?resized$`)], pushes: true };
  },
  "moves a panel to another tab or row"(dashboard, pick) {
    const { grids } = walk(dashboard);
    const from = chosen(
      grids.filter(({ items }) => items.length > 0),
      pick,
    );
    const to = from && grids[(grids.indexOf(from) + 1) % grids.length];
    if (!from || !to || from === to) return undefined;
    const item = from.items.splice(pick(from.items.length), 1)[0];
    if (!item) return undefined;
    const element = part(item, "spec")["element"] ?? {};
    const name = textOf(part(element)["name"]);
    const isGrid = to.layout["kind"] === "GridLayout";
    const y = Math.max(0, ...to.items.map(bottom));
    to.items.push(
      isGrid
        ? { kind: "GridLayoutItem", spec: { x: 0, y, width: 12, height: 8, element } }
        : { kind: "AutoGridLayoutItem", spec: { element } },
    );
    const lost = ["repeat", "conditionalRendering"].flatMap((key) =>
      part(item, "spec")[key] === undefined ? [] : [new RegExp(`^(added|removed) ${at(name)}\\.(repeat|conditions)$`)],
    );
    return { expected: [...lost, new RegExp(`^changed ${at(name)}\\.place moved$`)], pushes: true };
  },
  "adds a panel"(dashboard, pick) {
    const grid = chosen(walk(dashboard).grids, pick);
    const elements = part(dashboard, "elements");
    const example = Object.values(elements).find((one) => isObject(part(one, "spec")["vizConfig"]));
    if (!grid || !example) return undefined;
    const vizConfig = {
      kind: "VizConfig",
      group: "timeseries",
      version: "",
      spec: { options: {}, fieldConfig: { defaults: {}, overrides: [] } },
    };
    const data = { kind: "QueryGroup", spec: { queries: [], transformations: [], queryOptions: {} } };
    dashboard["elements"] = {
      ...elements,
      added: { kind: "Panel", spec: { id: 4711, title: "Added", links: [], data, vizConfig } },
    };
    const element = { kind: "ElementReference", name: "added" };
    const isGrid = grid.layout["kind"] === "GridLayout";
    const y = Math.max(0, ...grid.items.map(bottom));
    grid.items.push(
      isGrid
        ? { kind: "GridLayoutItem", spec: { x: 0, y, width: 24, height: 8, element } }
        : { kind: "AutoGridLayoutItem", spec: { element } },
    );
    return { expected: [/^(added|removed) elements\[name=added\]$/] };
  },
  "removes a panel"(dashboard, pick) {
    const place = chosen(placesOf(walk(dashboard).grids), pick);
    if (!place) return undefined;
    place.grid.items.splice(place.grid.items.indexOf(place.item), 1);
    const { [place.name]: _, ...rest } = part(dashboard, "elements");
    dashboard["elements"] = rest;
    return { expected: [new RegExp(`^(added|removed) ${at(place.name)}$`)], pushes: true };
  },
  "writes keys and items down in another order"(dashboard) {
    dashboard["elements"] = Object.fromEntries(Object.entries(part(dashboard, "elements")).toReversed());
    for (const { layout, items } of walk(dashboard).grids) {
      const places = new Set(
        items.map((item) => `${textOf(part(item, "spec")["x"])} ${textOf(part(item, "spec")["y"])}`),
      );
      // Of two panels in one place, the first one is above.
      if (layout["kind"] === "GridLayout" && places.size === items.length) items.reverse();
    }
    return { expected: [] };
  },
  "reorders an auto grid"(dashboard, pick) {
    const grid = chosen(
      walk(dashboard).grids.filter(({ layout, items }) => layout["kind"] === "AutoGridLayout" && items.length > 1),
      pick,
    );
    grid?.items.reverse();
    return grid && { expected: [/^changed layout.*\.panels\[order\] reordered$/] };
  },
  "changes the columns of an auto grid"(dashboard, pick) {
    const grid = chosen(
      walk(dashboard).grids.filter(({ layout }) => layout["kind"] === "AutoGridLayout"),
      pick,
    );
    if (!grid) return undefined;
    part(grid.layout, "spec")["maxColumnCount"] = 7;
    return { expected: [/^(added|changed|removed) layout.*\.maxColumnCount$/] };
  },
  "renames a tab or row"(dashboard, pick) {
    const box = chosen(walk(dashboard).boxes.filter(isUnique), pick);
    if (!box) return undefined;
    const had = textOf(box.spec["title"]) !== "";
    box.spec["title"] = `${textOf(box.spec["title"])} (renamed)`;
    return { expected: [had ? /^changed layout\[.*\]\.title renamed$/ : /^(added|removed) layout\[.*\]\.title$/] };
  },
  "reorders tabs or rows"(dashboard, pick) {
    const lists = [
      ...new Set(
        walk(dashboard)
          .boxes.filter(isUnique)
          .map(({ list }) => list),
      ),
    ];
    const list = chosen(
      lists.filter(
        (one) => new Set(one.map((box) => part(box, "spec")["title"])).size === one.length && one.length > 1,
      ),
      pick,
    );
    list?.reverse();
    return list && { expected: [/^changed layout.*\.(tabs|rows)\[order\] reordered$/] };
  },
  "adds a tab or row"(dashboard, pick) {
    const box = chosen(walk(dashboard).boxes, pick);
    if (!box) return undefined;
    const layout = { kind: "GridLayout", spec: { items: [] } };
    box.list.push({ kind: textOf(box.kind["kind"]), spec: { title: "Added by a test", layout } });
    return { expected: [/^(added|removed) layout\[.*"Added by a test"\]$/] };
  },
  "removes a tab or row with its panels"(dashboard, pick) {
    const box = chosen(
      walk(dashboard).boxes.filter((one) => isUnique(one) && one.list.length > 1),
      pick,
    );
    if (!box) return undefined;
    const gone = walk({ layout: part(box.spec, "layout") });
    box.list.splice(box.list.indexOf(box.kind), 1);
    const names = placesOf(gone.grids).map(({ name }) => name);
    dashboard["elements"] = Object.fromEntries(
      Object.entries(part(dashboard, "elements")).filter(([name]) => !names.includes(name)),
    );
    return {
      expected: [
        ...Array.from({ length: 1 + gone.boxes.length }, () => /^(added|removed) layout\[.*\]$/),
        ...names.toSorted().map((name) => new RegExp(`^(added|removed) ${at(name)}$`)),
      ],
    };
  },
  "collapses or opens a row"(dashboard, pick) {
    const box = chosen(
      walk(dashboard).boxes.filter(({ type }) => type === "row"),
      pick,
    );
    if (!box) return undefined;
    box.spec["collapse"] = box.spec["collapse"] !== true;
    return { expected: [/^(added|removed) layout\[.*\]\.collapse$/] };
  },
  "sets a condition"(dashboard, pick) {
    const box = chosen(walk(dashboard).boxes, pick);
    if (!box) return undefined;
    const items = [{ kind: "ConditionalRenderingData", spec: { value: true } }];
    const spec = { visibility: "hide", condition: "or", items };
    box.spec["conditionalRendering"] = { kind: "ConditionalRenderingGroup", spec };
    return { expected: [/^(added|changed|removed) layout\[.*\]\.conditions$/] };
  },
  "sets the repeat of a tab or row"(dashboard, pick) {
    const box = chosen(walk(dashboard).boxes, pick);
    if (!box) return undefined;
    box.spec["repeat"] = { mode: "variable", value: "of_a_test" };
    return { expected: [/^(added|changed|removed) layout\[.*\]\.repeat$/] };
  },
  "adds a variable to a tab or row"(dashboard, pick) {
    const box = chosen(walk(dashboard).boxes, pick);
    if (!box) return undefined;
    box.spec["variables"] = [...objectsIn(box.spec["variables"]), customVariable("local")];
    return { expected: [/^(added|removed) layout\[.*\]\.variables\[name=local\]$/] };
  },
  "changes a variable"(dashboard, pick) {
    const variable = chosen(variablesOf(dashboard), pick);
    if (!variable) return undefined;
    const spec = part(variable, "spec");
    spec["label"] = `${textOf(spec["label"])} of the week`;
    return { expected: [/^(added|changed|removed) variables\[name=.+\]\.label$/] };
  },
  "adds a variable"(dashboard) {
    dashboard["variables"] = [...variablesOf(dashboard), customVariable("added_by_a_test")];
    return { expected: [/^(added|removed) variables\[name=added_by_a_test\]$/] };
  },
  "renames a variable"(dashboard, pick) {
    const variable = chosen(variablesOf(dashboard), pick);
    if (!variable) return undefined;
    part(variable, "spec")["name"] = `${textOf(part(variable, "spec")["name"])}_renamed`;
    return { expected: [/^changed variables\[name=.+\]\.name renamed$/] };
  },
  "reorders the variables"(dashboard) {
    const list = variablesOf(dashboard);
    if (list.length < 2) return undefined;
    dashboard["variables"] = list.toReversed();
    return { expected: [/^changed variables\[order\] reordered$/] };
  },
  "adds an annotation"(dashboard) {
    const query = {
      kind: "DataQuery",
      group: "loki",
      version: "v0",
      datasource: { name: "loki" },
      spec: { expr: "{}" },
    };
    const added = {
      kind: "AnnotationQuery",
      spec: { name: "Of a test", enable: true, hide: false, iconColor: "red", query },
    };
    dashboard["annotations"] = [...objectsIn(dashboard["annotations"]), added];
    return { expected: [/^(added|removed) annotations\[name=Of a test\]$/] };
  },
  "adds a link"(dashboard) {
    const added = { title: "Of a test", type: "link", url: "https://example.org", icon: "doc", tags: [] };
    dashboard["links"] = [...objectsIn(dashboard["links"]), added];
    return { expected: [/^(added|removed) links\[title=Of a test\]$/] };
  },
  "sets thresholds"(dashboard, pick) {
    const panel = chosen(
      panelsOf(dashboard).filter(({ spec }) => {
        const { group, version } = part(spec, "vizConfig");
        const options = part(spec, "vizConfig", "spec", "options");
        return (
          ["timeseries", "stat", "gauge"].includes(textOf(group)) &&
          options["fieldOptions"] === undefined &&
          version !== "6"
        );
      }),
      pick,
    );
    if (!panel) return undefined;
    const viz = part(panel.spec, "vizConfig", "spec");
    const steps = [
      { color: "blue", value: null },
      { color: "purple", value: 47.5 },
    ];
    const config = part(viz, "fieldConfig");
    viz["fieldConfig"] = {
      ...config,
      defaults: { ...part(config, "defaults"), thresholds: { mode: "absolute", steps } },
    };
    return {
      expected: [new RegExp(`^(added|changed|removed) ${at(panel.name)}\\.fieldConfig\\.defaults\\.thresholds$`)],
    };
  },
  "changes the time range"(dashboard) {
    dashboard["timeSettings"] = { ...part(dashboard, "timeSettings"), from: "now-13h", to: "now-1m" };
    return { expected: [/^changed time$/] };
  },
};

function bottom(item: JsonObject): number {
  const { y, height } = part(item, "spec");
  return Number(y ?? 0) + Number(height ?? 0);
}

/** Panels of the same size in a grid without repeats. */
function areSwappable(a: JsonObject, b: JsonObject): boolean {
  const [p, q] = [part(a, "spec"), part(b, "spec")];
  const isPlain = [p, q].every((one) => one["repeat"] === undefined && Number(one["width"]) > 0);
  return isPlain && p["width"] === q["width"] && p["height"] === q["height"];
}

/** Chooses an edit and its place. The same choice edits the same dashboard in the same way. */
export const EDITOR_NAMES: readonly string[] = Object.keys(EDITORS);

export const choiceV2 = fc.record({ editor: fc.constantFrom(...EDITOR_NAMES), place: fc.nat() });

/** Undefined if this dashboard has no place for this edit. */
export function editV2(
  dashboard: JsonObject,
  { editor, place }: { editor: string; place: number },
): EditV2 | undefined {
  const next = structuredClone(dashboard);
  const made = EDITORS[editor]?.(next, (count) => place % count);
  return made && { ...made, next };
}
