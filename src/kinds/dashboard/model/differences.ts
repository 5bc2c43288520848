import { diff } from "../../../engine/diff.ts";
import type { Difference } from "../../../engine/difference.ts";
import type { Shape } from "../../../engine/shape.ts";
import { equal, isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { inGridOrder } from "./layout.ts";
import { migration, migrationOf, withoutTimeRegions } from "./legacy-panels.ts";
import { withRowIds } from "./panel-ids.ts";
import { panelLabel, repeatedTitles } from "./panel-labels.ts";
import { objects } from "./panels.ts";
import { withoutSchemaV2 } from "./schema-v2-differences.ts";
import { by, FOLDER, GRID_POSITION, holders, named, PANEL_LISTS, PANEL_VALUES, RENAMED, TIME_RANGE } from "./shapes.ts";

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
      "templating.list": named("variable"),
      "annotations.list": named("annotation"),
      ...PANEL_LISTS,
    },
    values: {
      title: RENAMED,
      "panels.title": RENAMED,
      "list.name": RENAMED,
      folder: FOLDER,
      "panels.row": {
        meaning: () => "moved",
        show: (row) => (row === "" ? "above all rows" : `row "${textOf(row)}"`),
      },
      "panels.gridPos": GRID_POSITION,
      ...holders("templating annotations timepicker panels.options"),
      time: TIME_RANGE,
      ...PANEL_VALUES,
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
    const labels = [panelLabel({ ...made.saved, type: made.to }, titles), "type"];
    migrated.push(migrationOf(made, { path: `panels[id=${id}].type`, labels }));
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
