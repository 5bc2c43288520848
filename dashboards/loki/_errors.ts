import { LogsSortOrder } from "@grafana/grafana-foundation-sdk/common";
import { loki } from "../../datasources/loki.ts";
import { toSameTime } from "../_shared/links.ts";
import { BAD, lines, logMetric, matching, perMinute, withLevel } from "../_shared/logql.ts";
import { events, logs } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { everything } from "./_filters.ts";

/** Docker's short id of the container, or else the name of the file without its directory, or else the service. */
const source = [
  '| label_format file=`{{ regexReplaceAll "^.*/" .filename "" }}`',
  "| label_format source=`{{ if .container_id }}{{ trunc 12 .container_id }}{{ else }}{{ or .file .service_name }}{{ end }}`",
].join(" ");

/** The lines of a traceback have no level. All but its first and last line are indented. */
const traceback = '| level=~"error|critical|fatal|unknown"';
const suspicious = matching(String.raw`(?i)error|critical|fatal|exception|traceback|panic|^\s+\S`);

export const errors: Row = {
  title: "Error logs",
  panels: [
    events("Errors by source", "Lines of the levels error, critical and fatal per minute, by file or container.")
      .datasource(loki.ref)
      .span(8)
      .height(10)
      .withTarget(logMetric("A", perMinute(`${everything} ${withLevel} ${BAD} ${source}`, ["source"]), "{{source}}"))
      .dataLinks([toSameTime.requests, toSameTime.traces]),

    logs(
      "Error stream",
      "Errors and tracebacks of all sources, oldest first, so that tracebacks read from top to bottom. The selected levels don't affect this.",
    )
      .span(16)
      .sortOrder(LogsSortOrder.Ascending)
      .withTarget(lines("A", `${everything} ${suspicious} ${withLevel} ${traceback}`)),
  ],
};
