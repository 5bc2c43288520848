import * as units from "@grafana/grafana-foundation-sdk/units";
import { loki } from "../../datasources/loki.ts";
import { toSameTime } from "../_shared/links.ts";
import { BAD, countOf, lines, logMetric, matching, withLevel } from "../_shared/logql.ts";
import { logs, timeseries } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { everything } from "./_filters.ts";

/** The lines of a traceback have no level. */
const traceback = '| level=~"error|critical|fatal|unknown"';
const suspicious = matching(String.raw`(?i)error|critical|fatal|exception|traceback|panic`);

export const errors: Row = {
  title: "Error logs",
  panels: [
    timeseries("Errors by source", "Lines of the levels error, critical and fatal, by file.")
      .datasource(loki.ref)
      .span(8)
      .height(10)
      .unit(units.Short)
      .withTarget(
        logMetric("A", countOf(`${everything} ${withLevel} ${BAD}`, ["job", "filename"]), "{{job}} {{filename}}"),
      )
      .dataLinks([toSameTime.requests, toSameTime.traces]),

    logs(
      "Error stream",
      "Errors and tracebacks of all sources. The selected levels don't affect this. A line with a trace id links to the trace.",
    )
      .span(16)
      .withTarget(lines("A", `${everything} ${suspicious} ${withLevel} ${traceback}`)),
  ],
};
