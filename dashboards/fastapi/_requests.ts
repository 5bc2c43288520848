import { CellValuesBuilder, YAxisConfigBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_limits.ts";
import { heatmap, percentiles, redFrom, timeseries } from "../_panels.ts";
import { buckets, quantile, quantiles, query } from "../_queries.ts";
import type { Row } from "../_rows.ts";
import { http } from "./_filters.ts";

export const requests: Row = {
  title: "Request rate and response time",
  panels: [
    timeseries("Request rate by route", "Requests answered in a second. A route is a method and a path template.")
      .span(12)
      .unit(units.RequestsPerSecond)
      .withTarget(
        query(
          "A",
          `sum by (method, path) (rate(http_requests_total{${http}}[$__rate_interval]))`,
          "{{method}} {{path}}",
        ),
      ),

    percentiles(
      "Response time",
      "P50 is what most users see, P99 what the unluckiest of a hundred does. The dashed line is the alert's limit for P95.",
    )
      .span(12)
      .unit(units.Seconds)
      .thresholds(redFrom(limits.responseTime))
      .targets(quantiles("http_request_duration_seconds", http)),

    timeseries("P95 response time by route", "Which routes are slow. The dashed line is the alert's limit.")
      .span(12)
      .unit(units.Seconds)
      .thresholds(redFrom(limits.responseTime))
      .withTarget(
        query("A", quantile(0.95, "http_request_duration_seconds", http, ["method", "path"]), "{{method}} {{path}}"),
      ),

    heatmap(
      "Response time distribution",
      "How many requests took how long. Two bands mean two kinds of requests, such as cached and not cached.",
    )
      .span(12)
      .yAxis(new YAxisConfigBuilder().unit(units.Seconds))
      .cellValues(new CellValuesBuilder().unit(units.RequestsPerSecond))
      .withTarget(buckets("A", "http_request_duration_seconds", http)),
  ],
};
