import { CellValuesBuilder, YAxisConfigBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { toSameTime } from "../_shared/links.ts";
import { heatmap, longDurations, percentiles } from "../_shared/panels.ts";
import { buckets, quantiles, query } from "../_shared/queries.ts";
import { p95Of } from "../_shared/red.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { spans } from "./_filters.ts";

export const latency: Row = {
  title: "Operation latency distribution",
  panels: [
    percentiles("Span duration", "Duration of spans. A point is one span and links to its trace.", longDurations)
      .span(12)
      .height(11)
      .thresholds(redFrom(limits.responseTime))
      .targets(quantiles(spans.histogram, spans.filter)),

    heatmap("Span duration distribution", "The number of spans by duration. Two bands indicate two kinds of work.")
      .span(12)
      .height(11)
      .yAxis(new YAxisConfigBuilder().unit(units.Seconds))
      .cellValues(new CellValuesBuilder().unit(units.OpsPerSecond))
      .withTarget(buckets("A", spans.histogram, spans.filter)),

    // No limit: tasks of agents are operations too, and take minutes.
    longDurations("P95 duration by operation", "95% of the spans were faster, by operation.")
      .span(24)
      .height(10)
      .withTarget(query("A", p95Of(spans, spans.by), "{{span_name}}").exemplar(true))
      .dataLinks([toSameTime.requests, toSameTime.logs]),
  ],
};
