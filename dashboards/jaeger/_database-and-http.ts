import { search } from "../_shared/jaeger.ts";
import { limits } from "../_shared/limits.ts";
import { durations, longDurations } from "../_shared/panels.ts";
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
    // No limit: a request that runs a task of an agent takes as long as the task.
    longDurations("P95 duration of HTTP requests", "95% of the requests were faster, by route.")
      .span(14)
      .withTarget(query("A", quantile(0.95, spans.histogram, server, ["span_name"]), "{{span_name}}").exemplar(true)),

    durations("P95 duration of database calls", "95% of the calls were faster, by database and operation.")
      .span(10)
      .thresholds(redFrom(limits.queryTime))
      .withTarget(
        query(
          "A",
          quantile(0.95, spans.histogram, databases, ["db_system", "span_name"]),
          "{{db_system}} {{span_name}}",
        ).exemplar(true),
      ),

    traceTable(
      "Traces with HTTP requests",
      "The newest traces with a request to the service. The duration is that of the trace.",
    )
      .span(12)
      .withTarget(search({ service: "$service", tags: "span.kind=server", minDuration: "$min_duration", limit: 20 }))
      .dataLinks(traceLinks),

    traceTable(
      "Traces with database calls",
      "The newest traces with a call of the selected database. The duration is that of the trace.",
    )
      .span(12)
      .withTarget(
        search({ service: "$service", tags: "db.system=$db_system", minDuration: "$min_duration", limit: 20 }),
      )
      .dataLinks(traceLinks),
  ],
};
