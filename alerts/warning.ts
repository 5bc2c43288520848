import { ruleGroup } from "grafana-provision";
import { freeDiskSpace, pusherFailures as pusherConnectionFailures } from "../dashboards/_shared/hosts.ts";
import { limits } from "../dashboards/_shared/limits.ts";
import fastapi from "../dashboards/fastapi.ts";
import { toolboxai } from "../dashboards/folders.ts";
import overview from "../dashboards/overview.ts";
import { backend, p95, share, whileUp } from "./_queries.ts";
import { alert, interval } from "./_rules.ts";

const highResponseTime = alert({
  uid: "high-response-time",
  title: "High response time",
  severity: "warning",
  service: "backend",
  expr: whileUp(p95("http_request_duration_seconds")),
  above: limits.responseTime,
  for: "10m",
  // The backend is down, and another alert fires. The same applies to the other rules about the backend. Without traffic, the
  // quantile is NaN, which isn't above the limit.
  noDataState: "KeepLast",
  summary: "The backend is slow",
  description: "5% of the requests of the last 5 minutes took {{ humanizeDuration $values.A.Value }} or longer.",
  panel: [fastapi, "P95 response time by route"],
});

const highMemoryUsage = alert({
  uid: "high-memory-usage",
  title: "High memory usage",
  severity: "warning",
  service: "backend",
  expr: whileUp(`process_resident_memory_bytes{${backend}}`),
  above: limits.memory,
  for: "10m",
  noDataState: "KeepLast",
  summary: "{{ $labels.instance }} uses too much memory",
  description: "The backend process at {{ $labels.instance }} uses {{ humanize $values.A.Value }}B of resident memory.",
  panel: [fastapi, "Memory usage"],
});

const slowQueries = alert({
  uid: "database-slow-queries",
  title: "Database slow queries",
  severity: "warning",
  service: "database",
  expr: whileUp(p95("db_query_duration_seconds", "operation")),
  above: limits.queryTime,
  // Longer than the range of the query, so that a single slow statement does not fire.
  for: "10m",
  noDataState: "KeepLast",
  summary: "The database's {{ $labels.operation }} queries are slow",
  description:
    "5% of the {{ $labels.operation }} queries of the last 5 minutes took {{ humanizeDuration $values.A.Value }} or longer.",
  panel: [fastapi, "P95 query time by operation"],
});

// Agents finish only a few tasks per minute, too few in five minutes for a meaningful ratio.
const failedTasks = `sum by (agent) (rate(agent_tasks_total{${backend}, status="error"}[15m]))`;
const allTasks = `sum by (agent) (rate(agent_tasks_total{${backend}}[15m]))`;

const highAgentErrorRate = alert({
  uid: "high-agent-error-rate",
  title: "High agent error rate",
  severity: "warning",
  service: "agents",
  expr: whileUp(share(failedTasks, allTasks)),
  above: limits.agentErrorRatio,
  for: "5m",
  noDataState: "KeepLast",
  summary: "Many tasks of {{ $labels.agent }} fail",
  description:
    "{{ humanizePercentage $values.A.Value }} of the tasks of {{ $labels.agent }} failed in the last 15 minutes.",
  panel: [fastapi, "Failed tasks"],
});

const pusherFailures = alert({
  uid: "pusher-connection-failures",
  title: "Pusher connection failures",
  severity: "warning",
  service: "pusher",
  expr: whileUp(pusherConnectionFailures),
  above: limits.pusherFailures,
  for: "5m",
  noDataState: "KeepLast",
  summary: "The backend can't connect to Pusher ({{ $labels.reason }})",
  description:
    "About {{ printf `%.0f` $values.A.Value }} connections to Pusher failed in the last 10 minutes ({{ $labels.reason }}). " +
    "Browsers get no live updates.",
  panel: [overview, "Pusher failures"],
});

const lowDiskSpace = alert({
  uid: "low-disk-space",
  title: "Low disk space",
  severity: "warning",
  service: "host",
  expr: freeDiskSpace,
  below: limits.freeDiskSpace,
  for: "10m",
  summary: "{{ $labels.mountpoint }} of {{ $labels.instance }} is almost full",
  description:
    "{{ $labels.mountpoint }} ({{ $labels.device }}) of {{ $labels.instance }} has {{ humanizePercentage $values.A.Value }} of its space left.",
  panel: [overview, "Free disk space"],
});

export default ruleGroup({
  folder: toolboxai,
  title: "warning",
  interval: interval(60),
  rules: [highResponseTime, highMemoryUsage, slowQueries, highAgentErrorRate, pusherFailures, lowDiskSpace],
});
