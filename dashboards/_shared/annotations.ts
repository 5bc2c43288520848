import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { AnnotationQueryBuilder, type AnnotationQuery } from "@grafana/grafana-foundation-sdk/dashboard";
import { prometheus } from "../../datasources/prometheus.ts";

/** What graphs of all dashboards mark: firing alerts, and starts of the backend, which are its deployments. */
export function annotations(): Builder<AnnotationQuery>[] {
  return [
    marks("Alerts", "red", 'sum by (state) (grafana_alerting_alerts{job="grafana", state="alerting"}) > 0')
      .titleFormat("Alerts are firing")
      .textFormat("See the list of alerts on the dashboard ToolboxAI Overview."),
    // The value is the time of the start, in milliseconds.
    marks("Deployments", "blue", 'process_start_time_seconds{job="fastapi-backend"} * 1000')
      .useValueForTime(true)
      .titleFormat("The backend started")
      .textFormat("{{instance}}"),
  ];
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
