import { isObject, sortedJson, type Json, type JsonObject } from "../json.ts";
import type { GoObject } from "./go-object.ts";
import { badRequestData, serverError } from "./public-error.ts";
import { invalidRule } from "./rule-error.ts";

/** A query or expression of a rule. */
export interface AlertQuery {
  readonly refId: string;
  readonly queryType: string;
  readonly from: number;
  readonly to: number;
  readonly datasourceUid: string;
  /** Undefined if the client omitted it. */
  readonly model: Json | undefined;
}

const expressionDatasources = ["__expr__", "-100"];

/** Parses the queries of a request or a file. */
export function readQueries(rule: GoObject): AlertQuery[] | undefined {
  return rule.objects("data")?.map((query) => {
    const range = query.object("relativeTimeRange");
    return {
      refId: query.text("refId"),
      queryType: query.text("queryType"),
      from: seconds(range, "from"),
      to: seconds(range, "to"),
      datasourceUid: query.text("datasourceUid"),
      model: query.raw("model"),
    };
  });
}

/** A query in the API's form. */
export function queryForm(query: AlertQuery): JsonObject {
  const { refId, queryType, from, to, datasourceUid, model } = query;
  return { refId, queryType, relativeTimeRange: { from, to }, datasourceUid, model: model ?? null };
}

/** A query as Grafana stores it: its model has defaults and sorted keys. */
export function normalizeQuery(query: AlertQuery): AlertQuery {
  const { refId, model } = query;
  // Grafana crashes if the model is null.
  if (model === null) throw serverError();
  if (model !== undefined && !isObject(model)) throw invalidRule(`invalid query model of ${refId}`);
  const queryType = model?.["queryType"] ?? query.queryType;
  if (typeof queryType !== "string" || model?.["queryType"] === null) {
    throw invalidRule(`the queryType of query ${refId} is not a string`);
  }
  const defaulted: JsonObject = {
    ...model,
    refId,
    maxDataPoints: positiveOr(model?.["maxDataPoints"], 43_200),
    intervalMs: positiveOr(model?.["intervalMs"], 1000),
  };
  if (!expressionDatasources.includes(query.datasourceUid) && query.from <= query.to) {
    throw invalidRule(`invalid relative time range of query ${refId}`);
  }
  return { ...query, queryType, model: JSON.parse(sortedJson(defaulted)) as JsonObject };
}

function positiveOr(value: Json | undefined, fallback: number): number {
  return typeof value === "number" && value !== 0 ? value : fallback;
}

/** Whole seconds. An empty range starts and ends now. */
function seconds(range: GoObject | undefined, field: "from" | "to"): number {
  const value = range?.raw(field);
  if (value === undefined) return 0;
  if (typeof value !== "number") throw badRequestData();
  return Math.trunc(value);
}
