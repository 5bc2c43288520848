import type { Work } from "../_shared/red.ts";
import { HTTP } from "../_shared/service.ts";
import { metricLabel } from "../_shared/variables.ts";

// The drop-downs at the top of the dashboard, and what they do to queries. Label matchers, for use between { and }.

/** For whatever the backend exposes: process, database and agent metrics. */
export const backend = 'job=~"$job", instance=~"$instance"';

/** For HTTP metrics, which have a method and a path as well. */
export const http = `${backend}, method=~"$method", path=~"$path"`;

/** Redis has an exporter of its own: the drop-downs don't apply to it. */
export const redis = 'job="redis-exporter"';

/** What the backend is asked over HTTP. */
export const httpRequests: Work = { ...HTTP, filter: http };

/** Each takes its values from what the ones before it leave. */
export const variables = [
  // "All" means all jobs of the list. Without `allValue`: ".*" would be every job that Prometheus has, and other programs
  // have a CPU usage too.
  metricLabel("job", "Job", httpRequests.counter, ""),
  metricLabel("instance", "Instance", httpRequests.counter, 'job=~"$job"').allValue(".*"),
  metricLabel("method", "Method", httpRequests.counter, backend).allValue(".*"),
  metricLabel("path", "Path", httpRequests.counter, `${backend}, method=~"$method"`).allValue(".*"),
];
