import * as units from "@grafana/grafana-foundation-sdk/units";
import { search } from "../_shared/jaeger.ts";
import { limits } from "../_shared/limits.ts";
import { toSameTime } from "../_shared/links.ts";
import { timeseries } from "../_shared/panels.ts";
import { query } from "../_shared/queries.ts";
import { ratioBySort, ratioOf } from "../_shared/red.ts";
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

    timeseries("Span error ratio by operation", "Operations without errors are omitted.")
      .span(24)
      .height(10)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.spanErrorRatio))
      .withTarget(query("A", ratioBySort(spans), "{{span_name}}"))
      .dataLinks([toSameTime.errorLogs]),
  ],
};
