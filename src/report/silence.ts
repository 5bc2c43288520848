import { matcherText } from "../alerts/matchers.ts";
import type { Silence } from "../alerts/silences.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { alertLines, timeText, unreadText, type AlertsReportInput } from "./alerts.ts";
import { painter, type Output } from "./output.ts";

/** The alerts that a new silence matches now. */
export function matchedText(
  { description, now, alerts, unread }: Omit<AlertsReportInput, "matchers">,
  output: Output,
): string {
  const count = alerts.length === 0 ? "matches no current alert" : `matches ${countOf(alerts.length, "current alert")}`;
  return `${clean(description)}\n\n${alertLines(alerts, now, output)}The silence ${count}.\n${unreadText(unread)}`;
}

/** `command`: ends the silence. */
export function createdText({ id, createdBy, matchers, endsAt }: Silence, command: string): string {
  const what = clean(matchers.map(matcherText).join(", "));
  const until = timeText(Date.parse(endsAt));
  return `Created the silence ${clean(id)} by ${clean(createdBy)}: Grafana sends no notifications about alerts that match ${what} until ${until}.\nTo end it earlier, run: ${command}\n`;
}

/** `before`: the silence before the command. */
export function expiredText({ id, state }: Silence): string {
  return state === "expired"
    ? `The silence ${clean(id)} had already ended. Nothing was changed.\n`
    : `Ended the silence ${clean(id)}.\n`;
}

/** Some lines for each silence, and a summary. */
export function silencesText(silences: readonly Silence[], description: string, output: Output): string {
  const paint = painter(output);
  const lines = silences.map(({ id, state, matchers, startsAt, endsAt, createdBy, comment }) => {
    const from = state === "pending" ? `from ${timeText(Date.parse(startsAt))} ` : "";
    return [
      `${paint("bold", clean(matchers.map(matcherText).join(", ")))}  ${from}until ${timeText(Date.parse(endsAt))}`,
      `  by ${clean(createdBy)}: ${clean(comment)}`,
      `  ${clean(id)}`,
    ].join("\n");
  });
  const summary = silences.length === 0 ? "No alerts are silenced." : `${countOf(silences.length, "silence")}.`;
  return `${clean(description)}\n\n${lines.map((line) => `${line}\n\n`).join("")}${summary}\n`;
}
