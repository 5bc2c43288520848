import { LegendDisplayMode, VizLegendOptionsBuilder } from "@grafana/grafana-foundation-sdk/common";
import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { dashboard } from "grafana-provision";
import { prometheus } from "../datasources/prometheus.ts";
import { team } from "./folders.ts";

// Metrics that every Prometheus has. Replace them with your own.

const targetsUp = new StatBuilder()
  .title("Targets that are up")
  .description("Share of targets that Prometheus can scrape.")
  .datasource(prometheus.ref)
  .height(8)
  .span(6)
  .unit("percentunit")
  .withTarget(new DataqueryBuilder().expr("avg(up)").legendFormat("up"));

const scrapeDuration = new TimeseriesBuilder()
  .title("Scrape duration")
  .description("How long the slowest target of each job takes to answer.")
  .datasource(prometheus.ref)
  .height(8)
  .span(18)
  .unit("s")
  .min(0)
  .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List))
  .withTarget(new DataqueryBuilder().expr("max by (job) (scrape_duration_seconds)").legendFormat("{{job}}"));

export default dashboard({
  folder: team,
  spec: new DashboardBuilder("Targets")
    .uid("my-team-targets")
    .description("Availability and scrape duration of Prometheus' targets.")
    .tags(["my-team"])
    .time({ from: "now-3h", to: "now" })
    .refresh("1m")
    .withPanel(targetsUp)
    .withPanel(scrapeDuration),
});
