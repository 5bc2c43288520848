import { ruleGroup } from "grafana-provision";
import { limits } from "../dashboards/_shared/limits.ts";
import fastapi from "../dashboards/fastapi.ts";
import { toolboxai } from "../dashboards/folders.ts";
import { backend, hosts, p95 } from "./_queries.ts";
import { alert, interval } from "./_rules.ts";

const highResponseTime = alert({
  uid: "high-response-time",
  title: "High response time",
  severity: "warning",
  service: "backend",
  expr: p95("http_request_duration_seconds"),
  above: limits.responseTime,
  for: "10m",
  // There was no traffic. Another alert fires if the backend is down. The same applies to the other rules about the backend.
  noDataState: "OK",
  summary: "The backend is slow",
  description: "5% of the requests of the last 5 minutes took {{ humanizeDuration $values.A.Value }} or longer.",
  dashboard: fastapi,
});

const highMemoryUsage = alert({
  uid: "high-memory-usage",
  title: "High memory usage",
  severity: "warning",
  service: "backend",
  expr: `process_resident_memory_bytes{${backend}}`,
  above: limits.memory,
  for: "10m",
  noDataState: "OK",
  summary: "{{ $labels.instance }} uses too much memory",
  description: "The backend process at {{ $labels.instance }} uses {{ humanize $values.A.Value }}B of resident memory.",
  dashboard: fastapi,
});

const slowQueries = alert({
  uid: "database-slow-queries",
  title: "Database slow queries",
  severity: "warning",
  service: "database",
  expr: p95("db_query_duration_seconds", "operation"),
  above: limits.queryTime,
  // Longer than the range of the query, so that a single slow statement does not fire.
  for: "10m",
  noDataState: "OK",
  summary: "The database's {{ $labels.operation }} queries are slow",
  description:
    "5% of the {{ $labels.operation }} queries of the last 5 minutes took {{ humanizeDuration $values.A.Value }} or longer.",
  dashboard: fastapi,
});

// Agents finish only a few tasks per minute, too few in five minutes for a meaningful ratio.
const failedTasks = `sum by (agent) (rate(agent_tasks_total{${backend}, status="error"}[15m]))`;
const allTasks = `sum by (agent) (rate(agent_tasks_total{${backend}}[15m]))`;

const highAgentErrorRate = alert({
  uid: "high-agent-error-rate",
  title: "High agent error rate",
  severity: "warning",
  service: "agents",
  expr: `${failedTasks} / ${allTasks}`,
  above: limits.agentErrorRatio,
  for: "5m",
  noDataState: "OK",
  summary: "Many tasks of {{ $labels.agent }} fail",
  description:
    "{{ humanizePercentage $values.A.Value }} of the tasks of {{ $labels.agent }} failed in the last 15 minutes.",
  dashboard: fastapi,
});

const pusherFailures = alert({
  uid: "pusher-connection-failures",
  title: "Pusher connection failures",
  severity: "warning",
  service: "pusher",
  expr: `sum by (reason) (increase(pusher_connection_failures_total{${backend}}[10m]))`,
  // Occasional reconnects are normal.
  above: 5,
  for: "5m",
  noDataState: "OK",
  summary: "The backend can't connect to Pusher ({{ $labels.reason }})",
  description:
    "About {{ printf `%.0f` $values.A.Value }} connections to Pusher failed in the last 10 minutes ({{ $labels.reason }}). " +
    "Browsers get no live updates.",
});

// Excludes file systems that have no space of their own, or are always full.
const disks = `${hosts}, fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660"`;

const lowDiskSpace = alert({
  uid: "low-disk-space",
  title: "Low disk space",
  severity: "warning",
  service: "host",
  // The space that is available to programs. Most file systems reserve 5% for root.
  expr: `node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}}`,
  below: 0.1,
  for: "10m",
  summary: "{{ $labels.mountpoint }} of {{ $labels.instance }} is almost full",
  description:
    "{{ $labels.mountpoint }} ({{ $labels.device }}) of {{ $labels.instance }} has {{ humanizePercentage $values.A.Value }} of its space left.",
});

export default ruleGroup({
  folder: toolboxai,
  title: "warning",
  interval: interval(60),
  rules: [highResponseTime, highMemoryUsage, slowQueries, highAgentErrorRate, pusherFailures, lowDiskSpace],
});
