import { datasource, type PrometheusJsonData } from "grafana-provision";
import { jaeger } from "./jaeger.ts";

export const prometheus = datasource({
  uid: "prometheus",
  name: "Prometheus",
  type: "prometheus",
  url: process.env["PROMETHEUS_URL"] || "http://prometheus-toolboxai:9090",
  isDefault: true,
  // A function, because the datasources refer to each other.
  jsonData: () =>
    ({
      // With GET, the query is in the URL, whose length is limited.
      httpMethod: "POST",
      // The longest scrape interval of all jobs (the backend's is 10s). $__rate_interval is at least four times as long.
      timeInterval: "15s",
      // From a point on a graph to the trace of that request.
      exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: jaeger.uid, urlDisplayLabel: "View trace" }],
    }) satisfies PrometheusJsonData,
});
