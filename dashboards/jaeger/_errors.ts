import * as units from "@grafana/grafana-foundation-sdk/units";
import { search } from "../_shared/jaeger.ts";
import { limits } from "../_shared/limits.ts";
import { toSameTime } from "../_shared/links.ts";
import { timeseries } from "../_shared/panels.ts";
import { failuresByType, query } from "../_shared/queries.ts";
import { ratioOf } from "../_shared/red.ts";
import type { Row } from "../_shared/rows.ts";
import { color, redFrom } from "../_shared/thresholds.ts";
import { traceTable } from "../_shared/trace-panels.ts";
import { spans } from "./_filters.ts";
import { traceLinks } from "./_timeline.ts";

export const errors: Row = {
  title: "Trace error rate",
  panels: [
    timeseries("Span error ratio", "Share of spans that ended with an error. The dashed line is the limit.")
      .span(8)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.spanErrorRatio))
      .withTarget(query("A", ratioOf(spans), "errors"))
      .overrideByName("errors", color("red"))
      .dataLinks([toSameTime.errorLogs]),

    traceTable("Traces with errors", "The newest traces with a failed span.")
      .span(16)
      .withTarget(search({ service: "$service", tags: "error=true", minDuration: "$min_duration", limit: 20 }))
      .dataLinks(traceLinks),

    timeseries(
      "Span error ratio by operation",
      "Share of the spans of the last 5 minutes that ended with an error. Fewer than 20 count as 20. Operations without errors in this time range are omitted, and so are tasks of agents, which have a limit of their own.",
    )
      .span(24)
      .height(10)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.spanErrorRatio))
      .withTarget(
        query("A", failuresByType({ ...spans, filter: `${spans.filter}, gen_ai_agent_name=""` }), "{{span_name}}"),
      )
      .dataLinks([toSameTime.errorLogs]),
  ],
};
