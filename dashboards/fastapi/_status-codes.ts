import * as units from "@grafana/grafana-foundation-sdk/units";
import { donut, stacked, timeseries } from "../_shared/panels.ts";
import { query } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { color } from "../_shared/thresholds.ts";
import { http } from "./_filters.ts";

/** PromQL that adds the label `class` (2xx, 3xx, 4xx or 5xx) to a vector, from its label `status`. */
function withClass(vector: string): string {
  return `label_replace(${vector}, "class", "\${1}xx", "status", "(.)..")`;
}

/** The colors of a class and of its codes: "4.." matches both 4xx and 404. */
const colors = [
  { matcher: { id: "byRegexp", options: "2.." }, properties: color("green") },
  { matcher: { id: "byRegexp", options: "3.." }, properties: color("blue") },
  { matcher: { id: "byRegexp", options: "4.." }, properties: color("orange") },
  { matcher: { id: "byRegexp", options: "5.." }, properties: color("red") },
];

export const statusCodes: Row = {
  title: "HTTP status codes distribution",
  panels: [
    stacked("Responses by class", "Responses per second. 4xx are client errors, 5xx are server errors.")
      .span(9)
      .unit(units.RequestsPerSecond)
      .withTarget(
        query(
          "A",
          `sum by (class) (${withClass(`rate(http_requests_total{${http}}[$__rate_interval])`)})`,
          "{{class}}",
        ),
      )
      .overrides(colors),

    timeseries("Failed requests by status code", "Responses per second with a code of 400 or above.")
      .span(9)
      .unit(units.RequestsPerSecond)
      .withTarget(
        query(
          "A",
          `sum by (status) (rate(http_requests_total{${http}, status=~"[45].."}[$__rate_interval]))`,
          "{{status}}",
        ),
      ),

    donut("Status codes", "Responses by code in the whole time range.")
      .span(6)
      .unit(units.Short)
      .decimals(0)
      .withTarget(
        query("A", `sum by (status) (increase(http_requests_total{${http}}[$__range])) > 0`, "{{status}}").instant(),
      )
      .overrides(colors),
  ],
};
