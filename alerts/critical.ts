import { ruleGroup } from "grafana-provision";
import { certificateDays } from "../dashboards/_shared/hosts.ts";
import { limits } from "../dashboards/_shared/limits.ts";
import fastapi from "../dashboards/fastapi.ts";
import { toolboxai } from "../dashboards/folders.ts";
import overview from "../dashboards/overview.ts";
import { backend, redis, share, whileUp } from "./_queries.ts";
import { alert, interval } from "./_rules.ts";

/**
 * The only rule about failing queries. The others keep their states, so nothing is announced as resolved. One that is pending
 * still fires after its own time, so this one is faster.
 */
const prometheusUnreachable = alert({
  uid: "prometheus-unreachable",
  title: "Prometheus unreachable",
  severity: "critical",
  service: "prometheus",
  expr: "vector(1)",
  below: 1,
  for: "30s",
  noDataState: "Alerting",
  execErrState: "Alerting",
  summary: "Grafana can't query Prometheus",
  description: "Grafana's queries to Prometheus fail. Until they succeed, the other alerts keep their states.",
  panel: [overview, "Failed queries"],
});

/**
 * All jobs that Prometheus scrapes, including jobs that are added later. Without any target, Prometheus has no `up`, so there
 * is a series for all of them.
 */
const upOrNoTargets =
  'up or label_replace(label_replace(0 * absent(up), "job", "every service", "", ""), "instance", "any instance", "", "")';

const serviceDown = alert({
  uid: "service-down",
  title: "Service down",
  severity: "critical",
  service: "{{ $labels.job }}",
  expr: upOrNoTargets,
  below: 1,
  for: "2m",
  summary: "{{ $labels.job }} is down",
  description: "Prometheus can't scrape {{ $labels.instance }} of {{ $labels.job }}, or no longer has this target.",
  panel: [overview, "Targets"],
});

const failed = `sum(rate(http_requests_total{${backend}, status=~"5.."}[5m]))`;
const all = `sum(rate(http_requests_total{${backend}}[5m]))`;

const highErrorRate = alert({
  uid: "high-error-rate",
  title: "High error rate",
  severity: "critical",
  service: "backend",
  expr: whileUp(share(failed, all)),
  above: limits.errorRatio,
  // The same time as the range of the query, so that one failed request among few does not fire.
  for: "5m",
  // The backend is down, and another alert fires. Without requests, the share is NaN, which isn't above the limit.
  noDataState: "KeepLast",
  summary: "Many requests fail",
  description: "{{ humanizePercentage $values.A.Value }} of the requests of the last 5 minutes were answered with 5xx.",
  panel: [fastapi, "Error ratio by route"],
});

/** One series for each possible problem of Redis, named by the label `issue`: 1 if the problem exists, otherwise 0. */
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
  description:
    "Redis {{ $labels.issue }}, according to {{ $labels.instance }}. Operations that need Redis fail or wait.",
  panel: [overview, "Redis answers"],
});

const certificateExpiry = alert({
  uid: "certificate-expiry",
  title: "SSL certificate expiry",
  severity: "critical",
  service: "tls",
  expr: certificateDays,
  below: limits.certificateDays,
  for: "1h",
  summary: "The certificate of {{ $labels.instance }} expires soon",
  description:
    "The certificate of {{ $labels.instance }} {{ if gt $values.A.Value 0.0 }}expires in " +
    "{{ printf `%.1f` $values.A.Value }} days{{ else }}has expired{{ end }}.",
  panel: [overview, "Certificates"],
});

export default ruleGroup({
  folder: toolboxai,
  title: "critical",
  interval: interval(10),
  rules: [prometheusUnreachable, serviceDown, highErrorRate, redisConnection, certificateExpiry],
});
