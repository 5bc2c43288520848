// The types of metrics, by their names: only names that are unambiguous.

/** Totals that are sizes: the total of something at one time. */
const SIZE =
  /(?:^|_)(?:mem|memory|ram|swap|disk|space|storage|capacity|size|limit|quota|cores?|cpus?|slots|workers|threads|shards|nodes|replicas|pods|partitions|users|series|keys|files|inodes|hosts|targets|instances)_(?:bytes_)?total$/;

/** How long something has run, which only increases until it restarts. */
const UPTIME = /(?:^|_)(?:uptime|time_up)(?:_seconds)?_total$/;

/** Gauges of widely used programs whose names end like those of counters. */
const NAMED_TOTAL = /^velero_(?:backup|restore)_total$/;

const GAUGES = [
  /_(?:info|ratio|percent|percentage|celsius|fahrenheit|volts|timestamp|timestamp_seconds|utilization)$/,
  /^up$/,
  /^(?:node|container)_load\d+$/,
  /^node_(?:memory|filesystem|hwmon|thermal_zone|power_supply)_(?!.*_total$)\w+(?<!_error)$/,
  /^go_(?:goroutines|threads|memstats_(?:alloc|heap_\w+|sys|stack_\w+)_bytes|memstats_heap_objects)$/,
  /^process_(?:resident_memory_bytes|virtual_memory_bytes|open_fds|max_fds|start_time_seconds)$/,
  /^container_(?:memory_(?:usage|working_set|rss|cache|swap)(?:_bytes)?|spec_\w+|start_time_seconds)$/,
  /^kube_(?!.*_total$)\w+_(?:status|spec|labels|owner)(?:_\w+)?$/,
  /^redis_(?:connected_clients|memory_used_bytes|memory_max_bytes|blocked_clients|db_keys|uptime_in_seconds)$/,
  /^probe_(?:success|duration_seconds|http_status_code)$/,
];

/** Whether a metric is certainly a gauge. */
export function isGauge(metric: string): boolean {
  return GAUGES.some((pattern) => pattern.test(metric));
}

/** Whether a metric is certainly a counter, or the buckets of a histogram. */
export function isCounter(metric: string): boolean {
  const isOther = [SIZE, UPTIME, NAMED_TOTAL].some((pattern) => pattern.test(metric)) || metric.includes(":");
  return /_(?:total|bucket)$/.test(metric) && !isOther;
}
