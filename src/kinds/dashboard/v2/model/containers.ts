import { similarPairs } from "../../../../engine/similar-items.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { objects } from "../../model/panels.ts";
import { partOf } from "./parts.ts";

/** The dashboard itself, a tab or a row: whatever has a layout. */
export interface Container {
  readonly type: "dashboard" | "tab" | "row";
  readonly title: string;
  /** `tab "Metrics" › row "Errors"`, unique in the dashboard; empty for the dashboard itself. */
  readonly at: string;
  readonly parent: Container | undefined;
  readonly index: number;
  /** Its properties without its layout. */
  readonly content: JsonObject;
  readonly layout: JsonObject;
}

/** An item of a layout: a panel in its container. */
export interface Placement {
  readonly element: string;
  readonly container: Container;
  readonly item: JsonObject;
}

export interface Layout {
  /** From the outside to the inside, in the order in which Grafana shows them. */
  readonly containers: readonly Container[];
  readonly placements: readonly Placement[];
}

/** The tabs, rows and panels of a canonical form. */
export function layoutOf(form: JsonObject): Layout {
  const containers: Container[] = [];
  const placements: Placement[] = [];
  const names = new Map<string, number>();
  const walk = (container: Container) => {
    containers.push(container);
    const { layout } = container;
    for (const item of objects(layout["items"])) placements.push({ element: textOf(item["element"]), container, item });
    for (const [list, type] of LISTS) {
      for (const [index, one] of objects(layout[list]).entries()) {
        const { layout: inner, ...content } = one;
        const title = textOf(one["title"]);
        const name = `${container.at === "" ? "" : `${container.at} › `}${type} "${title}"`;
        const times = (names.get(name) ?? 0) + 1;
        names.set(name, times);
        const at = times > 1 ? `${name} (${times})` : name;
        walk({ type, title, at, parent: container, index, content, layout: isObject(inner) ? inner : {} });
      }
    }
  };
  const layout = partOf(form, "layout");
  walk({ type: "dashboard", title: "", at: "", parent: undefined, index: 0, content: {}, layout });
  return { containers, placements };
}

const LISTS = [
  ["tabs", "tab"],
  ["rows", "row"],
] as const;

/** `grid`, `auto grid`, `rows` or `tabs` */
export function layoutName(kind: Json | undefined): string {
  return NAMES[textOf(kind)] ?? textOf(kind);
}

const NAMES: Readonly<Record<string, string>> = {
  GridLayout: "grid",
  AutoGridLayout: "auto grid",
  RowsLayout: "rows",
  TabsLayout: "tabs",
};

/**
 * Pairs the containers of two layouts: those with the same title in the same place, then those that were moved, then those
 * that were renamed. `namesakes`: the name after of an element's name before.
 */
export function pairContainers(
  before: Layout,
  after: Layout,
  namesakes: ReadonlyMap<string, string>,
): Map<Container, Container> {
  const pairs = new Map<Container, Container>();
  const taken = new Set<Container>();
  const pair = (was: Container, is: Container) => {
    pairs.set(was, is);
    taken.add(is);
  };
  const [top] = before.containers;
  const [newTop] = after.containers;
  if (top && newTop) pair(top, newTop);
  const free = (list: readonly Container[]) => list.filter((one) => !pairs.has(one) && !taken.has(one));
  const panels = (layout: Layout, container: Container, name: (element: string) => string) =>
    layout.placements.filter((placement) => within(placement.container, container)).map(({ element }) => name(element));
  const inBefore = (one: Container) => panels(before, one, (name) => namesakes.get(name) ?? name);
  const inAfter = (one: Container) => panels(after, one, (name) => name);
  // Parents first, so that the children of a renamed one are in the same place.
  for (const sameTitle of [true, false]) {
    for (const was of before.containers) {
      if (pairs.has(was)) continue;
      const siblings = free(after.containers).filter(
        (is) => is.type === was.type && is.parent === (was.parent && pairs.get(was.parent)),
      );
      const is = sameTitle
        ? siblings.find(({ title }) => title === was.title)
        : renamedOf(was, siblings, free(before.containers), { inBefore, inAfter });
      if (is) pair(was, is);
    }
    if (!sameTitle) continue;
    for (const was of before.containers) {
      if (pairs.has(was)) continue;
      const alike = free(after.containers).filter((is) => is.type === was.type && is.title === was.title);
      const is = alike.find((one) => shared(inBefore(was), inAfter(one)) >= HALF) ?? alike[0];
      if (is) pair(was, is);
    }
  }
  return withSimilar(pairs, free(before.containers), free(after.containers), { inBefore, inAfter });
}

interface Panels {
  readonly inBefore: (container: Container) => string[];
  readonly inAfter: (container: Container) => string[];
}

const HALF = 0.5;

/** A container in the same place that has the same panels, or, without panels, the same number. */
function renamedOf(
  was: Container,
  siblings: readonly Container[],
  others: readonly Container[],
  { inBefore, inAfter }: Panels,
): Container | undefined {
  const own = inBefore(was);
  const scored = siblings.map((is) => ({ is, score: shared(own, inAfter(is)) }));
  const best = scored.toSorted((a, b) => b.score - a.score)[0];
  if (best && own.length > 0) return best.score >= HALF ? best.is : undefined;
  const empty = siblings.filter((is) => inAfter(is).length === 0);
  const rivals = others.filter(({ type, parent }) => type === was.type && parent === was.parent);
  return empty.length === 1 && rivals.length === 1 ? empty[0] : undefined;
}

function withSimilar(
  pairs: Map<Container, Container>,
  before: readonly Container[],
  after: readonly Container[],
  { inBefore, inAfter }: Panels,
): Map<Container, Container> {
  const old = new Set(before);
  const found = similarPairs(before, after, (one) => ({
    group: one.type,
    type: "",
    name: one.title,
    content: (old.has(one) ? inBefore(one) : inAfter(one)).join(" "),
    place: "",
  }));
  return new Map([...pairs, ...found]);
}

/** The share of the smaller container's panels that are in the other one, too. */
function shared(before: readonly string[], after: readonly string[]): number {
  const both = before.filter((name) => after.includes(name));
  const fewer = Math.min(before.length, after.length);
  return fewer === 0 ? 0 : both.length / fewer;
}

function within(inner: Container, outer: Container): boolean {
  for (let one: Container | undefined = inner; one; one = one.parent) if (one === outer) return true;
  return false;
}
