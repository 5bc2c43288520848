import { CellValuesBuilder, YAxisConfigBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { toSameTime } from "../_shared/links.ts";
import { durations, heatmap, percentiles, timeseries } from "../_shared/panels.ts";
import { buckets, quantiles, query } from "../_shared/queries.ts";
import { p95Of, rateOf } from "../_shared/red.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { httpRequests } from "./_filters.ts";

const { histogram, filter, by } = httpRequests;

export const requests: Row = {
  title: "Request rate and response time",
  panels: [
    percentiles(
      "Response time",
      "P50: half of the requests were faster. P99: 99% were faster. The dashed line is the alert's limit for P95. A point is one request and links to its trace.",
    )
      .span(12)
      .height(11)
      .thresholds(redFrom(limits.responseTime))
      .targets(quantiles(histogram, filter))
      .dataLinks([toSameTime.traces]),

    heatmap(
      "Response time distribution",
      "The number of requests by response time. Two bands indicate two kinds of requests, such as cached and uncached.",
    )
      .span(12)
      .height(11)
      .yAxis(new YAxisConfigBuilder().unit(units.Seconds))
      .cellValues(new CellValuesBuilder().unit(units.RequestsPerSecond))
      .withTarget(buckets("A", histogram, filter)),

    timeseries("Request rate by route", "Requests per second. A route is a method and a path template.")
      .span(24)
      .height(10)
      .unit(units.RequestsPerSecond)
      .withTarget(query("A", rateOf(httpRequests, by), "{{method}} {{path}}")),

    durations(
      "P95 response time by route",
      "Response time by route. The dashed line is the alert's limit, which is for all routes together.",
    )
      .span(24)
      .height(10)
      .thresholds(redFrom(limits.responseTime))
      .withTarget(query("A", p95Of(httpRequests, by), "{{method}} {{path}}").exemplar(true))
      .dataLinks([toSameTime.traces]),
  ],
};
