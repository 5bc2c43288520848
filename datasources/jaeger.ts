import { datasource } from "grafana-provision";

export const jaeger = datasource({
  uid: "jaeger",
  name: "Jaeger",
  type: "jaeger",
  url: process.env["JAEGER_URL"] || "http://jaegertracing-toolboxai:16686",
  jsonData: {
    nodeGraph: { enabled: true },
    // From a span to the log lines of its trace.
    tracesToLogsV2: {
      // The uid itself and not `loki.uid`: loki.ts imports this file.
      datasourceUid: "loki",
      // A line may be written a little before or after its span.
      spanStartTimeShift: "-5m",
      spanEndTimeShift: "5m",
      customQuery: true,
      query: '{job="application"} |= "${__trace.traceId}"',
    },
  },
});
