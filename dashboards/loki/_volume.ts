import { GraphDrawStyle } from "@grafana/grafana-foundation-sdk/common";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { loki } from "../../datasources/loki.ts";
import { toSameTime } from "../_shared/links.ts";
import { countOf, levelColors, logMetric } from "../_shared/logql.ts";
import { stacked } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { everything, ofLevel } from "./_filters.ts";

export const volume: Row = {
  title: "Log volume by level",
  panels: [
    stacked("Lines by level", "Received lines by level. Lines without a level are unknown.")
      .datasource(loki.ref)
      .span(16)
      .unit(units.Short)
      .drawStyle(GraphDrawStyle.Bars)
      .fillOpacity(80)
      .withTarget(logMetric("A", countOf(`${everything} ${ofLevel}`, ["level"]), "{{level}}"))
      .overrides(levelColors)
      .dataLinks([toSameTime.requests]),

    stacked("Lines by source", "Lines from files (application) and from containers (docker).")
      .datasource(loki.ref)
      .span(8)
      .unit(units.Short)
      .drawStyle(GraphDrawStyle.Bars)
      .fillOpacity(80)
      .withTarget(logMetric("A", countOf(everything, ["job"]), "{{job}}")),
  ],
};
