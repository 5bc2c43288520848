import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  autoGrid,
  ConditionalRenderingGroupBuilder,
  ConditionalRenderingTimeRangeSizeBuilder,
  DashboardBuilder,
  PanelBuilder,
  QueryGroupBuilder,
  row,
  rows,
  tab,
  tabs,
  TargetBuilder,
  type DataQueryKind,
  type VizConfigKind,
} from "@grafana/grafana-foundation-sdk/dashboardv2";
import { VisualizationV2Builder as LogsBuilder } from "@grafana/grafana-foundation-sdk/logs";
import { QueryV2Builder as LokiQuery } from "@grafana/grafana-foundation-sdk/loki";
import { QueryV2Builder as PrometheusQuery } from "@grafana/grafana-foundation-sdk/prometheus";
import { VisualizationV2Builder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { VisualizationV2Builder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { VisualizationV2Builder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { dashboard, existing } from "grafana-provision";

const prometheus = existing.datasource("prometheus").refV2;
const loki = existing.datasource("loki").refV2;
const jaeger = existing.datasource("jaeger").refV2;

const promql = (expr: string, legend: string) =>
  new PrometheusQuery().expr(expr).legendFormat(legend).datasource(prometheus);

const logql = (expr: string) => new LokiQuery().expr(expr).datasource(loki);

/** The SDK has no builder for Jaeger. */
const traces: Builder<DataQueryKind> = {
  build: () => ({
    kind: "DataQuery",
    group: "jaeger",
    version: "v0",
    datasource: jaeger,
    spec: { queryType: "search", service: "fastapi-backend", limit: 20 },
  }),
};

function panel(title: string, query: Builder<DataQueryKind>, visualization: Builder<VizConfigKind>) {
  const data = new QueryGroupBuilder().target(new TargetBuilder().refId("A").query(query));
  return new PanelBuilder().title(title).data(data).visualization(visualization);
}

const longRange = new ConditionalRenderingGroupBuilder()
  .visibility("show")
  .condition("and")
  .item(new ConditionalRenderingTimeRangeSizeBuilder().value("1h"));

export default dashboard({
  uid: "service-tabs",
  spec: new DashboardBuilder("Service")
    .description("Metrics, logs and traces of one service, and the stack that collects them.")
    .element(
      "requests",
      panel(
        "Requests",
        promql("sum by (status) (rate(http_requests_total[$__rate_interval]))", "{{status}}"),
        new TimeseriesBuilder().unit("reqps").min(0),
      ),
    )
    .element(
      "duration",
      panel(
        "Duration, 95th percentile",
        promql(
          "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[$__rate_interval])))",
          "p95",
        ),
        new TimeseriesBuilder().unit("s").min(0),
      ),
    )
    .element(
      "memory",
      panel("Memory", promql("process_resident_memory_bytes", "{{instance}}"), new TimeseriesBuilder().unit("bytes")),
    )
    .element("log-lines", panel("Log lines", logql('{job="application"}'), new LogsBuilder()))
    .element("traces", panel("Traces", traces, new TableBuilder()))
    .element("targets", panel("Targets that are up", promql("up", "{{job}}"), new StatBuilder()))
    .layout(
      tabs()
        .tab(
          tab("Metrics").layout(
            rows()
              .row(row("HTTP").layout(autoGrid().maxColumnCount(2).withItem("requests").withItem("duration")))
              .row(row("Process").layout(autoGrid().withItem("memory"))),
          ),
        )
        .tab(tab("Logs").layout(autoGrid().maxColumnCount(1).withItem("log-lines")))
        .tab(tab("Traces").layout(autoGrid().maxColumnCount(1).withItem("traces")).conditionalRendering(longRange))
        .tab(tab("Stack").layout(autoGrid().withItem("targets"))),
    ),
});
