import { ruleGroup } from "grafana-provision";
import { limits } from "../dashboards/_shared/limits.ts";
import fastapi from "../dashboards/fastapi.ts";
import { toolboxai } from "../dashboards/folders.ts";
import overview from "../dashboards/overview.ts";
import { backend, certificates, redis } from "./_queries.ts";
import { alert } from "./_rules.ts";

const serviceDown = alert({
  uid: "service-down",
  title: "Service down",
  severity: "critical",
  service: "{{ or $labels.job `prometheus` }}",
  // Every job that Prometheus scrapes, those to come as well.
  expr: "up",
  below: 1,
  for: "2m",
  // Prometheus has no target at all: whatever it saw before counts as down. (One that doesn't answer is an error instead.)
  noDataState: "Alerting",
  summary: "{{ with $labels.job }}{{ . }} is down{{ else }}Prometheus watches nothing{{ end }}",
  description:
    "{{ if $labels.job }}Prometheus can't scrape {{ $labels.instance }} of {{ $labels.job }}, or doesn't try to any more." +
    "{{ else }}Prometheus has no targets: no other alert can fire.{{ end }}",
  dashboard: overview,
});

const failed = `sum(rate(http_requests_total{${backend}, status=~"5.."}[5m]))`;
const all = `sum(rate(http_requests_total{${backend}}[5m]))`;

const highErrorRate = alert({
  uid: "high-error-rate",
  title: "High error rate",
  severity: "critical",
  service: "backend",
  expr: `${failed} / ${all}`,
  above: limits.errorRatio,
  // As long as the query looks back: one failed request among few is no alert.
  for: "5m",
  // No request, or none that failed. That the backend is gone is another alert.
  noDataState: "OK",
  summary: "Many requests fail",
  description: "{{ humanizePercentage $values.A.Value }} of the requests of the last 5 minutes were answered with 5xx.",
  dashboard: fastapi,
});

/** 1 for each thing that is wrong with Redis, and 0 for what is not: one rule for both, which says what it is. */
const redisIssues = [
  `label_replace(redis_up{${redis}} == bool 0, "issue", "does not answer", "", "")`,
  `label_replace(increase(redis_rejected_connections_total{${redis}}[5m]) > bool 0, "issue", "rejects connections", "", "")`,
].join(" or ");

const redisConnection = alert({
  uid: "redis-connection",
  title: "Redis connection issues",
  severity: "critical",
  service: "redis",
  expr: redisIssues,
  above: 0,
  for: "2m",
  summary: "Redis {{ $labels.issue }}",
  description: "Redis {{ $labels.issue }}, as {{ $labels.instance }} sees it: what needs it fails, or waits.",
  dashboard: fastapi,
});

const certificateExpiry = alert({
  uid: "certificate-expiry",
  title: "SSL certificate expiry",
  severity: "critical",
  service: "tls",
  // In days. A probe that fails exposes no date, and one of an expired certificate fails: hence the last one known.
  expr: `(last_over_time(probe_ssl_earliest_cert_expiry{${certificates}}[1d]) - time()) / 86400`,
  // Renewed automatically, they have 30 days or more: two weeks are left to find out why not.
  below: 14,
  for: "1h",
  summary: "The certificate of {{ $labels.instance }} runs out",
  description:
    "The certificate of {{ $labels.instance }} {{ if gt $values.A.Value 0.0 }}expires in " +
    "{{ printf `%.1f` $values.A.Value }} days{{ else }}has expired{{ end }}.",
});

export default ruleGroup({
  folder: toolboxai,
  title: "critical",
  interval: 30,
  rules: [serviceDown, highErrorRate, redisConnection, certificateExpiry],
});
