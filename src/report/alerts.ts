import { matcherText, type LabelMatcher } from "../alerts/matchers.ts";
import type { AlertState, CurrentAlert, SilencedBy } from "../alerts/model.ts";
import { clean } from "../util/clean.ts";
import { countOf, listed } from "../util/plural.ts";
import { painter, type Output, type Paint, type Style } from "./output.ts";

/** The result of `alerts`. */
export interface AlertsReportInput {
  readonly description: string;
  /** In milliseconds. */
  readonly now: number;
  readonly matchers: readonly LabelMatcher[];
  readonly alerts: readonly CurrentAlert[];
  readonly unread: readonly string[];
}

/** Each alert with its labels, whom it notifies and what suppresses it, and a summary. */
export function alertsText({ description, now, matchers, alerts, unread }: AlertsReportInput, output: Output): string {
  const that = matchers.length === 0 ? "" : ` that matches ${clean(matchers.map(matcherText).join(", "))}`;
  const summary = alerts.length === 0 ? `There is no current alert${that}.` : summaryOf(alerts);
  return `${clean(description)}, ${timeText(now)}\n\n${alertLines(alerts, now, output)}${summary}\n${unreadText(unread)}`;
}

/** Some lines for each alert, with an empty line after each. */
export function alertLines(alerts: readonly CurrentAlert[], now: number, output: Output): string {
  const paint = painter(output);
  return alerts.map((alert) => `${linesOf(alert, now, paint).join("\n")}\n\n`).join("");
}

/** What could not be read, a line for each. */
export function unreadText(unread: readonly string[]): string {
  return unread.map((what) => `Not read: ${clean(what)}\n`).join("");
}

const COLORS: Readonly<Record<AlertState, Style>> = {
  firing: "red",
  error: "red",
  "no-data": "yellow",
  recovering: "yellow",
  pending: "yellow",
};

/** Labels that the first line or the rule shows. */
const SHOWN = new Set(["alertname", "rulename", "severity", "grafana_folder"]);

function linesOf(alert: CurrentAlert, now: number, paint: Paint): string[] {
  const { state, severity, name, since, labels, value, summary, rule } = alert;
  const head = [
    paint(alert.suppressed ? "dim" : COLORS[state], state),
    ...(severity === undefined ? [] : [clean(severity)]),
    paint("bold", clean(name)),
    ...(since === undefined ? [] : [`since ${timeText(Date.parse(since))} (${ageText(now - Date.parse(since))})`]),
  ].join("  ");
  const own = Object.entries(labels).filter(([label]) => !SHOWN.has(label));
  const details = [
    own.map(([label, text]) => `${label}=${text}`).join(", "),
    value === undefined ? "" : `value: ${value}`,
    summary ?? "",
    contactPointsText(alert),
    ...alert.silencedBy.map(silencedText),
    alert.inhibited ? "suppressed by an inhibition rule" : "",
    rule === undefined ? "" : `rule: ${[rule.folder, rule.group, rule.uid].filter(Boolean).join("/")}`,
  ];
  return [head, ...details.filter(Boolean).map((line) => `  ${clean(line)}`)];
}

function contactPointsText({ contactPoints, state }: CurrentAlert): string {
  if (contactPoints.length === 0) return "";
  const names = contactPoints.map(({ name, mutedBy }) =>
    mutedBy.length === 0 ? name : `${name} (muted by ${listed(mutedBy)})`,
  );
  return `${state === "pending" ? "will notify" : "notifies"}: ${names.join(", ")}`;
}

function silencedText({ id, createdBy, endsAt, comment }: SilencedBy): string {
  if (createdBy === undefined || endsAt === undefined) return `silenced by the silence ${id}`;
  return `silenced by ${createdBy} until ${timeText(Date.parse(endsAt))}: ${comment ?? ""} (${id})`;
}

function summaryOf(alerts: readonly CurrentAlert[]): string {
  const states = Object.keys(COLORS).flatMap((state) => {
    const count = alerts.filter((one) => one.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  const suppressed = alerts.filter((one) => one.suppressed).length;
  const who = suppressed < alerts.length ? `${suppressed} of them` : alerts.length === 1 ? "It" : "All of them";
  const rest = suppressed === 0 ? "" : ` ${who} ${suppressed === 1 ? "is" : "are"} silenced or muted.`;
  return `${countOf(alerts.length, "alert")}: ${listed(states)}.${rest}`;
}

/** `2026-11-30 18:00 UTC`. `time` in milliseconds. */
export function timeText(time: number): string {
  return Number.isNaN(time) ? "?" : `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The largest unit of which a time has at least two: `90 min`, `3 h`, `5 d`. */
function ageText(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  if (minutes >= 2880) return `${Math.round(minutes / 1440)} d`;
  return minutes >= 120 ? `${Math.round(minutes / 60)} h` : `${minutes} min`;
}
