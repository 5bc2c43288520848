import {
  autoGrid,
  DashboardBuilder,
  PanelBuilder,
  QueryGroupBuilder,
  tab,
  tabs,
  TargetBuilder,
  TimeSettingsBuilder,
} from "@grafana/grafana-foundation-sdk/dashboardv2";
import { QueryV2Builder } from "@grafana/grafana-foundation-sdk/prometheus";
import { VisualizationV2Builder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { VisualizationV2Builder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { dashboard } from "grafana-provision";
import { prometheus } from "../datasources/prometheus.ts";
import { team } from "./folders.ts";

// Metrics that every Prometheus has. Replace them with your own.

const query = (expr: string, legend: string) =>
  new QueryGroupBuilder().target(
    new TargetBuilder()
      .refId("A")
      .query(new QueryV2Builder().expr(expr).legendFormat(legend).datasource(prometheus.refV2)),
  );

const targetsUp = new PanelBuilder()
  .title("Targets that are up")
  .description("Share of targets that Prometheus can scrape.")
  .data(query("avg(up)", "up"))
  .visualization(new StatBuilder().unit("percentunit"));

const scrapeDuration = new PanelBuilder()
  .title("Scrape duration")
  .description("How long the slowest target of each job takes to answer.")
  .data(query("max by (job) (scrape_duration_seconds)", "{{job}}"))
  .visualization(new TimeseriesBuilder().unit("s").min(0));

export default dashboard({
  uid: "my-team-targets",
  folder: team,
  spec: new DashboardBuilder("Targets")
    .description("Availability and scrape duration of Prometheus' targets.")
    .tags(["my-team"])
    .timeSettings(new TimeSettingsBuilder().from("now-3h").to("now").autoRefresh("1m"))
    .element("targets-up", targetsUp)
    .element("scrape-duration", scrapeDuration)
    .layout(
      tabs()
        .tab(tab("Availability").layout(autoGrid().withItem("targets-up")))
        .tab(tab("Durations").layout(autoGrid().withItem("scrape-duration"))),
    ),
});
