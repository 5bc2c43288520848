import * as units from "@grafana/grafana-foundation-sdk/units";
import { loki } from "../../datasources/loki.ts";
import { toSameTime } from "../_shared/links.ts";
import { BAD, countOf, lines, logMetric, matching, withLevel } from "../_shared/logql.ts";
import { logs, timeseries } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { everything } from "./_filters.ts";

/** A traceback's lines have no level of their own. */
const traceback = '| level=~"error|critical|fatal|unknown"';
const suspicious = matching(String.raw`(?i)error|critical|fatal|exception|traceback|panic`);

export const errors: Row = {
  title: "Error logs",
  panels: [
    timeseries(
      "Errors by source",
      "Lines of the levels error, critical and fatal, by the file that they were read from.",
    )
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
      "Errors and tracebacks of all sources, whatever levels were chosen. A line that names a trace links to it.",
    )
      .span(16)
      .withTarget(lines("A", `${everything} ${suspicious} ${withLevel} ${traceback}`)),
  ],
};
