import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { durations, percentiles, stacked, timeseries } from "../_shared/panels.ts";
import { quantile, quantiles, query, rate } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { asBound, color, redFrom } from "../_shared/thresholds.ts";
import { backend } from "./_filters.ts";

export const database: Row = {
  title: "Database query performance",
  panels: [
    timeseries("Query rate by operation", "Queries per second.")
      .span(12)
      .unit(units.OpsPerSecond)
      .withTarget(query("A", rate("db_query_duration_seconds_count", backend, ["operation"]), "{{operation}}")),

    percentiles("Query time", "Duration of queries. The dashed line is the alert's limit for P95.")
      .span(12)
      .thresholds(redFrom(limits.queryTime))
      .targets(quantiles("db_query_duration_seconds", backend)),

    durations("P95 query time by operation", "Duration by kind of query. The dashed line is the alert's limit.")
      .span(12)
      .thresholds(redFrom(limits.queryTime))
      .withTarget(
        query("A", quantile(0.95, "db_query_duration_seconds", backend, ["operation"]), "{{operation}}").exemplar(true),
      ),

    stacked("Connection pool", "Connections to the database. If all are in use, requests wait.")
      .span(12)
      .unit(units.Short)
      // Two queries, because the first series is at the bottom of the stack.
      .withTarget(query("A", `sum(db_pool_connections{${backend}, state="in_use"})`, "in use"))
      .withTarget(query("B", `sum(db_pool_connections{${backend}, state="idle"})`, "idle"))
      .withTarget(query("C", `sum(db_pool_connections_max{${backend}})`, "limit"))
      .overrideByName("in use", color("orange"))
      .overrideByName("idle", color("green"))
      .overrideByName("limit", asBound()),
  ],
};
