import { datasource } from "grafana-provision";

// Does your Grafana have one already, which something else manages? Then write this instead, with its uid:
//
//   import { existing } from "grafana-provision";
//   export const prometheus = existing.datasource("its-uid", "prometheus");

export const prometheus = datasource({
  uid: "my-team-prometheus",
  name: "my-team Prometheus",
  type: "prometheus",
  // Where Grafana's server reaches it, which need not be where you do.
  url: process.env["PROMETHEUS_URL"] || "http://prometheus:9090",
  jsonData: {
    // A GET puts the query into the URL, which is too short for long ones.
    httpMethod: "POST",
    // The longest scrape interval of any job: $__rate_interval is never less than four of them.
    timeInterval: "15s",
  },
});
