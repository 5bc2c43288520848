import { equal, isObject, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { canonicalPanel } from "../../model/canonical.ts";
import { objects } from "../../model/panels.ts";
import type { Surroundings } from "../../model/saved-in-ui/saved-in-ui.ts";
import { formerOptionsOf, PENDING } from "./lost-options.ts";
import { defined, partOf, specsOf } from "./parts.ts";

/** A panel of schema v2 as a classic panel without a position. */
function classicPanel({ spec }: JsonObject, surroundings: Surroundings | undefined): JsonObject {
  const { data, vizConfig, ...panel } = isObject(spec) ? spec : {};
  if (isObject(panel["libraryPanel"])) return panel;
  const { queries, transformations, queryOptions, ...otherData } = partOf(data, "spec");
  const { options, fieldConfig } = partOf(vizConfig, "spec");
  const { group, version } = partOf(vizConfig);
  return {
    ...panel,
    ...otherData,
    ...partOf(queryOptions),
    ...defined({ type: group, pluginVersion: version, fieldConfig }),
    ...optionsOf(options, textOf(group)),
    targets: specsOf(queries).map(({ spec: query }) => targetOf(query, surroundings)),
    transformations: specsOf(transformations).map(({ kind, spec: own }) => ({ id: kind, ...own })),
  };
}

function optionsOf(options: Json | undefined, type: string): JsonObject {
  if (!isObject(options)) return {};
  const { former, options: own } = formerOptionsOf(options);
  if (!former) return { options: own };
  const from = former["autoMigrateFrom"];
  return {
    ...partOf(former["originalOptions"]),
    // A plugin that still exists migrates its own former options.
    ...(typeof from === "string" && from !== type ? { autoMigrateFrom: from } : {}),
    ...(Object.keys(own).length > 0 ? { options: own } : {}),
  };
}

function targetOf({ query, refId, hidden, ...rest }: JsonObject, surroundings: Surroundings | undefined): JsonObject {
  const datasource = datasourceIn(partOf(query), surroundings);
  return { ...partOf(query, "spec"), ...rest, ...defined({ refId, hide: hidden, datasource }) };
}

/** The datasource of a query, annotation or variable. The UI adds the type of the named or the default datasource. */
export function datasourceIn(
  { group, datasource }: JsonObject,
  surroundings: Surroundings | undefined,
): JsonObject | undefined {
  const name = textOf(partOf(datasource)["name"]);
  if (name !== "") return { uid: name };
  const type = textOf(group);
  return type === "" || type === surroundings?.defaultDatasource?.type ? undefined : { type };
}

/** The canonical form of a panel in the words of schema v2, without its position. */
export function canonicalElement(
  name: string,
  element: JsonObject,
  surroundings: Surroundings | undefined,
): JsonObject {
  const form = canonicalPanel(classicPanel(element, surroundings), surroundings);
  const typed = withTypedThresholds(form);
  const { former } = formerOptionsOf(partOf(element, "spec", "vizConfig", "spec", "options"));
  return {
    ...elementOf(name, typed === form ? form : canonicalPanel(typed, surroundings)),
    ...(former ? { [PENDING]: true } : {}),
  };
}

/** A classic panel in the words of schema v2. */
export function elementOf(name: string, { targets, ...panel }: JsonObject): JsonObject {
  const queries = (isUnset(targets) ? [] : objects(targets)).map(({ refId, hide, datasource, ...spec }) => {
    const { uid, type } = partOf(datasource);
    return defined({ refId, hidden: hide, datasource: uid, group: type, spec });
  });
  return { name, ...panel, ...(queries.length > 0 ? { queries } : {}) };
}

/** A save adds an empty query to a panel that has none. */
function isUnset(targets: Json | undefined): boolean {
  return equal(targets, [{ refId: "A" }]);
}

/** Schema v2 has only some properties of thresholds. A save removes others, which former migrations left. */
function withTypedThresholds(panel: JsonObject): JsonObject {
  const defaults = partOf(panel["fieldConfig"], "defaults");
  const thresholds = partOf(defaults["thresholds"]);
  const steps = objects(thresholds["steps"]);
  if (!steps.some((step) => Object.keys(step).some((key) => !STEP.has(key)))) return panel;
  const known = steps.map((step) => Object.fromEntries(Object.entries(step).filter(([key]) => STEP.has(key))));
  return {
    ...panel,
    fieldConfig: {
      ...partOf(panel["fieldConfig"]),
      defaults: { ...defaults, thresholds: { ...thresholds, steps: known } },
    },
  };
}

const STEP = new Set(["color", "value", "valueExpr"]);

/** The inverse of `elementOf`. */
export function panelOf({ name: _, queries, ...panel }: JsonObject): JsonObject {
  const targets = objects(queries).map(({ refId, hidden, datasource, group, spec }) => ({
    ...partOf(spec),
    ...defined({ refId, hide: hidden }),
    ...(datasource === undefined && group === undefined
      ? {}
      : { datasource: defined({ uid: datasource, type: group }) }),
  }));
  return { ...panel, ...(targets.length > 0 ? { targets } : {}) };
}
