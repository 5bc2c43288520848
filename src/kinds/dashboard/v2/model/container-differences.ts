import { diff } from "../../../../engine/diff.ts";
import type { Difference } from "../../../../engine/difference.ts";
import type { Shape } from "../../../../engine/shape.ts";
import { equal, type JsonObject } from "../../../../util/json.ts";
import { named, RENAMED } from "../../model/shapes.ts";
import { layoutName, type Container, type Layout } from "./containers.ts";
import { LAYOUT_VALUES } from "./words.ts";

interface Pairing {
  readonly containers: ReadonlyMap<Container, Container>;
  /** The name after of an element's name before. */
  readonly namesakes: ReadonlyMap<string, string>;
  readonly titles: (element: string) => string;
}

const SHAPE: Shape = {
  lists: { variables: named("variable") },
  values: {
    ...LAYOUT_VALUES,
    title: RENAMED,
    layout: { show: layoutName },
  },
};

/** The differences of tabs, rows and layouts, without those of the panels in them. */
export function containerDifferences(before: Layout, after: Layout, pairing: Pairing): Difference[] {
  const { containers } = pairing;
  const known = new Set(containers.values());
  const added = after.containers.filter((one) => !known.has(one));
  return [
    ...before.containers.flatMap((was) => {
      const is = containers.get(was);
      return is ? changes(was, is, before, after, pairing) : [whole("removed", was)];
    }),
    ...added.map((is) => whole("added", is)),
  ];
}

function pathOf({ at }: Container): string {
  return at === "" ? "layout" : `layout[${at}]`;
}

function labelsOf({ at }: Container): string[] {
  return at === "" ? [] : [at];
}

function whole(type: "added" | "removed", container: Container): Difference {
  const value: JsonObject = { ...container.content, layout: container.layout["kind"] ?? "" };
  const side = type === "added" ? "after" : "before";
  const shown = { [side]: layoutName(container.layout["kind"]) };
  return { type, path: pathOf(container), labels: [container.at], [side]: value, shown };
}

function changes(was: Container, is: Container, before: Layout, after: Layout, pairing: Pairing): Difference[] {
  const [path, labels] = [pathOf(was), labelsOf(was)];
  const { kind: old, ...settings } = settingsOf(was);
  const { kind: now, ...newSettings } = settingsOf(is);
  const [from, to]: [JsonObject, JsonObject] = [
    { ...was.content, layout: old ?? "" },
    { ...is.content, layout: now ?? "" },
  ];
  // Settings of a former layout are not differences.
  if (old === now) {
    Object.assign(from, settings);
    Object.assign(to, newSettings);
  }
  const own = diff(from, to, SHAPE).map((one) => ({
    ...one,
    path: `${path}.${one.path}`,
    labels: [...labels, ...one.labels],
  }));
  return [
    ...own,
    ...moved(was, is, pairing),
    ...["tab", "row"].flatMap((type) => reordered(was, is, { before, after, pairing, type })),
    ...panelOrder(was, is, { before, after, pairing }),
  ];
}

/** The kind and the settings of a layout, without what is in it. */
function settingsOf({ layout }: Container): JsonObject {
  const { items: _, rows: __, tabs: ___, ...settings } = layout;
  return settings;
}

/** A tab or row that is in another one now. */
function moved(was: Container, is: Container, { containers }: Pairing): Difference[] {
  const [from, to] = [was.parent, is.parent];
  if (!from || !to || containers.get(from) === to) return [];
  const text = ({ at }: Container) => at || "the top level";
  return [
    {
      type: "changed",
      path: `${pathOf(was)}.in`,
      labels: [was.at, "in"],
      before: from.at,
      after: to.at,
      meaning: "moved",
      shown: { before: text(from), after: text(to) },
    },
  ];
}

const titleOf = ({ title }: Container) => title;
const atOf = ({ at }: Container) => at;

interface Sides {
  readonly before: Layout;
  readonly after: Layout;
  readonly pairing: Pairing;
}

/** The order of the tabs or rows that are in this container on both sides. */
function reordered(
  was: Container,
  is: Container,
  { before, after, pairing, type }: Sides & { type: string },
): Difference[] {
  const { containers } = pairing;
  const old = before.containers.filter((one) => one.type === type && one.parent === was);
  const now = after.containers.filter((one) => one.type === type && one.parent === is);
  const kept = old.filter((one) => now.some((other) => containers.get(one) === other));
  const former = new Map(kept.map((one) => [containers.get(one), one]));
  const order = now.flatMap((one) => former.get(one) ?? []);
  return difference(`${type}s`, was, kept.map(titleOf), order.map(titleOf), [kept.map(atOf), order.map(atOf)]);
}

/** The order of panels in an auto grid. In a grid, panels have positions. */
function panelOrder(was: Container, is: Container, { before, after, pairing }: Sides): Difference[] {
  if (was.layout["kind"] !== "AutoGridLayout" || is.layout["kind"] !== "AutoGridLayout") return [];
  const namesIn = (layout: Layout, container: Container) =>
    layout.placements.filter((one) => one.container === container).map(({ element }) => element);
  const renamed = (name: string) => pairing.namesakes.get(name) ?? name;
  const [old, now] = [namesIn(before, was), namesIn(after, is)];
  const kept = old.map(renamed).filter((name) => now.includes(name));
  const order = now.filter((name) => kept.includes(name));
  return difference("panels", was, kept.map(pairing.titles), order.map(pairing.titles), [kept, order]);
}

function difference(
  what: string,
  container: Container,
  before: string[],
  after: string[],
  [old, now]: readonly [string[], string[]],
): Difference[] {
  if (equal(old, now)) return [];
  return [
    {
      type: "changed",
      path: `${pathOf(container)}.${what}[order]`,
      labels: [...labelsOf(container), what, "order"],
      before,
      after,
      meaning: "reordered",
    },
  ];
}
