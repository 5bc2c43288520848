import { loki } from "../../datasources/loki.ts";
import { lines, logMetric, perMinute } from "../_shared/logql.ts";
import { events, logs } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { application, containers, ofLevel } from "./_filters.ts";

/** The path of the file, or OTLP. */
const named = '| label_format file=`{{ or .filename "OTLP" }}`';

/** Docker's short id. */
const shortId = "| label_format container=`{{ trunc 12 .container_id }}`";

export const sources: Row = {
  title: "Application and container logs",
  panels: [
    logs(
      "Application logs",
      "Lines of the application: its files in /app/logs, and lines that it sends to the collector.",
    )
      .span(12)
      .withTarget(lines("A", `${application} ${ofLevel}`)),

    logs("Container logs", "Standard output and standard error of containers.")
      .span(12)
      .withTarget(lines("A", `${containers} ${ofLevel} ${shortId}`)),

    events("Lines by file", "Lines of each file of the application per minute. Lines over OTLP have no file.")
      .datasource(loki.ref)
      .span(12)
      .withTarget(logMetric("A", perMinute(`${application} ${named}`, ["file"]), "{{file}}")),

    events("Lines by container", "Lines of each container (Docker's short id) per minute, by stream.")
      .datasource(loki.ref)
      .span(12)
      .withTarget(
        logMetric("A", perMinute(`${containers} ${shortId}`, ["container", "stream"]), "{{container}} {{stream}}"),
      ),
  ],
};
