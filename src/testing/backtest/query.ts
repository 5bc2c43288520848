import { DEFAULT_SCRAPE } from "../../util/duration.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import { reject } from "../invalid.ts";

/** A query of a rule, as Grafana sends it to Prometheus at each evaluation. Times in milliseconds. */
export interface RangeQuery {
  readonly refId: string;
  readonly expr: string;
  readonly instant: boolean;
  /** Between two points of a query that is not instant. */
  readonly step: number;
  /** The range of the query, before the evaluation. */
  readonly before: { readonly from: number; readonly to: number };
}

/** Grafana's limit of points of a query, and the one of a rule without its own. */
const [SAFE_POINTS, POINTS] = [11_000, 43_200];

/**
 * `part`: of the rule, in the notation of the provisioning API. `path`: of its model. `scrape`: the scrape interval of its
 * datasource, `30s`.
 */
export async function rangeQuery(part: JsonObject, path: string, scrape?: string): Promise<RangeQuery> {
  const model = isObject(part["model"]) ? part["model"] : {};
  const written = textOf(model["expr"] ?? "");
  if (written.trim() === "")
    reject(path, "the query has no PromQL expression", "backtest supports only queries of Prometheus.");
  // They load the grammars, which other tests of alerts don't need.
  const [{ expand }, { graphInterval, intervalOf }, { dependsOnRange }] = await Promise.all([
    import("../../check/expand.ts"),
    import("../../check/time.ts"),
    import("../../check/evaluation-time.ts"),
  ]);
  const range = isObject(part["relativeTimeRange"]) ? part["relativeTimeRange"] : {};
  const seconds = (field: "from" | "to") => (typeof range[field] === "number" ? Math.trunc(range[field]) : 0);
  const before = { from: seconds("from") * 1000, to: seconds("to") * 1000 };
  const length = before.from - before.to;
  const { maxDataPoints, intervalMs } = model;
  const points = typeof maxDataPoints === "number" && maxDataPoints > 0 ? maxDataPoints : POINTS;
  const own = intervalOf(textOf(model["interval"] ?? ""));
  const minimum = own ?? (typeof intervalMs === "number" && intervalMs > 0 ? intervalMs : 1000);
  const step = Math.max(graphInterval(length, points, minimum), graphInterval(length, SAFE_POINTS, 0));
  const scope = {
    values: new Map(),
    range: { from: 0, to: length },
    intervalMs: step,
    scrapeMs: own ?? intervalOf(scrape) ?? DEFAULT_SCRAPE,
  };
  const { text, unknown } = expand(written, scope, "prometheus");
  const [variable] = unknown;
  if (variable !== undefined)
    reject(path, `the query uses the variable ${variable}, which Grafana doesn't know in rules`);
  if (/__(?:from|to)\b/.test(written)) reject(path, "backtest doesn't support the variables __from and __to");
  if (dependsOnRange(text))
    reject(path, "backtest doesn't support @ start() and @ end()", "Their time differs at each evaluation.");
  return { refId: textOf(part["refId"]), expr: text, instant: model["instant"] === true, step, before };
}
