import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LogsSortOrder,
  ReduceDataOptionsBuilder,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { MappingType, SpecialValueMatch, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapColorScale,
  PanelBuilder as HeatmapBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap";
import { PanelBuilder as LogsBuilder } from "@grafana/grafana-foundation-sdk/logs";
import {
  PanelBuilder as PieChartBuilder,
  PieChartLegendOptionsBuilder,
  PieChartLegendValues,
  PieChartType,
} from "@grafana/grafana-foundation-sdk/piechart";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { loki } from "../../datasources/loki.ts";
import { prometheus } from "../../datasources/prometheus.ts";
import { color, noLimit, redBelow } from "./thresholds.ts";

// One function for each type of panel, with the team's style. They return the SDK's builders, so all of the SDK's methods
// can follow: .unit(), .withTarget(), .overrideByName()… The default datasource is Prometheus; change it with
// `.datasource(loki.ref)`.

/** Lines over time, with a legend as a table, the greatest first. `.thresholds(redFrom(…))` draws a limit: board.ts keeps it in sight. */
export function timeseries(title: string, description: string): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus.ref)
    .height(9)
    .min(0)
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(VisibilityMode.Never)
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
    .thresholds(noLimit())
    .tooltip(allSeries())
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        // Not "lastNotNull": the last value of a series that has ended would look like the current one.
        .calcs(["max", "last"])
        .sortBy("Max")
        .sortDesc(true),
    );
}

/** The names of all series, without numbers: a table below a narrow graph has room for three series, and hides the others. */
export function allNames(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom);
}

/**
 * Durations on a logarithmic axis: fast ones and the limit stay visible next to slow ones. The axis contains all buckets of the
 * histogram, because Grafana draws an exemplar outside of the axis at its edge, where its height is wrong.
 *
 * @param longest seconds: the last bucket, as a power of ten
 */
export function durations(title: string, description: string, longest = 10): TimeseriesBuilder {
  return timeseries(title, description)
    .unit(units.Seconds)
    .min(0.001)
    .max(longest)
    .fillOpacity(0)
    .scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10));
}

/**
 * Durations of more than a minute, in seconds: Grafana's own unit changes to minutes, with ticks such as 1.67 mins.
 *
 * @param shortest seconds, as a power of ten
 */
export function longDurations(title: string, description: string, shortest = 0.001): TimeseriesBuilder {
  return durations(title, description, 1000).min(shortest).unit("suffix:s");
}

/** Stacked areas, for parts of a whole. */
export function stacked(title: string, description: string): TimeseriesBuilder {
  return timeseries(title, description)
    .fillOpacity(40)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
}

/** Units of events. Grafana's own ones, evt/s and evts/m, are longer and less clear. */
export const PER_SECOND = "suffix:/s";
const PER_MINUTE = "suffix:/min";

/**
 * Events per minute, such as log lines: a line graph would not show a single one. The bars are a minute wide at least.
 * Requires queries of `perMinute()`, whose numbers don't depend on the width of the panel.
 */
export function events(title: string, description: string): TimeseriesBuilder {
  return stacked(title, description).drawStyle(GraphDrawStyle.Bars).fillOpacity(80).unit(PER_MINUTE).interval("1m");
}

/** For `quantiles()`: gives P50, P95 and P99 the same colors on all dashboards. */
export function percentiles(title: string, description: string, graph = durations): TimeseriesBuilder {
  return graph(title, description)
    .overrideByName("P50", color("green"))
    .overrideByName("P95", color("orange"))
    .overrideByName("P99", color("purple"));
}

/** The value of `orNoTraffic()` in queries.ts, which no panel shows as a number. */
export const NO_TRAFFIC = -1;

/** Texts for what is not a number, in grey: nothing is neither good nor bad. */
const notNumbers: ValueMapping[] = [
  {
    type: MappingType.SpecialValue,
    options: { match: SpecialValueMatch.NullAndNan, result: { text: "No data", color: "text" } },
  },
  { type: MappingType.ValueToText, options: { [NO_TRAFFIC]: { text: "No traffic", color: "text" } } },
];

/**
 * The current value, colored by its thresholds. Without a current value, it is "No data" in
 * grey: queries must be `now()`, so that an old value doesn't look like the current one.
 */
export function stat(title: string, description: string): StatBuilder {
  return (
    new StatBuilder()
      .title(title)
      .description(description)
      .datasource(prometheus.ref)
      .height(3)
      .colorMode(BigValueColorMode.Value)
      // A graph would cross the number.
      .graphMode(BigValueGraphMode.None)
      .reduceOptions(new ReduceDataOptionsBuilder().calcs(["last"]))
      .min(0)
      .mappings(notNumbers)
      .thresholds(noLimit())
      .noValue("No data")
  );
}

/** Whether a service is up, from a query of its `up`: 1 or 0. */
export function upOrDown(title: string, description: string): StatBuilder {
  return stat(title, description)
    .unit(units.Short)
    .mappings([...notNumbers, ...namesOf({ good: "up", bad: "down" })])
    .thresholds(redBelow(1));
}

/** The distribution of a histogram's values. It shows two groups where quantiles would show a value between them. */
export function heatmap(title: string, description: string): HeatmapBuilder {
  return (
    new HeatmapBuilder()
      .title(title)
      .description(description)
      .datasource(prometheus.ref)
      .height(9)
      // From transparent to one color, which reads the same on a dark and on a light background.
      .color(
        new HeatmapColorOptionsBuilder()
          .mode(HeatmapColorMode.Opacity)
          .fill("dark-orange")
          .scale(HeatmapColorScale.Exponential)
          .exponent(0.5)
          .steps(64),
      )
      .showLegend()
  );
}

/** The share of each series in the whole time range. Requires `.instant()` queries. */
export function donut(title: string, description: string): PieChartBuilder {
  return new PieChartBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus.ref)
    .height(9)
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

interface StateNames {
  readonly good: string;
  readonly bad: string;
}

function namesOf({ good, bad }: StateNames): ValueMapping[] {
  const options = { "0": { text: bad, color: "red", index: 0 }, "1": { text: good, color: "green", index: 1 } };
  return [{ type: MappingType.ValueToText, options }];
}

/** The state of each series over time: 1 is good, 0 is bad. */
export function states(title: string, description: string, names: StateNames) {
  return new StateTimelineBuilder()
    .title(title)
    .description(description)
    .datasource(prometheus.ref)
    .height(9)
    .unit(units.Short)
    .mergeValues(true)
    .fillOpacity(80)
    .lineWidth(0)
    .mappings(namesOf(names))
    .thresholds(redBelow(1))
    .tooltip(allSeries())
    .legend(allNames());
}

/** Log lines, newest first. A click shows the labels of a line and the link to its trace. */
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

/** A tooltip with all series, the greatest first. */
function allSeries(): VizTooltipOptionsBuilder {
  return new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);
}
