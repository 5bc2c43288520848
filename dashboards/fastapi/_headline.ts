import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { stat } from "../_shared/panels.ts";
import { now, orNoTraffic } from "../_shared/queries.ts";
import { p95Of, rateOf, ratioOf } from "../_shared/red.ts";
import { redBelow, redFrom } from "../_shared/thresholds.ts";
import { backend, httpRequests } from "./_filters.ts";

/** Six numbers at the top, outside of any row. */
export const headline = [
  stat("Instances up", "Share of the backend's instances that Prometheus can scrape.")
    .span(8)
    .unit(units.PercentUnit)
    .thresholds(redBelow(1))
    .withTarget(now("A", `avg(up{${backend}})`, "Up")),

  stat("Request rate", "Requests per second, including failures.")
    .span(8)
    .unit(units.RequestsPerSecond)
    .withTarget(now("A", rateOf(httpRequests), "Requests")),

  stat("Error ratio", "Share of requests with 5xx. Red from 5%, like the alert.")
    .span(8)
    .unit(units.PercentUnit)
    .decimals(2)
    .thresholds(redFrom(limits.errorRatio))
    .withTarget(now("A", orNoTraffic(ratioOf(httpRequests), rateOf(httpRequests)), "Errors")),

  stat("P95 response", "95% of the requests were faster. Red from 2 s, like the alert.")
    .span(8)
    .unit(units.Seconds)
    .thresholds(redFrom(limits.responseTime))
    .withTarget(now("A", orNoTraffic(p95Of(httpRequests), rateOf(httpRequests)), "P95")),

  stat("Connections", "Requests in progress and open WebSockets of all instances.")
    .span(8)
    .unit(units.Short)
    .withTarget(now("A", `sum(active_connections{${backend}})`, "Connections")),

  stat("Memory", "The maximum of all instances. Red from 2 GB, like the alert.")
    .span(8)
    .unit(units.BytesSI)
    .thresholds(redFrom(limits.memory))
    .withTarget(now("A", `max(process_resident_memory_bytes{${backend}})`, "Memory")),
];
