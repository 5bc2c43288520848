import { loki } from "../../datasources/loki.ts";
import { toSameTime } from "../_shared/links.ts";
import { BAD, lines, logMetric, matching, perMinute, withLevel } from "../_shared/logql.ts";
import { events, logs } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { everything } from "./_filters.ts";

/** The lines of a traceback have no level. All but its first and last line are indented. */
const traceback = '| level=~"error|critical|fatal|unknown"';
const suspicious = matching(String.raw`(?i)error|critical|fatal|exception|traceback|panic|^\s+\S`);

export const errors: Row = {
  title: "Error logs",
  panels: [
    events("Errors by source", "Lines of the levels error, critical and fatal per minute, by file.")
      .datasource(loki.ref)
      .span(8)
      .height(10)
      .withTarget(
        logMetric("A", perMinute(`${everything} ${withLevel} ${BAD}`, ["job", "filename"]), "{{job}} {{filename}}"),
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
