import { loki } from "../../datasources/loki.ts";
import { lines, logMetric, matching, perMinute } from "../_shared/logql.ts";
import { events, logs } from "../_shared/panels.ts";
import type { Row } from "../_shared/rows.ts";
import { color } from "../_shared/thresholds.ts";
import { everything } from "./_filters.ts";

const signIn = String.raw`\b(?:log(?:ged)?[ _-]?(?:in|out)|sign(?:ed)?[ _-]?(?:in|out|up)|authenticated)\b`;
const denied = [
  String.raw`\b(?:unauthori[sz]ed|forbidden|(?:permission|access)[ _-]denied)\b`,
  String.raw`\b(?:invalid|wrong|expired)[ _-](?:credentials?|password|token|signature|api[ _-]key)\b`,
  String.raw`\b(?:token|session)[ _-](?:has[ _-])?expired\b`,
  String.raw`\b(?:authentication|log[ _-]?in|sign[ _-]?in)[ _-]failed\b|\bfailed[ _-](?:log[ _-]?in|sign[ _-]?in|authentication)\b`,
  String.raw`HTTP/[0-9.]+"? 40[13]\b`,
].join("|");
const attack = String.raw`\brate[ _-]limit|\btoo many requests\b|HTTP/[0-9.]+"? 429\b|\bcsrf\b|\bbrute[ _-]?force|\bsql injection\b|\bxss\b|\bpath traversal\b`;

/** Lines about denied access. */
export const refused = `${everything} ${matching(`(?i)${denied}`)}`;

export const security: Row = {
  title: "Authentication and security",
  panels: [
    events(
      "Security events",
      "Lines about sign-in and sign-out, denied access, rate limits and attacks, per minute. A line can count more than once.",
    )
      .datasource(loki.ref)
      .span(8)
      .height(10)
      .withTarget(logMetric("A", perMinute(`${everything} ${matching(`(?i)${signIn}`)}`), "signed in or out"))
      .withTarget(logMetric("B", perMinute(refused), "refused"))
      .withTarget(logMetric("C", perMinute(`${everything} ${matching(`(?i)${attack}`)}`), "limits and attacks"))
      .overrideByName("signed in or out", color("green"))
      .overrideByName("refused", color("orange"))
      .overrideByName("limits and attacks", color("red")),

    logs("Authentication and security log", "The same lines as text.")
      .span(16)
      .withTarget(lines("A", `${everything} ${matching(`(?i)${signIn}|${denied}|${attack}`)}`)),
  ],
};
