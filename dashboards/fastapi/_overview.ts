import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_limits.ts";
import { redBelow, redFrom, stat } from "../_panels.ts";
import { quantile, query } from "../_queries.ts";
import { errorRatio } from "./_connections.ts";
import { backend, http } from "./_filters.ts";

/** Is all well? Six numbers, at the top and without a row. */
export const overview = [
  stat("Instances up", "Share of the backend's instances that Prometheus can scrape.")
    .span(4)
    .unit(units.PercentUnit)
    .thresholds(redBelow(1))
    .withTarget(query("A", `avg(up{${backend}})`, "Up")),

  stat("Request rate", "Requests answered in a second, whatever the answer.")
    .span(4)
    .unit(units.RequestsPerSecond)
    .withTarget(query("A", `sum(rate(http_requests_total{${http}}[$__rate_interval]))`, "Requests")),

  stat("Error ratio", "Share of requests answered with 5xx. Red from 5%, as the alert.")
    .span(4)
    .unit(units.PercentUnit)
    .decimals(2)
    .thresholds(redFrom(limits.errorRatio))
    .noValue("No traffic")
    .withTarget(query("A", errorRatio("5.."), "Errors")),

  stat("P95 response time", "95% of all requests were answered faster. Red from 2 s, as the alert.")
    .span(4)
    .unit(units.Seconds)
    .thresholds(redFrom(limits.responseTime))
    .noValue("No traffic")
    .withTarget(query("A", quantile(0.95, "http_request_duration_seconds", http), "P95")),

  stat("Active connections", "Requests in progress and open WebSockets, over all instances.")
    .span(4)
    .unit(units.Short)
    .withTarget(query("A", `sum(active_connections{${backend}})`, "Connections")),

  stat("Memory", "Resident memory of the instance that has most. Red from 2 GB, as the alert.")
    .span(4)
    .unit(units.BytesSI)
    .thresholds(redFrom(limits.memory))
    .withTarget(query("A", `max(process_resident_memory_bytes{${backend}})`, "Memory")),
];
