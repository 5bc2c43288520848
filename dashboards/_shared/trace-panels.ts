import {
  ScaleDistribution,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  MappingType,
  PanelBuilder,
  ThresholdsMode,
  type DynamicConfigValue,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { EdgeOptionsBuilder, PanelBuilder as NodeGraphBuilder } from "@grafana/grafana-foundation-sdk/nodegraph";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import * as units from "@grafana/grafana-foundation-sdk/units";
import {
  PanelBuilder as XYChartBuilder,
  SeriesMapping,
  XYSeriesConfigBuilder,
  XYShowMode,
} from "@grafana/grafana-foundation-sdk/xychart";
import { jaeger } from "../../datasources/jaeger.ts";
import { limits } from "./limits.ts";

// Panels for the queries in jaeger.ts.

/** Shows only the parts of a text that the groups of a regular expression match. Links keep the whole value. */
function shortened(pattern: string, text = "$1"): DynamicConfigValue[] {
  return [{ id: "mappings", value: [{ type: MappingType.RegexToText, options: { pattern, result: { text } } }] }];
}

/** Slow requests. They are not red, because a request that runs a task of an agent takes as long as the task. */
const SLOW = { value: 1e6 * limits.responseTime, color: "orange" };

/** The method, the first six parts of the path, and the rest. Between parts, a space without width is where a line may break. */
const BREAKABLE = `$1${[2, 3, 4, 5, 6, 7, 8].map((part) => `$${part}`).join("\u200b")}`;

/** The traces of a search, newest first. The id of a trace opens it in Explore. */
export function traceTable(title: string, description: string, { hasLimit = true } = {}): TableBuilder {
  return (
    new TableBuilder()
      .title(title)
      .description(description)
      .datasource(jaeger.ref)
      .height(9)
      .overrideByName("Trace ID", [{ id: "custom.width", value: 80 }, ...shortened("^(.{8}).*$")])
      // Jaeger's name of a trace begins with the service, which the dashboard's list at the top selects. Without the prefix of
      // the API, it fits into half of the dashboard's width.
      .overrideByName("Trace name", [
        { id: "custom.wrapText", value: true },
        ...shortened(`^[^:]+: ([A-Z]+ )?(?:/api/v[0-9]+)?${"(/[^/]+)?".repeat(6)}(.*)$`, BREAKABLE),
      ])
      .overrideByName("Start time", [
        { id: "custom.width", value: 82 },
        { id: "unit", value: "time:HH:mm:ss" },
      ])
      .overrideByName("Duration", [
        { id: "unit", value: units.Microseconds },
        { id: "custom.width", value: 84 },
        { id: "custom.cellOptions", value: { type: TableCellDisplayMode.ColorText } },
        {
          id: "thresholds",
          value: {
            mode: ThresholdsMode.Absolute,
            steps: [{ value: null, color: "text" }, ...(hasLimit ? [SLOW] : [])],
          },
        },
      ])
  );
}

/** A search returns one frame. */
const FIRST_FRAME = { matcher: { id: "byIndex", options: 0 } };

/** The traces of a search as points. The axis covers their times, which can be shorter than the dashboard's time range. */
export function tracePoints(title: string, description: string): XYChartBuilder {
  const field = (name: string) => ({ matcher: { id: "byName", options: name } });
  return (
    new XYChartBuilder()
      .title(title)
      .description(description)
      .datasource(jaeger.ref)
      .height(9)
      .show(XYShowMode.Points)
      .pointSize({ fixed: 7 })
      .mapping(SeriesMapping.Manual)
      // Without a frame, Grafana ignores a series that is mapped manually.
      .series([new XYSeriesConfigBuilder().frame(FIRST_FRAME).x(field("Start time")).y(field("Duration"))])
      .overrideByName("Duration", [
        { id: "unit", value: units.Microseconds },
        { id: "custom.scaleDistribution", value: { type: ScaleDistribution.Log, log: 10 } },
      ])
      .legend(new VizLegendOptionsBuilder().showLegend(false))
      .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single))
  );
}

/** The calls between services. */
export function serviceMap(title: string, description: string): NodeGraphBuilder {
  return new NodeGraphBuilder()
    .title(title)
    .description(description)
    .datasource(jaeger.ref)
    .height(12)
    .edges(new EdgeOptionsBuilder().mainStatUnit(units.Short));
}

/** The spans of one trace over time. The SDK has no builder for this panel, which has no options. */
export function spans(title: string, description: string): PanelBuilder {
  return new PanelBuilder().type("traces").title(title).description(description).datasource(jaeger.ref).height(20);
}
