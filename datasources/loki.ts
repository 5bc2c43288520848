import { datasource, type LokiJsonData } from "grafana-provision";
import { jaeger } from "./jaeger.ts";

export const loki = datasource({
  uid: "loki",
  name: "Loki",
  type: "loki",
  url: process.env["LOKI_URL"] || "http://grafana-loki-toolboxai:3100",
  jsonData: () =>
    ({
      maxLines: 1000,
      // From a log line to its trace: `trace_id=…` in plain text, `"trace_id": "…"` in JSON.
      derivedFields: [
        {
          name: "Trace",
          matcherRegex: String.raw`[tT]race_?[iI][dD]"?\s*[=:]\s*"?(\w+)`,
          datasourceUid: jaeger.uid,
          // For an internal link, this is the query: the trace id.
          url: "${__value.raw}",
          urlDisplayLabel: "View trace",
        },
      ],
    }) satisfies LokiJsonData,
});
