import { datasource } from "grafana-provision";

// If your Grafana already has a Prometheus datasource that is managed elsewhere, use it by its uid instead:
//
//   import { existing } from "grafana-provision";
//   export const prometheus = existing.datasource("its-uid", "prometheus");

export const prometheus = datasource({
  uid: "my-team-prometheus",
  name: "my-team Prometheus",
  type: "prometheus",
  // The URL for Grafana's server, which can differ from the one for your browser.
  url: process.env["PROMETHEUS_URL"] || "http://prometheus:9090",
  jsonData: {
    // POST supports longer queries than GET.
    httpMethod: "POST",
    // The longest scrape interval of all jobs. $__rate_interval is at least four times as long.
    timeInterval: "15s",
  },
});
