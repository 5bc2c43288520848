import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { AnnotationQueryBuilder, type AnnotationQuery } from "@grafana/grafana-foundation-sdk/dashboard";
import { prometheus } from "../../datasources/prometheus.ts";

/** What graphs of all dashboards mark: starts and ends of alerts, and starts of the backend, which are its deployments. */
export function annotations(): Builder<AnnotationQuery>[] {
  return [
    // Lines at changes: an area while alerts are firing would cover panels that they don't concern.
    marks("Alerts", "red", `${firing()} > ${firing("1m")}`)
      .titleFormat("More alerts are firing")
      .textFormat("See the list of alerts on the dashboard ToolboxAI Overview."),
    marks("Recoveries", "green", `${firing()} < ${firing("1m")}`)
      .titleFormat("Fewer alerts are firing")
      .textFormat("See the list of alerts on the dashboard ToolboxAI Overview."),
    // The value is the time of the start, in milliseconds.
    marks("Deployments", "blue", 'process_start_time_seconds{job="fastapi-backend"} * 1000')
      .useValueForTime(true)
      .titleFormat("The backend started")
      .textFormat("{{instance}}"),
  ];
}

/** The number of firing alerts, at present or before. The metric does not name them. */
function firing(before?: string): string {
  const at = before === undefined ? "" : ` offset ${before}`;
  return `sum(grafana_alerting_alerts{job="grafana", state="alerting"}${at})`;
}

function marks(name: string, color: string, expr: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(prometheus.ref)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .step("60s");
}
