import { loki } from "../../datasources/loki.ts";
import { toSameTime } from "../_shared/links.ts";
import { lines, logMetric, matching, parsing, perMinute } from "../_shared/logql.ts";
import { events, logs } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { color } from "../_shared/thresholds.ts";
import { METHODS } from "../_shared/variables.ts";
import { everything } from "./_filters.ts";

const method = METHODS.join("|");

/** Lines about requests to the API, with their method: uvicorn's access log, or fields of JSON and logfmt. */
const requests = [
  everything,
  "|= `/api/`",
  matching(String.raw`\b(?:${method})\b`),
  parsing(String.raw`\b(?P<method>${method})\b`),
  '| method=~"$method"',
].join(" ");

/** `"GET /api/v1/content HTTP/1.1" 200`, `"status_code": 200`, `status=200`. */
const withClass = [
  parsing(String.raw`(?:HTTP/[0-9.]+"?\s+|status(?:_code)?"?\s*[=:]\s*"?)(?P<status>[1-5][0-9]{2})\b`),
  "| label_format class=`{{ if .status }}{{ trunc 1 .status }}xx{{ else }}no status{{ end }}`",
].join(" ");

export const apiRequests: Row = {
  title: "API requests",
  panels: [
    events("API requests by method", "Lines about requests to /api/, per minute.")
      .datasource(loki.ref)
      .span(12)
      .withTarget(logMetric("A", perMinute(requests, ["method"]), "{{method}}"))
      .dataLinks([toSameTime.requests]),

    events("API requests by status", "Lines per minute by class of the status, if they contain one.")
      .datasource(loki.ref)
      .span(12)
      .withTarget(logMetric("A", perMinute(`${requests} ${withClass}`, ["class"]), "{{class}}"))
      .overrideByName("2xx", color("green"))
      .overrideByName("3xx", color("blue"))
      .overrideByName("4xx", color("orange"))
      .overrideByName("5xx", color("red"))
      .dataLinks([toSameTime.requests]),

    logs("API request log", "Lines about requests to /api/ with the selected methods.")
      .span(24)
      .withTarget(lines("A", `${requests} ${withClass}`)),
  ],
};
