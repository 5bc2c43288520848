import { loki } from "../../datasources/loki.ts";
import { toSameTime } from "../_shared/links.ts";
import { BAD, lines, logMetric, matching, parsing, perMinute, withLevel } from "../_shared/logql.ts";
import { events, logs } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { everything } from "./_filters.ts";

/** Lines with the class of an agent, such as ContentAgent or OrchestrationAgent, but not UserAgent. */
const activity = [
  everything,
  matching(String.raw`\b[A-Z][A-Za-z]+Agent\b`),
  parsing(String.raw`\b(?P<agent>[A-Z][A-Za-z]+Agent)\b`),
  '| agent!="UserAgent"',
].join(" ");

export const agents: Row = {
  title: "Agent activity",
  panels: [
    events("Lines by agent", "Lines of each agent per minute. An agent without lines is idle or hangs.")
      .datasource(loki.ref)
      .span(12)
      .withTarget(logMetric("A", perMinute(activity, ["agent"]), "{{agent}}"))
      .dataLinks([toSameTime.traces]),

    events("Errors by agent", "Lines of the levels error, critical and fatal with the name of an agent, per minute.")
      .datasource(loki.ref)
      .span(12)
      .withTarget(logMetric("A", perMinute(`${activity} ${withLevel} ${BAD}`, ["agent"]), "{{agent}}"))
      .dataLinks([toSameTime.traces]),

    logs("Agent log", "Lines with the name of an agent.").span(24).withTarget(lines("A", activity)),
  ],
};
