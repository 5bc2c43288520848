import { ruleGroup, type AlertRule } from "grafana-provision";
import { team } from "../dashboards/folders.ts";
import { prometheus } from "../datasources/prometheus.ts";

const targetDown: AlertRule = {
  // Identifies the rule. If you change it, Grafana creates a new rule without history.
  uid: "my-team-target-down",
  // grafana-lint-ignore runbook-missing: remove this comment when you add the annotation runbook_url
  title: "Target down",
  data: [
    {
      refId: "A",
      datasource: prometheus,
      // Seconds before now.
      relativeTimeRange: { from: 600, to: 0 },
      model: { expr: "up", instant: true },
    },
    {
      refId: "B",
      model: { type: "threshold", expression: "A", conditions: [{ evaluator: { type: "lt", params: [1] } }] },
    },
  ],
  condition: "B",
  for: "5m",
  labels: { severity: "critical", team: "my-team" },
  annotations: {
    summary: "{{ $labels.instance }} is down",
    description: "Prometheus has not been able to scrape {{ $labels.instance }} of {{ $labels.job }} for five minutes.",
  },
};

export default ruleGroup({
  folder: team,
  title: "targets",
  interval: 60, // seconds, a multiple of 10
  rules: [targetDown],
});
