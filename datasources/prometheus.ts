import { datasource, type PrometheusJsonData } from "grafana-provision";
import { jaeger } from "./jaeger.ts";

export const prometheus = datasource({
  uid: "prometheus",
  name: "Prometheus",
  type: "prometheus",
  url: process.env["PROMETHEUS_URL"] || "http://prometheus-toolboxai:9090",
  isDefault: true,
  // A function, as in the other two: they name each other.
  jsonData: () =>
    ({
      // A GET puts the query into the URL, which is too short for long ones.
      httpMethod: "POST",
      // The longest scrape interval of any job: $__rate_interval is never less than four of them. The backend's is 10s.
      timeInterval: "15s",
      // From a point on a graph to the trace of that request.
      exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: jaeger.uid, urlDisplayLabel: "View trace" }],
    }) satisfies PrometheusJsonData,
});
