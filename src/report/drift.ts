import { isDrift, type Drift, type DriftReport, type DriftState } from "../engine/drift.ts";
import { address, type Save } from "../engine/model.ts";
import { differenceLines } from "./differences.ts";
import { painter, type Output, type Paint, type Style } from "./output.ts";
import { clean } from "../util/clean.ts";
import { unseenLines } from "./text.ts";
import { commandHere } from "../util/command-line.ts";

/** How the states are shown. */
export const STATES: Record<DriftState, { sign: string; style: Style; text: string }> = {
  changed: { sign: "~", style: "yellow", text: "changed in Grafana" },
  conflict: { sign: "!", style: "red", text: "changed in Grafana and in the code" },
  missing: { sign: "-", style: "red", text: "missing" },
  "lost-mark": { sign: "!", style: "magenta", text: "ownership mark removed" },
  "possibly-changed": { sign: "?", style: "yellow", text: "may have been changed in Grafana" },
  unknown: { sign: "?", style: "magenta", text: "differs, origin unknown" },
  foreign: { sign: "?", style: "magenta", text: "not owned by this project" },
  code: { sign: "·", style: "dim", text: "changed in the code" },
};

/** The maximum number of names per line. */
const FEW = 10;

/** Reports changes made in Grafana. The summary is the last line. */
export function driftText(report: DriftReport, output: Output): string {
  const paint = painter(output);
  const drifted = report.drift.filter(isDrift);
  const unclear = report.drift.filter(({ state }) => state === "unknown" || state === "foreign");
  const lines = drifted.flatMap((one) => driftLines(one, paint));
  const gap = () => (lines.length > 0 ? [""] : []);
  if (unclear.length > 0) {
    lines.push(...gap(), paint("bold", "Not known to be drift:"), ...unclear.flatMap((one) => driftLines(one, paint)));
  }
  const waiting = report.drift.filter(({ state }) => state === "code").map(address);
  if (waiting.length > 0) {
    const more = waiting.length > FEW ? ` and ${waiting.length - FEW} more` : "";
    lines.push(
      ...gap(),
      paint("dim", `Changed only in the code, which is not drift: ${clean(waiting.slice(0, FEW).join(", "))}${more}`),
    );
  }
  if (report.unseen.length > 0) lines.push(...gap(), ...unseenLines(report.unseen, paint));
  if (report.notes.length > 0) lines.push(...gap(), ...report.notes.map((note) => paint("dim", clean(note))));
  lines.push(...gap(), summaryLine(report, paint));
  return `${lines.join("\n")}\n`;
}

/** The text of `driftText` for an issue, in a code block so that Markdown does not apply to it. */
export function driftMarkdown(report: DriftReport, { target }: { readonly target: string }): string {
  const text = driftText(report, { stream: process.stdout, color: false }).trimEnd();
  return [
    `Objects that this repository defines were changed in Grafana (${clean(target).replaceAll(/[`<>@]/g, "")}):`,
    fenced(text),
    `To keep a change, add it to the code. To discard it, run \`${commandHere("apply", "--overwrite-drift")}\`. The next drift check updates this issue, and closes it when there is no drift.`,
  ].join("\n\n");
}

/** A code block, in which Markdown does not apply. */
export function fenced(text: string): string {
  const fence = "`".repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return `${fence}text\n${text}\n${fence}`;
}

function summaryLine({ drift, unchanged }: DriftReport, paint: Paint): string {
  const count = (state: DriftState) => drift.filter((one) => one.state === state).length;
  const figures = (["changed", "conflict", "missing", "lost-mark", "possibly-changed"] as const).flatMap((state) =>
    count(state) > 0 ? [`${count(state)} ${STATES[state].text}`] : [],
  );
  const text = figures.length > 0 ? `Drift: ${figures.join(", ")}.` : "No drift detected.";
  return `${paint("bold", text)} ${paint("dim", `${unchanged} unchanged.`)}`;
}

/** One object with its changes. */
export function driftLines(one: Drift, paint: Paint): string[] {
  const { state, title, note, hint, saves, appliedBy, inGrafana, inCode, conflicts, differences } = one;
  const { sign, style, text } = STATES[state];
  const more = state === "changed" && note !== undefined ? `, ${note}` : note === undefined ? "" : `: ${note}`;
  const head = `  ${paint(style, sign)} ${clean(address(one))} ${paint("bold", `"${clean(title)}"`)}: ${text}${clean(more)}${savesText(saves)}`;
  const lines = [head];
  if (state === "changed" || state === "lost-mark") {
    lines.push(...differenceLines(inGrafana ?? [], paint));
  } else if (state === "conflict" && inGrafana && inCode) {
    lines.push(`      ${paint("bold", "In Grafana:")}`, ...indented(differenceLines(inGrafana, paint)));
    lines.push(`      ${paint("bold", "In the code:")}`, ...indented(differenceLines(inCode, paint)));
    if (conflicts.length > 0)
      lines.push(`      ${paint("red", "Both changed:")} ${clean(conflicts.slice(0, FEW).join(", "))}`);
  } else if (state === "conflict" || state === "possibly-changed" || state === "unknown") {
    lines.push(`      ${paint("dim", "From Grafana to the code:")}`, ...indented(differenceLines(differences, paint)));
  }
  if (appliedBy !== undefined) lines.push(`      ${paint("dim", `last applied by ${clean(appliedBy)}`)}`);
  if (hint !== undefined) lines.push(`      ${paint("dim", clean(hint))}`);
  return lines;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** `, last by maria at 2026-11-25T12:00:00Z, 3 saves`, with all users who saved since the last apply. */
export function savesText(saves: readonly Save[]): string {
  const [last] = saves;
  if (!last) return "";
  const names = saves.map(({ by, byName }) => byName ?? by);
  const [name] = names;
  const others = [...new Set(names)].filter((one) => one !== undefined && one !== name);
  const by = name === undefined ? "" : ` by ${name}`;
  const at = last.at === undefined ? "" : ` at ${last.at}`;
  const count = saves.length > 1 ? `, ${saves.length} saves` : "";
  const also = others.length > 0 ? `, previously by ${others.join(", ")}` : "";
  const said = last.message === undefined ? "" : `: "${last.message}"`;
  return clean(`, last${by}${at}${count}${also}${said}`);
}
