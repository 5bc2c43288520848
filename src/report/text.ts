import { uncheckedLists } from "./unchecked-secrets.ts";
import type { Outcome } from "../engine/events.ts";
import { countChanges } from "../engine/plan-summary.ts";
import type { Origin, Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import type { Fault } from "../util/errors.ts";
import { differenceLines } from "./differences.ts";
import { groupChanges, type CommonChange, type OtherChange } from "./common-changes.ts";
import { commonHint, commonLines, countedKind, elsewhereText, MANY, MANY_LEFT } from "./common-lines.ts";
import { describedIn, type Described } from "./facts.ts";
import { painter, type Output, type Paint, type Style } from "./output.ts";
import { clean, cleanLines } from "../util/clean.ts";

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
  const verbose = output.verbose === true;
  const applied = groupChanges(
    plan.changes.filter(({ left }) => !left),
    MANY,
  );
  const described = describedIn(plan.changes, verbose);
  const lines = [
    ...applied.common.flatMap((one) => commonChangeLines(one, paint, verbose)),
    ...applied.others.flatMap((one) => changeLines(one, paint, described)),
  ];
  const left = groupChanges(
    plan.changes.filter((change) => change.left),
    MANY_LEFT,
  );
  if (left.common.length + left.others.length > 0) {
    if (lines.length > 0) lines.push("");
    lines.push(
      paint("bold", "Not applied:"),
      ...left.common.flatMap((one) => commonLeftLines(one, paint, verbose)),
      ...left.others.flatMap((one) => leftLines(one, paint)),
    );
  }
  if (plan.orphans.length > 0) {
    if (lines.length > 0) lines.push("");
    const titles = plan.orphanTitles ?? {};
    const shown = plan.orphans.slice(0, 10).map((name) => `  ${paint("red", "-")} ${withTitle(name, titles[name])}`);
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
    lines.push(...plan.notes.map((note) => paint("dim", clean(note))));
  }
  if (lines.length > 0) lines.push("");
  lines.push(summaryLine(plan, paint));
  return `${lines.join("\n")}\n`;
}

/** The kinds that the credentials can't read. */
export function unseenLines(unseen: Plan["unseen"], paint: Paint): string[] {
  const lines = unseen.map(({ kind, missing, resources }) => {
    const shown = resources.slice(0, 3).join(", ") + (resources.length > 3 ? ` and ${resources.length - 3} more` : "");
    const what = resources.length > 0 ? shown : `every ${kind}`;
    return `  ${paint("magenta", "?")} ${clean(`${what} (missing: ${missing})`)}`;
  });
  return [paint("bold", "Not compared, because the credentials can't read them:"), ...lines];
}

function summaryLine(plan: Plan, paint: Paint): string {
  const { add, change, destroy, left } = countChanges(plan);
  const rest = left > 0 ? ` ${left} not applied.` : "";
  const text = `Plan: ${add} to add, ${change} to change, ${destroy} to destroy.${rest}`;
  return `${paint("bold", text)} ${paint("dim", `${plan.unchanged} unchanged.`)}`;
}

/** What a report says about a change, apart from its resource and its differences. */
function aboutTexts(change: Change): string[] {
  const { action, verified } = change;
  return [action === "adopt" ? "adopted" : originText(change), verified ? "" : "not verified by Grafana"].filter(
    Boolean,
  );
}

function commonChangeLines(common: CommonChange, paint: Paint, all: boolean): string[] {
  const [first] = common.changes;
  const { sign, style } = SIGNS[first.action];
  const about = aboutTexts(first).join(", ");
  const head = `  ${paint(style, sign)} ${paint("bold", countedKind(common.changes))}`;
  return [about === "" ? head : `${head}  ${paint("dim", clean(about))}`, ...commonLines(common, paint, all)];
}

function commonLeftLines(common: CommonChange, paint: Paint, all: boolean): string[] {
  const [first] = common.changes;
  const by = first.left?.reason === "drift" ? lastText({ ...first, updatedAt: "" }) : "";
  const head = `  ${paint("magenta", "!")} ${paint("bold", countedKind(common.changes))}: ${clean((first.left?.message ?? "") + by)}`;
  const hint = commonHint(first).map((line) => `      ${paint("dim", clean(line))}`);
  return [head, ...commonLines(common, paint, all), ...hint];
}

function changeLines({ change, differences, inCommon }: OtherChange, paint: Paint, described: Described): string[] {
  const { sign, style } = SIGNS[change.action];
  const about = [change.source?.file ?? "", ...aboutTexts(change)].filter(Boolean).join(", ");
  const [summary, ...details] = described(change);
  const head = `  ${paint(style, sign)} ${clean(address(change))} ${paint("bold", quoted(change.title))}`;
  const said = [about, summary ?? ""].filter(Boolean).join(": ");
  const lines = [
    said === "" ? head : `${head}  ${paint("dim", clean(said))}`,
    ...details.map((line) => `      ${paint("dim", clean(line))}`),
  ];
  lines.push(...differenceLines(differences, paint));
  lines.push(...elsewhereText(inCommon).map((line) => `      ${paint("dim", clean(line))}`));
  if (change.sideEffect) lines.push(`      ${paint("yellow", "!")} ${clean(change.sideEffect)}`);
  if (change.revokes) lines.push(`      ${paint("red", "!")} ${clean(change.revokes)}`);
  if (change.loss) lines.push(`      ${paint("red", "!")} ${clean(change.loss)}`);
  return lines;
}

function leftLines({ change, differences, inCommon }: OtherChange, paint: Paint): string[] {
  const { left } = change;
  if (!left) return [];
  const by = left.reason === "drift" ? lastText(change) : "";
  const lines = [
    `  ${paint("magenta", "!")} ${clean(address(change))} ${paint("bold", quoted(change.title))}: ${clean(left.message + by)}`,
  ];
  lines.push(...differenceLines(differences, paint));
  lines.push(...elsewhereText(inCommon).map((line) => `      ${paint("dim", clean(line))}`));
  // What the consent in the hint would cause.
  const consented = left.reason === "foreign" || left.reason === "drift" ? change.sideEffect : undefined;
  if (consented) lines.push(`      ${paint("yellow", "!")} ${clean(consented)}`);
  if (change.revokes) lines.push(`      ${paint("red", "!")} ${clean(change.revokes)}`);
  if (change.loss) lines.push(`      ${paint("red", "!")} ${clean(change.loss)}`);
  if (left.hint) lines.push(`      ${paint("dim", clean(left.hint))}`);
  return lines;
}

/** `dashboard/fastapi "FastAPI"` */
export function withTitle(name: string, title: string | undefined): string {
  return title === undefined ? clean(name) : `${clean(name)} ${quoted(title)}`;
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
    const name = clean(address(change));
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
        `  ${paint("yellow", "·")} ${name}: ${status === "cancelled" ? "cancelled" : `skipped, ${clean(because ?? "not started")}`}`,
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
function leftNames(plan: Plan, paint: Paint): string[] {
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
      const place = clean([fault.file ? `${fault.file}${exported}` : "", fault.path ?? ""].filter(Boolean).join(" "));
      const sign = fault.level === "error" ? paint("red", "error") : paint("yellow", "warning");
      const hint = fault.hint ? [`        ${paint("dim", cleanLines(fault.hint))}`] : [];
      return [`${sign} ${place ? `${paint("bold", place)}: ` : ""}${cleanLines(fault.message)}`, ...hint];
    });
  return lines.length > 0 ? `${lines.join("\n")}\n` : "";
}
