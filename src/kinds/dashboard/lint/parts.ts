import type { LintedQuery, LintedThresholds } from "../../../engine/lint.ts";
import type { QueriedSource } from "../../../engine/queried.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "../model/panels.ts";

/** The properties with expressions, and those that contain other queries. */
const EXPRESSIONS = ["expr", "query"];
const OTHERS = ["query", "rawSql", "rawQuery", "target", "metricAggs", "queryText", "statement"];

/** Grafana's own sources of panels and expressions. */
const INTERNAL = /^(?:__expr__|-- \w+ --|grafana|-100)$/;

/** Links of the dashboard or of a list that pass all variables on. */
export const PASSES_ON = /"includeVars":true|__all_variables/;

export function objectIn(value: JsonObject | undefined, key: string): JsonObject {
  const found = value?.[key];
  return isObject(found) ? found : {};
}

/** A reference in the classic schema: an object, a name, or nothing. */
export function sourceIn(value: Json | undefined): QueriedSource | undefined {
  if (typeof value === "string") return value === "" || value === "default" ? undefined : { uid: value };
  if (!isObject(value)) return undefined;
  const [type, uid] = [textOf(value["type"]), textOf(value["uid"])];
  return type === "" && uid === "" ? undefined : { ...(type === "" ? {} : { type }), ...(uid === "" ? {} : { uid }) };
}

export function isInternal(source: QueriedSource | undefined): boolean {
  return INTERNAL.test(source?.uid ?? "") || INTERNAL.test(source?.type ?? "");
}

type Given = Omit<
  LintedQuery,
  "field" | "text" | "path" | "alone" | "instant" | "queryType" | "minInterval" | "legend"
> & {
  readonly minInterval: string;
};

/** The query in a target of a plugin; none if it has no text. */
export function queryOf(target: JsonObject, path: string, { minInterval, ...given }: Given): LintedQuery[] {
  if (isInternal(given.datasource)) return [];
  const field = EXPRESSIONS.find((name) => typeof target[name] === "string" && target[name] !== "");
  if (field === undefined) return [];
  const interval = textOf(target["interval"]) || minInterval;
  const queryType = textOf(target["queryType"]);
  const legend = textOf(target["legendFormat"]);
  return [
    {
      ...given,
      path: `${path}.${field}`,
      field,
      text: textOf(target[field]),
      alone: OTHERS.every((name) => name === field || !target[name]),
      instant: target["instant"] === true || queryType === "instant" || target["format"] === "table",
      ...(queryType === "" ? {} : { queryType }),
      ...(interval === "" ? {} : { minInterval: interval }),
      ...(legend === "" ? {} : { legend: { path: `${path}.legendFormat`, text: legend } }),
    },
  ];
}

export interface Fields {
  readonly unit?: string;
  readonly otherUnits: boolean;
  readonly thresholds: readonly LintedThresholds[];
}

/** Units and thresholds in the settings of fields. */
export function fieldsOf(config: JsonObject, path: string): Fields {
  const defaults = objectIn(config, "defaults");
  const overrides = objects(config["overrides"]);
  const properties = overrides.flatMap((override, index) =>
    objects(override["properties"]).map((property, at) => ({
      property,
      path: `${path}.overrides[${index}].properties[${at}].value`,
    })),
  );
  const unit = textOf(defaults["unit"]);
  return {
    ...(unit === "" ? {} : { unit }),
    otherUnits: properties.some(({ property }) => property["id"] === "unit"),
    thresholds: [
      ...thresholdsIn(defaults["thresholds"], `${path}.defaults.thresholds`),
      ...properties.flatMap(({ property, path: at }) =>
        property["id"] === "thresholds" ? thresholdsIn(property["value"], at) : [],
      ),
    ],
  };
}

function thresholdsIn(value: Json | undefined, path: string): LintedThresholds[] {
  if (!isObject(value)) return [];
  const steps = objects(value["steps"]);
  // The base has no value, or `null`.
  const values = steps.map((step) => (typeof step["value"] === "number" ? step["value"] : null));
  return steps.length === 0 ? [] : [{ path: `${path}.steps`, values }];
}

/** Panels that draw values over time. */
export function isOverTime(type: string): boolean {
  return /^(?:timeseries|graph|barchart|heatmap|state-timeline|status-history)$/.test(type);
}
