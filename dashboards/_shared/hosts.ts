// PromQL about hosts and external services, which panels and alert rules share.

/** Excludes file systems that have no space of their own, or are always full. */
const disks = 'job="node-exporter", fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660"';

/** The share of each file system that is available to programs. Most file systems reserve 5% for root. */
export const freeDiskSpace = `node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}}`;

/** Days. A failed probe has no date, and a probe of an expired certificate fails, so the last known date is used. */
export const certificateDays =
  '(last_over_time(probe_ssl_earliest_cert_expiry{job="blackbox-exporter"}[1d]) - time()) / 86400';

/** Failed connections to Pusher in ten minutes, by reason. */
export const pusherFailures =
  'sum by (reason) (increase(pusher_connection_failures_total{job="fastapi-backend"}[10m]))';
