import { TableCellDisplayMode } from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { EdgeOptionsBuilder, PanelBuilder as NodeGraphBuilder } from "@grafana/grafana-foundation-sdk/nodegraph";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { jaeger } from "../../datasources/jaeger.ts";

// Panels for the queries in jaeger.ts.

/** The traces of a search, newest first. The id of a trace opens it in Explore. */
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
