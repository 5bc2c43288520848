import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LogsSortOrder,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  FieldColorModeId,
  MappingType,
  PanelBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DynamicConfigValue,
} from "@grafana/grafana-foundation-sdk/dashboard";
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap";
import { PanelBuilder as LogsBuilder } from "@grafana/grafana-foundation-sdk/logs";
import { EdgeOptionsBuilder, PanelBuilder as NodeGraphBuilder } from "@grafana/grafana-foundation-sdk/nodegraph";
import {
  PanelBuilder as PieChartBuilder,
  PieChartLegendOptionsBuilder,
  PieChartLegendValues,
  PieChartType,
} from "@grafana/grafana-foundation-sdk/piechart";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { jaeger } from "../../datasources/jaeger.ts";
import { loki } from "../../datasources/loki.ts";
import { prometheus } from "../../datasources/prometheus.ts";

// One function for each kind of panel, with this team's look. They return the SDK's builders, so that a panel goes on
// with any of the SDK's methods: .unit(), .withTarget(), .overrideByName()… What has no datasource of its own asks
// Prometheus; `.datasource(loki.ref)` changes that.

/** Lines over time; a table below names them, the greatest first. `.thresholds(redFrom(…))` draws a limit. */
export function timeseries(title: string, description: string): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus.ref)
    .height(8)
    .min(0)
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(VisibilityMode.Never)
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
    .thresholds(green())
    .tooltip(allSeries())
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .calcs(["mean", "max", "lastNotNull"])
        .sortBy("Max")
        .sortDesc(true),
    );
}

/** Areas on top of each other: for parts of a whole. */
export function stacked(title: string, description: string): TimeseriesBuilder {
  return timeseries(title, description)
    .fillOpacity(40)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
}

/** For `quantiles()`: P50, P95 and P99 look the same on every dashboard. */
export function percentiles(title: string, description: string): TimeseriesBuilder {
  return timeseries(title, description)
    .overrideByName("P50", color("green"))
    .overrideByName("P95", color("orange"))
    .overrideByName("P99", color("purple"));
}

/** One number, coloured by its thresholds, over the line of its past. */
export function stat(title: string, description: string): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus.ref)
    .height(4)
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .thresholds(green())
    .noValue("No data");
}

/** How values spread over a histogram's buckets: shows two groups where quantiles show their middle. */
export function heatmap(title: string, description: string): HeatmapBuilder {
  return new HeatmapBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus.ref)
    .height(8)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme("Turbo").steps(64))
    .showLegend();
}

/** The share of each series in the whole time range: its queries are `.instant()`. */
export function donut(title: string, description: string): PieChartBuilder {
  return new PieChartBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus.ref)
    .height(8)
    .pieType(PieChartType.Donut)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .tooltip(allSeries())
    .legend(
      new PieChartLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Right)
        .values([PieChartLegendValues.Percent, PieChartLegendValues.Value]),
    );
}

/** Which of two states each series was in, over time: 1 is good and 0 is not. */
export function states(title: string, description: string, names: { readonly good: string; readonly bad: string }) {
  return new StateTimelineBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus.ref)
    .height(8)
    .unit(units.Short)
    .mergeValues(true)
    .fillOpacity(80)
    .lineWidth(0)
    .mappings([
      {
        type: MappingType.ValueToText,
        options: {
          "0": { text: names.bad, color: "red", index: 0 },
          "1": { text: names.good, color: "green", index: 1 },
        },
      },
    ])
    .thresholds(redBelow(1))
    .tooltip(allSeries())
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    );
}

/** Log lines, the newest first. A click opens a line's labels, and the link to its trace. */
export function logs(title: string, description: string): LogsBuilder {
  return new LogsBuilder()
    .title(title)
    .description(description)
    .datasource(loki.ref)
    .height(10)
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending);
}

/** Traces that a search finds, the newest first. A trace's id opens it in Explore. */
export function traceTable(title: string, description: string): TableBuilder {
  return new TableBuilder()
    .title(title)
    .description(description)
    .datasource(jaeger.ref)
    .height(8)
    .overrideByName("Trace ID", [{ id: "custom.width", value: 150 }])
    .overrideByName("Start time", [{ id: "custom.width", value: 180 }])
    .overrideByName("Duration", [
      { id: "unit", value: units.Microseconds },
      { id: "custom.width", value: 160 },
      { id: "custom.cellOptions", value: { type: TableCellDisplayMode.Gauge, mode: "basic" } },
    ]);
}

/** Which service calls which. */
export function serviceMap(title: string, description: string): NodeGraphBuilder {
  return new NodeGraphBuilder()
    .title(title)
    .description(description)
    .datasource(jaeger.ref)
    .height(12)
    .edges(new EdgeOptionsBuilder().mainStatUnit(units.Short));
}

/** The spans of one trace, as they followed each other. The SDK has no builder for this panel, which has no options. */
export function spans(title: string, description: string): PanelBuilder {
  return new PanelBuilder().type("traces").title(title).description(description).datasource(jaeger.ref).height(20);
}

/** The tooltip names every series at that time, the greatest first. */
function allSeries(): VizTooltipOptionsBuilder {
  return new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);
}

/** For values that are bad when they are high: green, and red from the limit on, if there is one. */
export function redFrom(limit: number | undefined): ThresholdsConfigBuilder {
  if (limit === undefined) return green();
  return absolute({ value: null, color: "green" }, { value: limit, color: "red" });
}

/** For values that are bad when they are low: red, and green from the limit on. */
export function redBelow(limit: number): ThresholdsConfigBuilder {
  return absolute({ value: null, color: "red" }, { value: limit, color: "green" });
}

/** For values that have no limit. Without thresholds of its own a panel takes Grafana's: red from 80 on. */
function green(): ThresholdsConfigBuilder {
  return absolute({ value: null, color: "green" });
}

function absolute(...steps: { value: number | null; color: string }[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/**
 * Gives a series its colour, wherever it appears.
 *
 * @example timeseries(…).overrideByName("5xx", color("red"))
 */
export function color(fixedColor: string): DynamicConfigValue[] {
  return [{ id: "color", value: { mode: FieldColorModeId.Fixed, fixedColor } }];
}

/** A series that is a bound for the others: a dashed line, in front of no area. */
export function asBound(): DynamicConfigValue[] {
  return [
    ...color("red"),
    { id: "custom.lineStyle", value: { fill: "dash", dash: [10, 10] } },
    { id: "custom.fillOpacity", value: 0 },
    { id: "custom.stacking", value: { mode: StackingMode.None, group: "A" } },
  ];
}
