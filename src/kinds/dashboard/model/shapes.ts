import type { Meaning } from "../../../engine/difference.ts";
import type { ListShape, ValueShape } from "../../../engine/shape.ts";
import { isObject, stableStringify, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { thresholdsText, unitText } from "./units.ts";

/** A title or name. */
export const RENAMED: ValueShape = { meaning: () => "renamed" };

/** Identifies an item by a property. */
export const by = (key: string) => (item: JsonObject) => item[key];
/** A renamed item equals its former version in all other properties. */
export const except =
  (key: string) =>
  ({ [key]: _, ...rest }: JsonObject): Json | undefined =>
    Object.keys(rest).length > 0 ? rest : undefined;
const whole = (item: JsonObject): Json => item;
export const quoted = (value: Json | undefined) => `"${textOf(value)}"`;

/** What an item of a list with an order is recognized by. */
export function traits(name: string, ...contents: readonly string[]): NonNullable<ListShape["traits"]> {
  return (item, index) => ({
    type: [item["type"], item["datasource"]].map((one) => (one === undefined ? "" : stableStringify(one))).join(""),
    name: textOf(item[name]),
    content: contents.map((key) => (isObject(item[key]) ? stableStringify(item[key]) : textOf(item[key]))).join(" "),
    place: String(index),
  });
}

export function named(what: string): ListShape {
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

/** The lists in panels. */
export const PANEL_LISTS: Readonly<Record<string, ListShape>> = {
  targets: {
    by: [by("refId"), except("refId")],
    traits: traits("refId", "expr", "query", "rawSql", "expression"),
    key: "refId",
    many: "queries",
    label: ({ refId }) => `query ${textOf(refId)}`,
  },
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
};

/** Containers that are not differences themselves. */
export function holders(names: string): Record<string, ValueShape> {
  return Object.fromEntries(names.split(" ").map((name) => [name, { absent: {} }]));
}

/** The values in panels. */
export const PANEL_VALUES: Readonly<Record<string, ValueShape>> = {
  "targets.refId": RENAMED,
  ...holders(
    "options.legend options.tooltip options.reduceOptions fieldConfig fieldConfig.defaults defaults.custom defaults.color",
  ),
  "defaults.unit": { show: (value) => unitText(textOf(value)) },
  "defaults.thresholds": { whole: true, show: (value, around) => thresholdsText(value, around["unit"]) },
};

export const FOLDER: ValueShape = {
  absent: "",
  meaning: () => "moved",
  show: (folder) => (folder === "" ? "the top level" : `folder/${textOf(folder)}`),
};

export const TIME_RANGE: ValueShape = {
  whole: true,
  label: "time range",
  // Grafana's default.
  absent: { from: "now-6h", to: "now" },
  show: (value) => (isObject(value) ? `${textOf(value["from"])} to ${textOf(value["to"])}` : textOf(value)),
};

export const GRID_POSITION: ValueShape = { whole: true, meaning: movement, show: placeText };

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
