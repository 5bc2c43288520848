import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { toSameTime } from "../_shared/links.ts";
import { PER_SECOND, timeseries } from "../_shared/panels.ts";
import { query, rate } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { color, redFrom } from "../_shared/thresholds.ts";
import { collectorJob } from "./_jobs.ts";

const failed = (signal: string) => rate(`otelcol_exporter_send_failed_${signal}`, collectorJob, ["exporter"]);

export const tracing: Row = {
  title: "Traces: OpenTelemetry collector and Jaeger",
  panels: [
    timeseries(
      "Spans",
      "Spans per second that the collector accepted, rejected because of low memory, and sent to Jaeger.",
    )
      .span(8)
      .unit(PER_SECOND)
      .withTarget(query("A", rate("otelcol_receiver_accepted_spans", collectorJob), "accepted"))
      .withTarget(query("B", rate("otelcol_receiver_refused_spans", collectorJob), "refused"))
      .withTarget(query("C", rate("otelcol_exporter_sent_spans", collectorJob), "sent"))
      .overrideByName("refused", color("red"))
      .dataLinks([toSameTime.traces]),

    timeseries(
      "Exporter failures",
      "Lost data that the collector could not send, by exporter: Jaeger, Prometheus, Loki.",
    )
      .span(8)
      .unit(PER_SECOND)
      .thresholds(redFrom(limits.lost))
      .withTarget(query("A", failed("spans"), "spans to {{exporter}}"))
      .withTarget(query("B", failed("metric_points"), "metrics to {{exporter}}"))
      .withTarget(query("C", failed("log_records"), "log lines to {{exporter}}")),

    timeseries("Exporter queues", "Used share of each exporter's queue. A full queue drops data.")
      .span(8)
      .unit(units.PercentUnit)
      .max(1)
      .thresholds(redFrom(limits.queue))
      .withTarget(
        query(
          "A",
          `max by (exporter) (otelcol_exporter_queue_size{${collectorJob}} / otelcol_exporter_queue_capacity{${collectorJob}})`,
          "{{exporter}}",
        ),
      ),
  ],
};
