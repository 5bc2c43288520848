import { EXPRESSIONS, objectsOf } from "../../kinds/alerting/rule.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import { reject } from "../invalid.ts";
import { expressionOf, type Expression } from "./expressions.ts";
import { isFailure, labelKey, NO_DATA, type Result, type Value } from "./results.ts";
import type { PlacedSeries } from "./series.ts";
import type { Outcome } from "./states.ts";

/** Evaluates the queries and expressions of a rule at a time. `firing`: the labels of results for which a recovery threshold applies. */
type Evaluation = (at: number, firing: ReadonlySet<string>) => Outcome[];

interface Query {
  readonly datasourceUid: string;
  readonly resultAt: (at: number) => Result;
}

/** `rule`: in the notation of the provisioning API. */
export function evaluationOf(rule: JsonObject, series: ReadonlyMap<string, PlacedSeries>): Evaluation {
  const queries = new Map<string, Query>();
  const expressions = new Map<string, Expression>();
  const parts = objectsOf(rule["data"]);
  for (const [index, part] of parts.entries()) {
    const [refId, uid] = [textOf(part["refId"]), textOf(part["datasourceUid"])];
    const path = `data[${index}].model`;
    if (EXPRESSIONS.has(uid)) expressions.set(refId, expressionOf(modelOf(part), path));
    else queries.set(refId, queryOf(part, uid, path, series.get(refId)));
  }
  const condition = textOf(rule["condition"]);
  return (at, firing) => {
    const results = new Map([...queries].map(([refId, query]) => [refId, query.resultAt(at)]));
    const result = resultOf(condition, results, expressions, firing);
    if (isFailure(result)) return [{ labels: {}, state: "Error", failure: result }];
    const missing = withoutData(queries, results);
    return missing.length > 0 ? missing : outcomesOf(result, condition);
  };
}

function queryOf(part: JsonObject, datasourceUid: string, path: string, series: PlacedSeries | undefined): Query {
  const refId = textOf(part["refId"]);
  if (!series) reject(`series.${refId}`, `the query ${refId} has no series`, "Pass an empty list for no data.");
  const model = modelOf(part);
  const type = textOf(model["queryType"] ?? part["queryType"] ?? "");
  const isInstant = model["instant"] === true || type === "instant";
  if (isInstant && model["range"] === true) reject(path, "simulate doesn't support a query that is instant and range");
  const range = isObject(part["relativeTimeRange"]) ? part["relativeTimeRange"] : {};
  const before = (field: "from" | "to") => (typeof range[field] === "number" ? Math.trunc(range[field]) * 1000 : 0);
  return {
    datasourceUid,
    resultAt(at) {
      const end = at - before("to");
      if (series.failsAt(end)) return { refId, datasourceUid };
      const values = series.list.flatMap(({ labels, valueAt, pointsIn }): Value[] => {
        if (!isInstant) {
          const points = pointsIn(at - before("from"), end);
          return points.length > 0 ? [{ type: "series", labels, points }] : [];
        }
        const value = valueAt(end);
        return value === undefined ? [] : [{ type: "number", labels, value }];
      });
      return values.length > 0 ? values : NO_DATA;
    },
  };
}

function resultOf(
  refId: string,
  queried: ReadonlyMap<string, Result>,
  expressions: ReadonlyMap<string, Expression>,
  firing: ReadonlySet<string>,
): Result {
  const expression = expressions.get(refId);
  if (!expression) return queried.get(refId) ?? NO_DATA;
  const inputs = new Map<string, readonly Value[]>();
  for (const input of expression.inputs) {
    const result = resultOf(input, queried, expressions, firing);
    if (isFailure(result)) return result;
    inputs.set(input, result);
  }
  return expression.evaluate(inputs, firing);
}

/** One outcome for each datasource with a query that has no data, even if the condition doesn't use the query. */
function withoutData(queries: ReadonlyMap<string, Query>, results: ReadonlyMap<string, Result>): Outcome[] {
  const missing = new Map<string, string[]>();
  for (const [refId, { datasourceUid }] of queries) {
    const result = results.get(refId) ?? NO_DATA;
    // A failed query has no data either.
    if (isFailure(result) || result === NO_DATA)
      missing.set(datasourceUid, [...(missing.get(datasourceUid) ?? []), refId]);
  }
  return [...missing].map(([uid, names]) => ({
    labels: { datasource_uid: uid, ref_id: names.toSorted().join(",") },
    state: "NoData",
  }));
}

function outcomesOf(values: readonly Value[], condition: string): Outcome[] {
  if (values.length === 0) return [{ labels: {}, state: "NoData" }];
  const seen = new Set<string>();
  const outcomes: Outcome[] = [];
  for (const value of values) {
    if (value.type === "series")
      reject(
        "condition",
        `${condition} returns time series`,
        "Reduce each of them to a number, for example with reduce.",
      );
    const labels = value.type === "number" ? value.labels : {};
    if (seen.has(labelKey(labels))) return [{ labels, state: "Error" }];
    seen.add(labelKey(labels));
    const number = value.type === "number" ? value.value : undefined;
    outcomes.push({ labels, state: number === undefined ? "NoData" : number === 0 ? "Normal" : "Alerting" });
  }
  return outcomes;
}

function modelOf(part: JsonObject): JsonObject {
  return isObject(part["model"]) ? part["model"] : {};
}
