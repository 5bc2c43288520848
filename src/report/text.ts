import { uncheckedLists } from "./unchecked-secrets.ts";
import type { Outcome } from "../engine/events.ts";
import { countChanges } from "../engine/plan-summary.ts";
import type { Origin, Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import type { Fault } from "../util/errors.ts";
import { differenceLines } from "./differences.ts";
import { painter, type Output, type Style } from "./output.ts";
import { clean } from "../util/clean.ts";

const SIGNS: Record<Change["action"], { sign: string; style: Style }> = {
  create: { sign: "+", style: "green" },
  update: { sign: "~", style: "yellow" },
  adopt: { sign: "~", style: "yellow" },
  delete: { sign: "-", style: "red" },
};

/** Display texts of origins. */
const ORIGINS: Record<Origin, string> = {
  code: "changed in code",
  grafana: "changed in Grafana",
  both: "changed in code and in Grafana",
  unknown: "origin unknown",
};

/** The origin of an update, or the changes that a deletion loses; empty for other actions. */
export function originText(change: Change): string {
  const { action, origin } = change;
  if (!origin || (action !== "update" && action !== "delete")) return "";
  if (action === "update") return ORIGINS[origin];
  const verb = origin === "unknown" ? "may have been changed" : "was changed";
  return `${verb} in Grafana since the last apply${lastText(change)}`;
}

/** `, last by maria at 2026-11-25T12:00:00Z` */
function lastText({ updatedBy, updatedByName, updatedAt }: Change): string {
  return updatedBy ? `, last by ${updatedByName ?? updatedBy}${updatedAt ? ` at ${updatedAt}` : ""}` : "";
}

/** Formats a plan. The summary is the last line. */
export function planText(plan: Plan, output: Output): string {
  const paint = painter(output);
  const lines = plan.changes.filter(({ left }) => !left).flatMap((change) => changeLines(change, paint));
  const left = plan.changes.filter((change) => change.left);
  if (left.length > 0) {
    if (lines.length > 0) lines.push("");
    lines.push(paint("bold", "Not applied:"), ...left.flatMap((change) => leftLines(change, paint)));
  }
  if (plan.orphans.length > 0) {
    if (lines.length > 0) lines.push("");
    const shown = plan.orphans.slice(0, 10).map((name) => `  ${paint("red", "-")} ${clean(name)}`);
    const more = plan.orphans.length > 10 ? [`    and ${plan.orphans.length - 10} more`] : [];
    lines.push(paint("bold", "No longer in the code (delete with --prune):"), ...shown, ...more);
  }
  if (plan.unseen.length > 0) {
    if (lines.length > 0) lines.push("");
    lines.push(...unseenLines(plan.unseen, paint));
  }
  const unchecked = uncheckedLists(plan.uncheckedSecrets);
  if (unchecked.length > 0) {
    if (lines.length > 0) lines.push("");
    lines.push(...unchecked.map(({ title, names }) => paint("dim", `${title}: ${clean(names.join(", "))}`)));
  }
  if (plan.notes.length > 0) {
    if (lines.length > 0) lines.push("");
    lines.push(...plan.notes.map((note) => paint("dim", note)));
  }
  if (lines.length > 0) lines.push("");
  lines.push(summaryLine(plan, paint));
  return `${lines.join("\n")}\n`;
}

/** The kinds that the credentials can't read. */
export function unseenLines(unseen: Plan["unseen"], paint: ReturnType<typeof painter>): string[] {
  const lines = unseen.map(({ kind, missing, resources }) => {
    const shown = resources.slice(0, 3).join(", ") + (resources.length > 3 ? ` and ${resources.length - 3} more` : "");
    const what = resources.length > 0 ? shown : `every ${kind}`;
    return `  ${paint("magenta", "?")} ${clean(what)} (missing: ${missing})`;
  });
  return [paint("bold", "Not compared, because the credentials can't read them:"), ...lines];
}

function summaryLine(plan: Plan, paint: ReturnType<typeof painter>): string {
  const { add, change, destroy, left } = countChanges(plan);
  const rest = left > 0 ? ` ${left} not applied.` : "";
  const text = `Plan: ${add} to add, ${change} to change, ${destroy} to destroy.${rest}`;
  return `${paint("bold", text)} ${paint("dim", `${plan.unchanged} unchanged.`)}`;
}

function changeLines(change: Change, paint: ReturnType<typeof painter>): string[] {
  const { sign, style } = SIGNS[change.action];
  const about = [
    change.source ? change.source.file : "",
    change.action === "adopt" ? "adopted" : originText(change),
    change.verified ? "" : "not verified by Grafana",
  ].filter(Boolean);
  const head = `  ${paint(style, sign)} ${address(change)} ${paint("bold", quoted(change.title))}`;
  const lines = [about.length > 0 ? `${head}  ${paint("dim", about.join(", "))}` : head];
  lines.push(...differenceLines(change.differences, paint));
  if (change.sideEffect) lines.push(`      ${paint("yellow", "!")} ${clean(change.sideEffect)}`);
  if (change.loss) lines.push(`      ${paint("red", "!")} ${clean(change.loss)}`);
  return lines;
}

function leftLines(change: Change, paint: ReturnType<typeof painter>): string[] {
  const { left } = change;
  if (!left) return [];
  const by = left.reason === "drift" ? lastText(change) : "";
  const lines = [
    `  ${paint("magenta", "!")} ${address(change)} ${paint("bold", quoted(change.title))}: ${clean(left.message + by)}`,
  ];
  lines.push(...differenceLines(change.differences, paint));
  // What the consent in the hint would cause.
  const consented = left.reason === "foreign" || left.reason === "drift" ? change.sideEffect : undefined;
  if (consented) lines.push(`      ${paint("yellow", "!")} ${clean(consented)}`);
  if (change.loss) lines.push(`      ${paint("red", "!")} ${clean(change.loss)}`);
  if (left.hint) lines.push(`      ${paint("dim", clean(left.hint))}`);
  return lines;
}

function quoted(title: string): string {
  return `"${clean(title)}"`;
}

/** The maximum number of names per line, and of cancelled changes that are listed without `-v`. */
const MAX_NAMES = 10;

/** Formats the result of an apply: one line per failure, and the totals. */
export function outcomesText(
  outcomes: readonly Outcome[],
  plan: Plan,
  output: Output & { readonly verbose: boolean; readonly milliseconds?: number; readonly next?: readonly string[] },
): string {
  const paint = painter(output);
  const lines: string[] = [];
  const cancelled = outcomes.filter(({ status }) => status === "cancelled");
  for (const { change, status, error, because, milliseconds } of outcomes) {
    const name = address(change);
    // An interrupted run can cancel hundreds of changes.
    if (status === "cancelled" && cancelled.length > MAX_NAMES && !output.verbose) continue;
    if (status === "done") {
      if (output.verbose)
        lines.push(`  ${paint("green", "✓")} ${name} ${paint("dim", `${Math.round(milliseconds)} ms`)}`);
    } else if (error) {
      lines.push(`  ${paint("red", "✗")} ${name}: ${clean(error.message)}`);
      if ("hint" in error && typeof error.hint === "string") lines.push(`      ${paint("dim", clean(error.hint))}`);
    } else {
      lines.push(
        `  ${paint("yellow", "·")} ${name}: ${status === "cancelled" ? "cancelled" : `skipped, ${because ?? "not started"}`}`,
      );
    }
  }
  const done = outcomes.filter(({ status }) => status === "done");
  const count = (...actions: Change["action"][]) => done.filter(({ change }) => actions.includes(change.action)).length;
  const rest = [
    [outcomes.filter(({ status }) => status === "failed" || status === "conflict").length, "failed"],
    [outcomes.filter(({ status }) => status === "skipped").length, "skipped"],
    [outcomes.filter(({ status }) => status === "cancelled").length, "cancelled"],
    [countChanges(plan).left, "not applied"],
  ] as const;
  const figures = rest.filter(([number]) => number > 0).map(([number, what]) => `, ${number} ${what}`);
  const summary =
    outcomes.length === 0
      ? "No changes were made."
      : `Applied: ${count("create")} added, ${count("update", "adopt")} changed, ${count("delete")} destroyed${figures.join("")}.`;
  const time =
    output.verbose && outcomes.length > 0 && output.milliseconds !== undefined
      ? ` ${paint("dim", seconds(output.milliseconds))}`
      : "";
  lines.push(...leftNames(plan, paint), paint("bold", summary) + time);
  const next = output.next ?? [];
  if (done.length < outcomes.length) lines.push("Run the command again to continue. Completed changes are kept.");
  if (next.length > 0) lines.push("Next:");
  lines.push(...next.map((command) => `  ${clean(command)}`));
  return `${lines.join("\n")}\n`;
}

/** Short durations are shown in milliseconds. */
function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Repeats which changes were not applied. The plan with the reasons may be hundreds of lines above. */
function leftNames(plan: Plan, paint: ReturnType<typeof painter>): string[] {
  const reasons = Map.groupBy(
    plan.changes.filter(({ left }) => left),
    ({ left }) => left?.reason ?? "",
  );
  return [...reasons].map(([reason, changes]) => {
    const names = changes.slice(0, MAX_NAMES).map(address).join(", ");
    const more = changes.length > MAX_NAMES ? ` and ${changes.length - MAX_NAMES} more` : "";
    return `  ${paint("magenta", "!")} not applied, ${REASONS[reason] ?? reason}: ${clean(names)}${more}`;
  });
}

const REASONS: Readonly<Record<string, string>> = {
  foreign: "not owned by this project",
  locked: "managed by another tool",
  drift: "changed in Grafana",
  obstacle: "not possible as an update",
  dependency: "depends on another change",
  "not-empty": "still in use",
  forbidden: "not permitted",
};

/** Formats faults with their places and fixes, errors first. */
export function faultsText(faults: readonly Fault[], output: Output): string {
  const paint = painter(output);
  const lines = faults
    .toSorted((a, b) => Number(a.level === "warning") - Number(b.level === "warning"))
    .flatMap((fault) => {
      const exported =
        fault.export && fault.export !== "default"
          ? ` (export ${fault.export})`
          : fault.export
            ? " (default export)"
            : "";
      const place = [fault.file ? `${fault.file}${exported}` : "", fault.path ?? ""].filter(Boolean).join(" ");
      const sign = fault.level === "error" ? paint("red", "error") : paint("yellow", "warning");
      const hint = fault.hint ? [`        ${paint("dim", fault.hint)}`] : [];
      return [`${sign} ${place ? `${paint("bold", place)}: ` : ""}${fault.message}`, ...hint];
    });
  return lines.length > 0 ? `${lines.join("\n")}\n` : "";
}
