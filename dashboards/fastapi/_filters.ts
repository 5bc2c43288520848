import type { Work } from "../_shared/red.ts";
import { HTTP } from "../_shared/service.ts";
import { metricLabel } from "../_shared/variables.ts";

// The drop-down lists at the top of the dashboard, and the label matchers for use between { and } in queries.

/** For process, database and agent metrics of the backend. */
export const backend = 'job=~"$job", instance=~"$instance"';

/** For HTTP metrics, which also have a method and a path. */
export const http = `${backend}, method=~"$method", path=~"$path"`;

/** For Redis, which has its own exporter, so the drop-down lists don't apply to it. */
export const redis = 'job="redis-exporter"';

/** HTTP requests to the backend. */
export const httpRequests: Work = { ...HTTP, filter: http };

/** The values of each list depend on the previous lists. */
export const variables = [
  // No `allValue`, so that "All" means all jobs in the list. ".*" would match all jobs in Prometheus, and other programs
  // also have process metrics.
  metricLabel("job", "Job", httpRequests.counter, ""),
  metricLabel("instance", "Instance", httpRequests.counter, 'job=~"$job"').allValue(".*"),
  metricLabel("method", "Method", httpRequests.counter, backend).allValue(".*"),
  metricLabel("path", "Path", httpRequests.counter, `${backend}, method=~"$method"`).allValue(".*"),
];
