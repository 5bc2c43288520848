import { QueryVariableBuilder, VariableRefresh, VariableSort } from "@grafana/grafana-foundation-sdk/dashboard";
import { prometheus } from "../../datasources/prometheus.ts";

// The drop-downs at the top of the dashboard, and what they do to queries. Label matchers, for use between { and }.

/** For whatever the backend exposes: process, database and agent metrics. */
export const backend = 'job=~"$job", instance=~"$instance"';

/** For HTTP metrics, which have a method and a path as well. */
export const http = `${backend}, method=~"$method", path=~"$path"`;

/** Redis has an exporter of its own: the drop-downs don't apply to it. */
export const redis = 'job="redis-exporter"';

/** Each takes its values from what the ones before it leave. */
export const variables = [
  // "All" means all jobs of the list. Without `allValue`: ".*" would be every job that Prometheus has, and other programs
  // have a CPU usage too.
  labelValues("job", "Job", ""),
  labelValues("instance", "Instance", 'job=~"$job"').allValue(".*"),
  labelValues("method", "Method", backend).allValue(".*"),
  labelValues("path", "Path", `${backend}, method=~"$method"`).allValue(".*"),
];

function labelValues(label: string, title: string, filter: string): QueryVariableBuilder {
  const query = `label_values(http_requests_total{${filter}}, ${label})`;
  return (
    new QueryVariableBuilder(label)
      .label(title)
      .datasource(prometheus.ref)
      .query(query)
      // What the list of variables in the dashboard's settings shows.
      .definition(query)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      .current({ text: ["All"], value: ["$__all"] })
  );
}
