import * as units from "@grafana/grafana-foundation-sdk/units";
import { allNames, donut, stacked, timeseries } from "../_shared/panels.ts";
import { orNone, query, rate } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { color } from "../_shared/thresholds.ts";
import { http } from "./_filters.ts";

/** PromQL that adds the label `class` (2xx, 3xx, 4xx or 5xx) to a vector, from its label `status`. */
function withClass(vector: string): string {
  return `label_replace(${vector}, "class", "\${1}xx", "status", "(.)..")`;
}

/** Shades of the color of a class, and the codes that have them. Other codes have the color of their class. */
const SHADES = {
  green: { "semi-dark-green": "201", "light-green": "202", "dark-green": "204" },
  blue: { "light-blue": "301", "dark-blue": "304" },
  orange: {
    yellow: "401",
    "dark-orange": "403",
    "light-orange": "404",
    "dark-yellow": "409",
    "semi-dark-orange": "422",
    "light-yellow": "429",
  },
  red: { "light-red": "502", "dark-red": "503", "semi-dark-red": "504" },
};

const colored = (pattern: string, name: string) => ({
  matcher: { id: "byRegexp", options: `^${pattern}$` },
  properties: color(name),
});

/** The colors of classes and codes: "4.." matches both 4xx and 404. The last match applies. */
const colors = Object.entries(SHADES).flatMap(([name, shades], index) => [
  colored(`${index + 2}..`, name),
  ...Object.entries(shades).map(([shade, code]) => colored(code, shade)),
]);

const failed = `${http}, status=~"[45].."`;

export const statusCodes: Row = {
  title: "HTTP status codes distribution",
  panels: [
    stacked("Responses by class", "Responses per second. 4xx are client errors, 5xx are server errors.")
      .span(8)
      .unit(units.RequestsPerSecond)
      .withTarget(
        query(
          "A",
          `sum by (class) (${withClass(`rate(http_requests_total{${http}}[$__rate_interval])`)})`,
          "{{class}}",
        ),
      )
      .overrides(colors),

    timeseries("Failures by status code", "Responses per second with a code of 400 or above.")
      .span(8)
      .unit(units.RequestsPerSecond)
      .legend(allNames())
      .overrides(colors)
      .withTarget(
        query(
          "A",
          orNone(
            rate("http_requests_total", failed, ["status"]),
            `http_requests_total{${failed}}`,
            rate("http_requests_total", http),
            "status",
            "none",
          ),
          "{{status}}",
        ),
      ),

    donut("Total by status code", "Responses by code in the whole time range, including those before an outage.")
      .span(8)
      .unit(units.Short)
      .decimals(0)
      .withTarget(
        query("A", `sum by (status) (increase(http_requests_total{${http}}[$__range])) > 0`, "{{status}}").instant(),
      )
      .overrides(colors),
  ],
};
