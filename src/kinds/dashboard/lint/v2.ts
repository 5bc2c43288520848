import type { LintedBoard, LintedBox, LintedPanel, LintedQuery, LintedVariable } from "../../../engine/lint.ts";
import type { QueriedSource } from "../../../engine/queried.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "../model/panels.ts";
import { elementsIn } from "../v2/elements.ts";
import { fieldsOf, isInternal, isOverTime, objectIn, PASSES_ON, queryOf } from "./parts.ts";

/** What can be checked of a dashboard in schema v2. */
export function boardV2(
  spec: JsonObject,
): Omit<LintedBoard, "open" | "definesVariables"> & { readonly passesOn: boolean } {
  const variables = objects(spec["variables"]);
  const annotations = objects(spec["annotations"]);
  const places = placesIn(objectIn(spec, "layout"));
  const unnamed = variables.map((variable) => {
    const { name: _, label: _label, current: _current, ...rest } = objectIn(variable, "spec");
    return { ...variable, spec: rest };
  });
  return {
    panels: elementsIn(spec).map(([name, element]) => panelOf(name, element, places.get(name))),
    variables: variables.map(variableOf),
    queries: [...variables.flatMap(variableQuery), ...annotations.flatMap(annotationQuery)],
    text: JSON.stringify({ ...spec, variables: unnamed }),
    shows: elementsIn(spec).flatMap(([, element]) =>
      element["kind"] === "LibraryPanel" ? [textOf(objectIn(objectIn(element, "spec"), "libraryPanel")["uid"])] : [],
    ),
    passesOn: PASSES_ON.test(JSON.stringify(spec)),
  };
}

interface Place {
  readonly section: string;
  readonly box?: LintedBox;
  /** The variables of its own repetition, and of those of the rows and tabs around it. */
  readonly repeatedBy: readonly string[];
}

/** Where the layout shows each element. */
export function placesIn(layout: JsonObject): ReadonlyMap<string, Place> {
  const found = new Map<string, Place>();
  const walk = (container: JsonObject, section: string, repeatedBy: readonly string[]): void => {
    const spec = objectIn(container, "spec");
    for (const item of objects(spec["items"])) {
      const place = objectIn(item, "spec");
      const { x, y, width, height } = place;
      const numbers = [x, y, width, height].filter((value) => typeof value === "number");
      const [left = 0, top = 0, w = 0, h = 0] = numbers;
      found.set(textOf(objectIn(place, "element")["name"]), {
        section,
        repeatedBy: [...repeatedBy, ...repeatIn(place)],
        ...(numbers.length === 4 ? { box: { grid: section, x: left, y: top, w, h } } : {}),
      });
    }
    for (const list of ["rows", "tabs"])
      for (const [index, inner] of objects(spec[list]).entries()) {
        const own = objectIn(inner, "spec");
        walk(objectIn(own, "layout"), `${section}/${list}[${index}]`, [...repeatedBy, ...repeatIn(own)]);
      }
  };
  walk(layout, "", []);
  return found;
}

function repeatIn({ repeat }: JsonObject): string[] {
  return isObject(repeat) ? [textOf(repeat["value"])] : [];
}

function panelOf(name: string, element: JsonObject, place: Place | undefined): LintedPanel {
  const path = `spec.elements.${name}.spec`;
  const spec = objectIn(element, "spec");
  const viz = objectIn(spec, "vizConfig");
  const type = textOf(viz["group"]) || textOf(viz["kind"]);
  const data = objectIn(objectIn(spec, "data"), "spec");
  const minInterval = textOf(objectIn(data, "queryOptions")["interval"]);
  return {
    path,
    type,
    title: textOf(spec["title"]),
    description: textOf(spec["description"]),
    section: place?.section ?? "",
    queries: objects(data["queries"]).flatMap((one, index) =>
      dataQuery(objectIn(objectIn(one, "spec"), "query"), `${path}.data.spec.queries[${index}].spec.query`, {
        role: "panel",
        overTime: isOverTime(type),
        minInterval,
      }),
    ),
    ...fieldsOf(objectIn(objectIn(viz, "spec"), "fieldConfig"), `${path}.vizConfig.spec.fieldConfig`),
    ...(place?.box ? { box: place.box } : {}),
    shared: element["kind"] === "LibraryPanel",
    repeated: (place?.repeatedBy ?? []).length > 0,
    transformations: objects(data["transformations"]).length,
  };
}

/** The query of a plugin: `{ kind: "DataQuery", group, datasource, spec }`. */
function dataQuery(
  query: JsonObject,
  path: string,
  given: Pick<LintedQuery, "role" | "overTime"> & { readonly minInterval: string },
): LintedQuery[] {
  const datasource = sourceV2(query);
  if (isInternal(datasource)) return [];
  return queryOf(objectIn(query, "spec"), `${path}.spec`, { ...given, ...(datasource ? { datasource } : {}) });
}

/** `group` is the plugin's type, `datasource.name` the uid. */
export function sourceV2({ group, kind, datasource }: JsonObject): QueriedSource | undefined {
  const type = textOf(group) || (kind === "DataQuery" ? "" : textOf(kind));
  const uid = isObject(datasource) ? textOf(datasource["name"]) || textOf(datasource["uid"]) : "";
  return type === "" && uid === "" ? undefined : { ...(type === "" ? {} : { type }), ...(uid === "" ? {} : { uid }) };
}

/** The property with which Grafana's conversion wraps a query of a variable that is a text. */
const TEXT_QUERY = "__legacyStringValue";

/** A query with such a text as its `query`. */
export function withoutWrapper(spec: JsonObject): JsonObject {
  const { [TEXT_QUERY]: text, ...rest } = spec;
  return typeof text === "string" ? { ...rest, query: text } : spec;
}

function variableOf(variable: JsonObject, index: number): LintedVariable {
  const spec = objectIn(variable, "spec");
  const pluginType = textOf(spec["pluginId"]);
  const type = textOf(variable["kind"]);
  return {
    path: `spec.variables[${index}]`,
    name: textOf(spec["name"]),
    type,
    ...(pluginType === "" ? {} : { pluginType }),
  };
}

function variableQuery(variable: JsonObject, index: number): LintedQuery[] {
  if (variable["kind"] !== "QueryVariable") return [];
  return otherQuery(objectIn(variable, "spec")["query"], `spec.variables[${index}].spec.query`, "variable");
}

function annotationQuery(annotation: JsonObject, index: number): LintedQuery[] {
  return otherQuery(objectIn(annotation, "spec")["query"], `spec.annotations[${index}].spec.query`, "annotation");
}

function otherQuery(query: Json | undefined, path: string, role: "variable" | "annotation"): LintedQuery[] {
  if (!isObject(query)) return [];
  const spec = objectIn(query, "spec");
  const own = withoutWrapper(spec);
  const found = dataQuery({ ...query, spec: own }, path, { role, overTime: false, minInterval: "" });
  const place = own === spec ? {} : { path: `${path}.spec.${TEXT_QUERY}` };
  return found.map((one) => ({ ...one, field: "expr", instant: true, alone: false, ...place }));
}
