import { datasource, type JaegerJsonData } from "grafana-provision";
import { loki } from "./loki.ts";
import { prometheus } from "./prometheus.ts";

/** Matches the span metrics of the span's service and operation. */
const span = '$__tags, span_name="${__span.name}"';

export const jaeger = datasource({
  uid: "jaeger",
  name: "Jaeger",
  type: "jaeger",
  url: process.env["JAEGER_URL"] || "http://jaegertracing-toolboxai:16686",
  jsonData: () =>
    ({
      nodeGraph: { enabled: true },
      // From a span to the log lines of its trace.
      tracesToLogsV2: {
        datasourceUid: loki.uid,
        // A log line can be written shortly before or after its span.
        spanStartTimeShift: "-5m",
        spanEndTimeShift: "5m",
        customQuery: true,
        query: '{job=~"application|docker|otlp"} |= "${__trace.traceId}"',
      },
      // From a span to the metrics of its operation.
      tracesToMetrics: {
        datasourceUid: prometheus.uid,
        spanStartTimeShift: "-30m",
        spanEndTimeShift: "30m",
        tags: [{ key: "service.name", value: "service_name" }],
        queries: [
          {
            name: "Rate of this operation",
            query: `sum(rate(otel_traces_span_metrics_calls_total{${span}}[$__rate_interval]))`,
          },
          {
            name: "Errors of this operation",
            query: `sum(rate(otel_traces_span_metrics_calls_total{${span}, status_code="STATUS_CODE_ERROR"}[$__rate_interval]))`,
          },
          {
            name: "P95 duration of this operation",
            query: `histogram_quantile(0.95, sum by (le) (rate(otel_traces_span_metrics_duration_seconds_bucket{${span}}[$__rate_interval])))`,
          },
        ],
      },
    }) satisfies JaegerJsonData,
});
