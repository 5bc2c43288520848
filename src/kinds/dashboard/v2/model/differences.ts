import { diff } from "../../../../engine/diff.ts";
import type { Difference } from "../../../../engine/difference.ts";
import { matched } from "../../../../engine/match.ts";
import type { ListShape, Shape } from "../../../../engine/shape.ts";
import { textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { isTimeRegion, LOST, migration, migrationOf } from "../../model/legacy-panels.ts";
import { panelLabel, repeatedTitles } from "../../model/panel-labels.ts";
import { objects } from "../../model/panels.ts";
import {
  by,
  except,
  FOLDER,
  GRID_POSITION,
  holders,
  named,
  PANEL_LISTS,
  PANEL_VALUES,
  RENAMED,
  TIME_RANGE,
  traits,
} from "../../model/shapes.ts";
import { containerDifferences } from "./container-differences.ts";
import { layoutOf, pairContainers, type Container, type Layout, type Placement } from "./containers.ts";
import { hasLostOptions, PENDING } from "./lost-options.ts";
import { elementOf, panelOf } from "./panel.ts";
import { partOf } from "./parts.ts";
import { LAYOUT_VALUES } from "./words.ts";

/** Panels are the same if they have the same key, id, or title and type, or else resemble each other. */
function elementsShape(titles: ReadonlySet<string>): ListShape {
  return {
    by: [by("name"), by("id"), ({ type = "", title }) => (title ? [type, title] : undefined)],
    // Both the title and the queries must be similar: the key and the id are others.
    traits: (element) => ({
      group: textOf(element["type"]),
      type: "",
      name: textOf(element["title"]),
      content: objects(element["queries"])
        .map(({ spec }) => JSON.stringify(spec ?? ""))
        .join(" "),
      place: "",
    }),
    key: "name",
    many: "panels",
    label: (element) => panelLabel(element, titles),
    unordered: () => true,
  };
}

function shapeOf(elements: ListShape): Shape {
  return {
    silent: ["fieldConfig", "defaults", "spec", "timeSettings"],
    lists: {
      ...PANEL_LISTS,
      variables: named("variable"),
      elements,
      annotations: named("annotation"),
      queries: {
        by: [by("refId"), except("refId")],
        traits: (query, index) =>
          traits("refId", "expr", "query", "rawSql", "expression")({ ...query, ...partOf(query["spec"]) }, index),
        key: "refId",
        many: "queries",
        label: ({ refId }) => `query ${textOf(refId)}`,
      },
    },
    values: {
      ...PANEL_VALUES,
      ...LAYOUT_VALUES,
      folder: FOLDER,
      title: RENAMED,
      "elements.title": RENAMED,
      "elements.name": { label: "key", meaning: () => "renamed" },
      "elements.place": { meaning: () => "moved", show: (place) => textOf(place) || "outside of all tabs and rows" },
      "elements.gridPos": GRID_POSITION,
      "queries.refId": RENAMED,
      "annotations.name": RENAMED,
      time: TIME_RANGE,
      ...holders("timeSettings elements.options queries.spec"),
    },
  };
}

/**
 * The differences between two canonical forms in schema v2. Panels, tabs and rows are matched even if they were moved or
 * renamed. For a panel that Grafana's UI migrated, reports the migration.
 */
export function differencesV2(before: JsonObject, after: JsonObject): Difference[] {
  const { old, now, lists, shape, pairs, namesakes, containers } = pairLayouts(before, after);
  const migrated: Difference[] = [];
  const regions = new Set<Json>();
  const elements: [JsonObject[], JsonObject[]] = [[], []];
  for (const pair of pairs) {
    let [was, is] = [pair.before, pair.after];
    if (was && is) {
      const saved = hasLostOptions(was, is) ? { ...was, [LOST]: true } : was;
      const made = migration(panelOf(saved), panelOf(is));
      if (made) {
        if (objects(is["timeRegions"]).length > 0) regions.add(is["id"] ?? null);
        const labels = [shape.label({ ...was, type: made.to }), "type"];
        migrated.push(migrationOf(made, { path: `elements[name=${textOf(was["name"])}].type`, labels }));
        [was, is] = [elementOf(textOf(was["name"]), made.saved), elementOf(textOf(is["name"]), made.legacy)];
      }
      [was, is] = withPlaces(settled(was), settled(is), { old, now, containers });
    }
    if (was) elements[0].push(was);
    if (is) elements[1].push(is);
  }
  const flat = (form: JsonObject, own: JsonObject[]): JsonObject => {
    const { layout: _, ...rest } = form;
    return { ...rest, elements: own };
  };
  return [
    ...migrated,
    ...containerDifferences(old, now, { containers, namesakes, titles: titlesOf(lists) }),
    ...diff(withoutTimeRegions(flat(before, elements[0]), regions), flat(after, elements[1]), shapeOf(shape)),
  ];
}

/** Without the mark of a migration that does not change the content. */
function settled({ [PENDING]: _, ...element }: JsonObject): JsonObject {
  return element;
}

/** The corresponding panels, tabs and rows of two canonical forms. */
export function pairLayouts(before: JsonObject, after: JsonObject) {
  const [old, now] = [layoutOf(before), layoutOf(after)];
  const lists = [objects(before["elements"]), objects(after["elements"])] as const;
  const shape = elementsShape(repeatedTitles(lists.flat()));
  const pairs = matched(...lists, shape);
  const namesakes = new Map(
    pairs.flatMap((pair) =>
      pair.before && pair.after ? [[textOf(pair.before["name"]), textOf(pair.after["name"])]] : [],
    ),
  );
  return { old, now, lists, shape, pairs, namesakes, containers: pairContainers(old, now, namesakes) };
}

function withoutTimeRegions(saved: JsonObject, panels: ReadonlySet<Json>): JsonObject {
  const { annotations, ...rest } = saved;
  if (panels.size === 0) return saved;
  const kept = objects(annotations).filter((annotation) => !isTimeRegion(annotation, panels));
  return kept.length > 0 ? { ...rest, annotations: kept } : rest;
}

function titlesOf([before, after]: readonly [JsonObject[], JsonObject[]]): (name: string) => string {
  const titles = new Map([...before, ...after].map(({ name, title }) => [textOf(name), textOf(title) || textOf(name)]));
  return (name) => titles.get(name) ?? name;
}

interface Around {
  readonly old: Layout;
  readonly now: Layout;
  readonly containers: ReadonlyMap<Container, Container>;
}

/** Adds where both panels are: their container if it differs, or else their positions in it. */
function withPlaces(was: JsonObject, is: JsonObject, { old, now, containers }: Around): [JsonObject, JsonObject] {
  const from = old.placements.find(({ element }) => element === was["name"]);
  const to = now.placements.find(({ element }) => element === is["name"]);
  const moved = (from && containers.get(from.container)) !== to?.container;
  const hasPositions = from?.container.layout["kind"] === to?.container.layout["kind"] && !moved;
  const withPlace = (element: JsonObject, placement: Placement | undefined): JsonObject => {
    const { element: _, gridPos, ...item } = placement?.item ?? {};
    return {
      ...element,
      ...item,
      ...(hasPositions && gridPos !== undefined ? { gridPos } : {}),
      ...(moved ? { place: placement?.container.at ?? NOWHERE } : {}),
    };
  };
  return [withPlace(was, from), withPlace(is, to)];
}

/** The place of a panel that no layout shows. */
const NOWHERE = "no layout";
