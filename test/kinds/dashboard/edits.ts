import fc from "fast-check";
import { settle } from "../../../src/kinds/dashboard/model/layout.ts";
import { allPanels, objects } from "../../../src/kinds/dashboard/model/panels.ts";
import type { Difference } from "../../../src/engine/difference.ts";
import { equal, isObject, textOf, type JsonObject } from "../../../src/util/json.ts";

/** An edit of a dashboard by a user, and the expected differences: patterns of `type path meaning`. */
export interface Edit {
  readonly what: string;
  readonly next: JsonObject;
  readonly expected: readonly RegExp[];
  /** Whether panels below can move because of it. */
  readonly pushes?: true;
}

export function saidOf({ type, path, meaning }: Difference): string {
  return [type, path, meaning].filter(Boolean).join(" ");
}

/** Makes an edit of this kind if the dashboard has a place for it; `pick` chooses among the places. */
type Editor = (dashboard: JsonObject, pick: (count: number) => number) => Edit | undefined;

const LEGACY = new Set(["graph", "singlestat", "table-old"]);

/** Panels that can be edited, without panel types for which Grafana's UI shows more than the panel contains. */
function panelsOf(dashboard: JsonObject): JsonObject[] {
  return allPanels(dashboard).filter(({ type, libraryPanel }) => type !== "row" && !isObject(libraryPanel));
}

function at(id: unknown): string {
  return `panels\\[id=${textOf(id)}\\]`;
}

function chosen<Of>(list: readonly Of[], pick: (count: number) => number): Of | undefined {
  return list.length > 0 ? list[pick(list.length)] : undefined;
}

function bottomOf(dashboard: JsonObject): number {
  return Math.max(
    0,
    ...objects(dashboard["panels"]).map(({ gridPos }) =>
      isObject(gridPos) ? Number(gridPos["y"]) + Number(gridPos["h"]) : 0,
    ),
  );
}

/** The position of a panel that no other panel touches. */
function nextId(dashboard: JsonObject): number {
  return 1 + Math.max(0, ...allPanels(dashboard).map(({ id }) => Number(id)));
}

function variablesOf(dashboard: JsonObject): JsonObject[] {
  return isObject(dashboard["templating"]) ? objects(dashboard["templating"]["list"]) : [];
}

function withVariables(dashboard: JsonObject, list: JsonObject[]): JsonObject {
  return { ...dashboard, templating: { list } };
}

const EDITORS: Readonly<Record<string, Editor>> = {
  "changes a query"(dashboard, pick) {
    const places = panelsOf(dashboard).flatMap((panel) =>
      panel["type"] === "text" ? [] : objects(panel["targets"]).map((target) => ({ panel, target })),
    );
    const place = chosen(places, pick);
    if (!place) return undefined;
    const key = ["expr", "query", "rawSql"].find((one) => typeof place.target[one] === "string") ?? "expr";
    place.target[key] = `${textOf(place.target[key])} or vector(7)`;
    const path = `${at(place.panel["id"])}\\.targets\\[refId=${textOf(place.target["refId"])}\\]\\.${key}`;
    return { what: "", next: dashboard, expected: [new RegExp(`^(added|changed) ${path}$`)] };
  },
  "adds a query"(dashboard, pick) {
    const panel = chosen(
      panelsOf(dashboard).filter(({ targets }) => objects(targets).length > 0),
      pick,
    );
    if (!panel || panel["type"] === "text") return undefined;
    panel["targets"] = [...objects(panel["targets"]), { refId: "ZZ", expr: "up" }];
    return { what: "", next: dashboard, expected: [new RegExp(`^added ${at(panel["id"])}\\.targets\\[refId=ZZ\\]$`)] };
  },
  "renames a panel"(dashboard, pick) {
    const panel = chosen(panelsOf(dashboard), pick);
    if (!panel) return undefined;
    const type = panel["title"] ? "changed" : "added";
    panel["title"] = `${textOf(panel["title"])} (renamed)`;
    const meaning = type === "changed" ? " renamed" : "";
    return { what: "", next: dashboard, expected: [new RegExp(`^${type} ${at(panel["id"])}\\.title${meaning}$`)] };
  },
  "moves two panels into each other's place"(dashboard, pick) {
    // If panels overlap, all of them move.
    const settled = structuredClone(objects(dashboard["panels"]));
    settle(settled);
    if (!equal(settled, objects(dashboard["panels"]))) return undefined;
    const top = objects(dashboard["panels"]).filter(({ type, repeat }) => type !== "row" && !repeat);
    const pairs = top.flatMap((a, index) =>
      top.slice(index + 1).flatMap((b) => {
        const [p, q] = [a["gridPos"], b["gridPos"]];
        return isObject(p) && isObject(q) && p["w"] === q["w"] && p["h"] === q["h"] ? [[a, b] as const] : [];
      }),
    );
    const pair = chosen(pairs, pick);
    if (!pair) return undefined;
    const [a, b] = pair;
    [a["gridPos"], b["gridPos"]] = [b["gridPos"] ?? null, a["gridPos"] ?? null];
    return {
      what: "",
      next: dashboard,
      expected: pair.map(({ id }) => new RegExp(`^changed ${at(id)}\\.gridPos moved$`)),
    };
  },
  "adds a panel"(dashboard) {
    const id = nextId(dashboard);
    const gridPos = { x: 0, y: bottomOf(dashboard), w: 24, h: 8 };
    const added = { id, type: "timeseries", title: "Added", gridPos, targets: [{ refId: "A", expr: "up" }] };
    return {
      what: "",
      next: { ...dashboard, panels: [...objects(dashboard["panels"]), added] },
      expected: [new RegExp(`^added ${at(id)}$`)],
    };
  },
  "removes a panel"(dashboard, pick) {
    const panel = chosen(
      objects(dashboard["panels"]).filter(({ type }) => type !== "row"),
      pick,
    );
    if (!panel) return undefined;
    const panels = objects(dashboard["panels"]).filter((one) => one !== panel);
    return {
      what: "",
      next: { ...dashboard, panels },
      expected: [new RegExp(`^removed ${at(panel["id"])}$`)],
      pushes: true,
    };
  },
  "writes the panels down in another order"(dashboard) {
    const places = objects(dashboard["panels"]).map(({ gridPos }) =>
      isObject(gridPos) ? `${textOf(gridPos["x"])} ${textOf(gridPos["y"])}` : "",
    );
    // Of two panels in one place, the first one is above.
    if (new Set(places).size < places.length) return undefined;
    return { what: "", next: { ...dashboard, panels: objects(dashboard["panels"]).toReversed() }, expected: [] };
  },
  "changes a variable"(dashboard, pick) {
    const list = variablesOf(dashboard);
    const variable = chosen(list, pick);
    if (!variable) return undefined;
    variable["label"] = `${textOf(variable["label"])} of the week`;
    return {
      what: "",
      next: withVariables(dashboard, list),
      expected: [/^(added|changed) templating\.list\[name=.+\]\.label$/],
    };
  },
  "adds a variable"(dashboard) {
    const added = { name: "added_by_a_test", type: "custom", query: "a,b" };
    return {
      what: "",
      next: withVariables(dashboard, [...variablesOf(dashboard), added]),
      expected: [/^added templating\.list\[name=added_by_a_test\]$/],
    };
  },
  "removes a variable"(dashboard, pick) {
    const variable = chosen(variablesOf(dashboard), pick);
    if (!variable) return undefined;
    const list = variablesOf(dashboard).filter((one) => one !== variable);
    return { what: "", next: withVariables(dashboard, list), expected: [/^removed templating\.list\[name=.+\]$/] };
  },
  "renames a variable"(dashboard, pick) {
    const variable = chosen(variablesOf(dashboard), pick);
    if (!variable) return undefined;
    variable["name"] = `${textOf(variable["name"])}_renamed`;
    return { what: "", next: dashboard, expected: [/^changed templating\.list\[name=.+\]\.name renamed$/] };
  },
  "reorders the variables"(dashboard) {
    const list = variablesOf(dashboard);
    if (list.length < 2) return undefined;
    return {
      what: "",
      next: withVariables(dashboard, list.toReversed()),
      expected: [/^changed templating\.list\[order\] reordered$/],
    };
  },
  "sets thresholds"(dashboard, pick) {
    const able = panelsOf(dashboard).filter(
      ({ type, autoMigrateFrom }) =>
        ["timeseries", "stat", "gauge", "bargauge", "barchart"].includes(textOf(type)) &&
        autoMigrateFrom === undefined &&
        !LEGACY.has(textOf(type)),
    );
    const panel = chosen(able, pick);
    if (!panel || (isObject(panel["options"]) && panel["options"]["fieldOptions"] !== undefined)) return undefined;
    const config = isObject(panel["fieldConfig"]) ? panel["fieldConfig"] : {};
    const defaults = isObject(config["defaults"]) ? config["defaults"] : {};
    const thresholds = {
      mode: "absolute",
      steps: [
        { color: "blue", value: null },
        { color: "purple", value: 47.5 },
      ],
    };
    panel["fieldConfig"] = { ...config, defaults: { ...defaults, thresholds } };
    return {
      what: "",
      next: dashboard,
      expected: [new RegExp(`^(added|changed) ${at(panel["id"])}\\.fieldConfig\\.defaults\\.thresholds$`)],
    };
  },
  "changes the time range"(dashboard) {
    return {
      what: "",
      next: { ...dashboard, time: { from: "now-13h", to: "now-1m" } },
      expected: [/^changed time$/],
    };
  },
};

/** Chooses an edit and its place. The same choice edits the same dashboard in the same way. */
export const choice = fc.record({ editor: fc.constantFrom(...Object.keys(EDITORS)), place: fc.nat() });

/** Undefined if this dashboard has no place for this edit. */
export function editOf(dashboard: JsonObject, { editor, place }: { editor: string; place: number }): Edit | undefined {
  const made = EDITORS[editor]?.(structuredClone(dashboard), (count) => place % count);
  return made && { ...made, what: editor };
}
