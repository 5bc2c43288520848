import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_limits.ts";
import { color, redFrom, stacked, timeseries } from "../_panels.ts";
import { query } from "../_queries.ts";
import type { Row } from "../_rows.ts";
import { backend, http } from "./_filters.ts";

/**
 * PromQL for the share of requests whose status matches. No such request is 0 and not "no data"; no request at all is
 * "no data" and not 0 / 0.
 */
export function errorRatio(status: string): string {
  const failed = `sum(rate(http_requests_total{${http}, status=~"${status}"}[$__rate_interval]))`;
  const all = `sum(rate(http_requests_total{${http}}[$__rate_interval]))`;
  return `(${failed} or vector(0)) / (${all} > 0)`;
}

const failedByRoute = `sum by (method, path) (rate(http_requests_total{${http}, status=~"5.."}[$__rate_interval]))`;
const allByRoute = `sum by (method, path) (rate(http_requests_total{${http}}[$__rate_interval]))`;

export const connections: Row = {
  title: "Active connections and error rate",
  panels: [
    stacked("Active connections", "Requests in progress and open WebSockets, over all instances.")
      .span(8)
      .unit(units.Short)
      .withTarget(query("A", `sum by (protocol) (active_connections{${backend}})`, "{{protocol}}")),

    timeseries(
      "Error ratio",
      "Share of requests that fail: by the server's fault (5xx) and by the client's (4xx). The dashed line is the alert's limit for 5xx.",
    )
      .span(8)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.errorRatio))
      .withTarget(query("A", errorRatio("5.."), "5xx"))
      .withTarget(query("B", errorRatio("4.."), "4xx"))
      .overrideByName("5xx", color("red"))
      .overrideByName("4xx", color("orange")),

    timeseries("Error ratio by route", "Share of requests answered with 5xx. Routes without errors are left out.")
      .span(8)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.errorRatio))
      .withTarget(query("A", `${failedByRoute} / ${allByRoute} > 0`, "{{method}} {{path}}")),
  ],
};
