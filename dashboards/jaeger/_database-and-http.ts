import * as units from "@grafana/grafana-foundation-sdk/units";
import { search } from "../_shared/jaeger.ts";
import { limits } from "../_shared/limits.ts";
import { durations, timeseries } from "../_shared/panels.ts";
import { quantile, query } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { traceTable } from "../_shared/trace-panels.ts";
import { ofService, spans } from "./_filters.ts";
import { traceLinks } from "./_timeline.ts";

const server = `${ofService}, span_kind="SPAN_KIND_SERVER"`;
const databases = `${ofService}, span_kind="SPAN_KIND_CLIENT", db_system!=""`;

export const databaseAndHttp: Row = {
  title: "Database and HTTP request traces",
  panels: [
    durations("P95 duration of HTTP requests", "95% of the requests were faster, by route.")
      .span(14)
      .thresholds(redFrom(limits.responseTime))
      .withTarget(query("A", quantile(0.95, spans.histogram, server, ["span_name"]), "{{span_name}}").exemplar(true)),

    timeseries("P95 duration of database calls", "95% of the calls were faster, by database and operation.")
      .span(10)
      .unit(units.Seconds)
      .thresholds(redFrom(limits.queryTime))
      .withTarget(
        query(
          "A",
          quantile(0.95, spans.histogram, databases, ["db_system", "span_name"]),
          "{{db_system}} {{span_name}}",
        ).exemplar(true),
      ),

    traceTable("HTTP requests", "The newest traces with a request to the service.")
      .span(12)
      .withTarget(search({ service: "$service", tags: "span.kind=server", minDuration: "$min_duration", limit: 20 }))
      .dataLinks(traceLinks),

    traceTable("Database calls", "The newest traces with a call of the selected database.")
      .span(12)
      .withTarget(
        search({ service: "$service", tags: "db.system=$db_system", minDuration: "$min_duration", limit: 20 }),
      )
      .dataLinks(traceLinks),
  ],
};
