import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { toSameTime } from "../_shared/links.ts";
import { stacked, timeseries } from "../_shared/panels.ts";
import { failuresByType, query } from "../_shared/queries.ts";
import { ratioOf } from "../_shared/red.ts";
import type { Row } from "../_shared/rows.ts";
import { color, redFrom } from "../_shared/thresholds.ts";
import { backend, httpRequests } from "./_filters.ts";

export const connections: Row = {
  title: "Active connections and error rate",
  panels: [
    stacked("Active connections", "Requests in progress and open WebSockets of all instances.")
      .span(12)
      .unit(units.Short)
      .withTarget(query("A", `sum by (protocol) (active_connections{${backend}})`, "{{protocol}}")),

    timeseries(
      "Error ratio",
      "Share of requests with server errors (5xx) and client errors (4xx). The dashed line is the alert's limit for 5xx.",
    )
      .span(12)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.errorRatio))
      .withTarget(query("A", ratioOf(httpRequests), "5xx"))
      .withTarget(query("B", ratioOf(httpRequests, 'status=~"4.."'), "4xx"))
      .overrideByName("5xx", color("red"))
      .overrideByName("4xx", color("orange"))
      .dataLinks([toSameTime.errorLogs]),

    timeseries(
      "Error ratio by route",
      "Share of the requests of the last 5 minutes with 5xx. Fewer than 20 count as 20. Routes without errors in this time range are omitted.",
    )
      .span(24)
      .height(10)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.errorRatio))
      .withTarget(query("A", failuresByType(httpRequests), "{{method}} {{path}}"))
      .dataLinks([toSameTime.errorLogs]),
  ],
};
