import { loki } from "../../datasources/loki.ts";
import { toSameTime } from "../_shared/links.ts";
import { lines, logMetric, matching, parsing, perMinute } from "../_shared/logql.ts";
import { events, logs } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { color } from "../_shared/thresholds.ts";
import { everything } from "./_filters.ts";

const statement = String.raw`select\s.+\sfrom|insert\s+into|update\s+\S+\s+set|delete\s+from`;

/** Statements in the log of SQLAlchemy (`echo`, the logger `sqlalchemy.engine`) and PostgreSQL (`log_statement`). */
const queries = `${everything} ${matching(String.raw`(?i)\b(?:${statement})\b`)}`;
const withOperation = [
  parsing(String.raw`(?i)\b(?P<verb>select|insert|update|delete)\s`),
  "| label_format operation=`{{ lower .verb }}`",
  "| drop verb",
].join(" ");

/** One second or more: PostgreSQL's `duration: 1234.567 ms`, or the text `slow query`. */
const slow = `${everything} ${matching(String.raw`(?i)slow query|\bduration: [0-9]{4,}(?:\.[0-9]+)? ms`)}`;

export const database: Row = {
  title: "Database queries",
  panels: [
    events("Statements by operation", "Lines with an SQL statement per minute, if statements are logged.")
      .datasource(loki.ref)
      .span(12)
      .withTarget(logMetric("A", perMinute(`${queries} ${withOperation}`, ["operation"]), "{{operation}}"))
      .dataLinks([toSameTime.traces]),

    events("Slow queries", "Lines about queries that took a second or more, per minute.")
      .datasource(loki.ref)
      .span(12)
      .withTarget(logMetric("A", `${perMinute(slow)} or vector(0)`, "slow queries"))
      .overrideByName("slow queries", color("red")),

    logs("Database log", "Lines with an SQL statement.")
      .span(24)
      .withTarget(lines("A", `${queries} ${withOperation}`)),
  ],
};
