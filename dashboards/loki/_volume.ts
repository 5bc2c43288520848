import { loki } from "../../datasources/loki.ts";
import { toSameTime } from "../_shared/links.ts";
import { levelColors, logMetric, perMinute } from "../_shared/logql.ts";
import { events } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { everything, ofLevel } from "./_filters.ts";

export const volume: Row = {
  title: "Log volume by level",
  panels: [
    events("Lines by level", "Received lines per minute. Lines without a level are unknown.")
      .datasource(loki.ref)
      .span(16)
      .withTarget(logMetric("A", perMinute(`${everything} ${ofLevel}`, ["level"]), "{{level}}"))
      .overrides(levelColors)
      .dataLinks([toSameTime.requests]),

    events("Lines by source", "Lines per minute from files (application) and containers (docker).")
      .datasource(loki.ref)
      .span(8)
      .withTarget(logMetric("A", perMinute(everything, ["job"]), "{{job}}")),
  ],
};
