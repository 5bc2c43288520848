import { jaeger } from "../../datasources/jaeger.ts";
import { loki } from "../../datasources/loki.ts";
import { prometheus } from "../../datasources/prometheus.ts";
import type { Datasource, JaegerJsonData } from "grafana-provision";

/** The datasources of the repository. */
export const byUid: Readonly<Record<string, Datasource>> = {
  [prometheus.uid]: prometheus,
  [loki.uid]: loki,
  [jaeger.uid]: jaeger,
};

/** PromQL in links from traces to metrics, with the values of a span. */
export const promql = ((jaeger.jsonData as JaegerJsonData).tracesToMetrics?.queries ?? []).map(({ query }) =>
  query.replaceAll("$__tags", 'service_name="a"').replaceAll("${__span.name}", "b"),
);

/** LogQL in links from traces to logs. */
export const logql = [
  ((jaeger.jsonData as JaegerJsonData).tracesToLogsV2?.query ?? "").replaceAll("${__trace.traceId}", "c"),
];
