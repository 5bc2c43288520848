import { QueryVariableBuilder, VariableRefresh, VariableSort } from "@grafana/grafana-foundation-sdk/dashboard";
import { prometheus } from "../../datasources/prometheus.ts";
import { limits } from "../_shared/limits.ts";
import type { Work } from "../_shared/red.ts";
import { choice, metricLabel, textBox, traceId } from "../_shared/variables.ts";

// The drop-down lists at the top of the dashboard, and the parts of queries that use them.

/** The collector's counter of all spans. otel is the namespace of its exporter. */
const CALLS = "otel_traces_span_metrics_calls_total";

/** Label matchers, for use between { and }. */
export const ofService = 'service_name="$service", span_name=~"$operation"';

/** The spans of the selected service and operations. */
export const spans: Work = {
  noun: "spans",
  counter: CALLS,
  histogram: "otel_traces_span_metrics_duration_seconds",
  filter: ofService,
  failed: 'status_code="STATUS_CODE_ERROR"',
  by: ["span_name"],
  limits: { errorRatio: limits.spanErrorRatio, duration: limits.responseTime },
};

/** Exactly one service, which a search requires. The list contains the backend even if it has no spans yet. */
function service(): QueryVariableBuilder {
  const backend = "toolboxai-backend";
  const found = `group by (service_name) (${CALLS}) or label_replace(vector(1), "service_name", "${backend}", "", "")`;
  const query = `query_result(${found})`;
  return new QueryVariableBuilder("service")
    .label("Service")
    .datasource(prometheus.ref)
    .query(query)
    .definition(query)
    .regex('/service_name="([^"]+)"/')
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(false)
    .includeAll(false)
    .current({ text: backend, value: backend });
}

export const variables = [
  service(),
  metricLabel("operation", "Operation", CALLS, 'service_name="$service"', "span_name")
    .allValue(".*")
    .description("Filters rates, errors and durations. Lists of traces contain all operations."),
  textBox("min_duration", "Longer than", "Minimum duration in lists of traces: 100ms, 1.5s."),
  choice("db_system", "Database", ["postgresql", "redis", "sqlite", "mysql"]),
  traceId(),
];
