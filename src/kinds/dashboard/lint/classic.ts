import type { LintedBoard, LintedPanel, LintedQuery, LintedVariable } from "../../../engine/lint.ts";
import { isObject, textOf, type JsonObject } from "../../../util/json.ts";
import { objects } from "../model/panels.ts";
import { fieldsOf, isInternal, isOverTime, objectIn, PASSES_ON, queryOf, sourceIn } from "./parts.ts";

/** What can be checked of a dashboard in the classic schema. `open`: see `LintedBoard`. */
export function classicBoard(
  model: JsonObject,
): Omit<LintedBoard, "open" | "definesVariables"> & { readonly passesOn: boolean } {
  const variables = objects(objectIn(model, "templating")["list"]);
  const annotations = objects(objectIn(model, "annotations")["list"]);
  return {
    panels: panelsIn(model),
    variables: variables.map(variableOf),
    queries: [...variables.flatMap(variableQuery), ...annotations.flatMap(annotationQuery)],
    text: textWithout(model),
    shows: placedPanels(model).flatMap(({ panel }) => {
      const { libraryPanel: shared } = panel;
      return isObject(shared) ? [textOf(shared["uid"])] : [];
    }),
    passesOn: PASSES_ON.test(JSON.stringify(model)),
  };
}

/** Everything that may use a variable: not the names in the definitions themselves. */
function textWithout(model: JsonObject): string {
  const list = objects(objectIn(model, "templating")["list"]).map(
    ({ name: _, label: _label, current: _current, ...rest }) => rest,
  );
  return JSON.stringify({ ...model, templating: { list } });
}

function panelsIn(model: JsonObject): LintedPanel[] {
  return placedPanels(model).map(({ panel, path, section, grid }) => panelOf(panel, path, section, grid));
}

/** A panel and the row that contains it. */
export interface PlacedPanel {
  readonly panel: JsonObject;
  readonly path: string;
  readonly section: string;
  readonly grid: string;
  readonly row?: JsonObject;
}

/** All panels, also those in collapsed rows, and the rows themselves. */
export function placedPanels(model: JsonObject): PlacedPanel[] {
  let section: Pick<PlacedPanel, "section" | "row"> = { section: "" };
  // Before Grafana 5, panels were in rows.
  const inRows = objects(model["rows"]).flatMap((row, index) => {
    const path = `spec.rows[${index}]`;
    return objects(row["panels"]).map((panel, at) => ({
      panel,
      path: `${path}.panels[${at}]`,
      section: path,
      grid: path,
      row,
    }));
  });
  const panels = objects(model["panels"]).flatMap((panel, index): PlacedPanel[] => {
    const path = `spec.panels[${index}]`;
    // A collapsed row contains only its own panels.
    if (panel["type"] === "row") section = { section: path, ...(panel["collapsed"] === true ? {} : { row: panel }) };
    const inner = objects(panel["panels"]).map((one, at) => ({
      panel: one,
      path: `${path}.panels[${at}]`,
      section: path,
      grid: path,
      row: panel,
    }));
    return [{ panel, path, grid: "", ...section }, ...inner];
  });
  return [...inRows, ...panels];
}

/** `grid`: the collapsed row that contains it. */
export function panelOf(panel: JsonObject, path: string, section: string, grid: string): LintedPanel {
  const type = textOf(panel["type"]);
  const { x, y, w, h } = objectIn(panel, "gridPos");
  const numbers = [x, y, w, h].filter((value) => typeof value === "number");
  const [left = 0, top = 0, width = 0, height = 0] = numbers;
  const minInterval = textOf(panel["interval"]);
  return {
    path,
    type,
    title: textOf(panel["title"]),
    description: textOf(panel["description"]),
    section,
    queries: objects(panel["targets"]).flatMap((target, index): LintedQuery[] => {
      const own = sourceIn(target["datasource"]);
      const datasource = own ?? sourceIn(panel["datasource"]);
      const given = { role: "panel" as const, overTime: isOverTime(type), minInterval };
      return queryOf(target, `${path}.targets[${index}]`, { ...given, ...(datasource ? { datasource } : {}) });
    }),
    ...fieldsOf(objectIn(panel, "fieldConfig"), `${path}.fieldConfig`),
    ...formerUnit(panel, type),
    ...(numbers.length === 4 && type !== "row" ? { box: { grid, x: left, y: top, w: width, h: height } } : {}),
    shared: isObject(panel["libraryPanel"]),
    repeated: textOf(panel["repeat"]) !== "",
    transformations: objects(panel["transformations"]).length,
  };
}

/** The unit in panels of former Grafana versions. */
function formerUnit(panel: JsonObject, type: string): { readonly unit?: string } {
  const [left] = objects(panel["yaxes"]);
  const unit = type === "graph" ? textOf(left?.["format"]) : type === "singlestat" ? textOf(panel["format"]) : "";
  return unit === "" ? {} : { unit };
}

function variableOf(variable: JsonObject, index: number): LintedVariable {
  const [name, type] = [textOf(variable["name"]), textOf(variable["type"])];
  const pluginType = type === "datasource" ? textOf(variable["query"]) : "";
  return { path: `spec.templating.list[${index}]`, name, type, ...(pluginType === "" ? {} : { pluginType }) };
}

function variableQuery(variable: JsonObject, index: number): LintedQuery[] {
  if (variable["type"] !== "query") return [];
  return textQuery(variable["query"], `spec.templating.list[${index}].query`, variable, "variable");
}

function annotationQuery(annotation: JsonObject, index: number): LintedQuery[] {
  const path = `spec.annotations.list[${index}]`;
  if (isObject(annotation["target"]) && typeof annotation["target"]["expr"] === "string")
    return textQuery(annotation["target"], `${path}.target`, annotation, "annotation");
  return textQuery(annotation["expr"], path, annotation, "annotation");
}

/** The query of a variable or an annotation: a text, or an object with the text. */
function textQuery(
  given: JsonObject[string] | undefined,
  path: string,
  holder: JsonObject,
  role: "variable" | "annotation",
): LintedQuery[] {
  const datasource = sourceIn(holder["datasource"]);
  if (isInternal(datasource)) return [];
  const common = {
    role,
    overTime: false,
    instant: true,
    alone: false,
    field: "expr",
    ...(datasource ? { datasource } : {}),
  };
  if (typeof given === "string" && given !== "")
    return [{ ...common, path: role === "annotation" ? `${path}.expr` : path, text: given }];
  if (!isObject(given)) return [];
  const field = ["expr", "query"].find((name) => typeof given[name] === "string" && given[name] !== "");
  return field === undefined ? [] : [{ ...common, path: `${path}.${field}`, text: textOf(given[field]) }];
}
