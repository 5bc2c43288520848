import { isDrift, type Drift, type DriftReport, type DriftState } from "../engine/drift.ts";
import { address, type Save } from "../engine/model.ts";
import { differenceLines } from "./differences.ts";
import { painter, type Output, type Paint, type Style } from "./output.ts";
import { clean } from "../util/clean.ts";
import { unseenLines } from "./text.ts";

const STATES: Record<DriftState, { sign: string; style: Style; text: string }> = {
  changed: { sign: "~", style: "yellow", text: "changed in Grafana" },
  conflict: { sign: "!", style: "red", text: "changed in Grafana and in the code" },
  missing: { sign: "-", style: "red", text: "missing" },
  "lost-mark": { sign: "!", style: "magenta", text: "lost its mark" },
  "possibly-changed": { sign: "?", style: "yellow", text: "may have been changed in Grafana" },
  unknown: { sign: "?", style: "magenta", text: "differs, origin unknown" },
  foreign: { sign: "?", style: "magenta", text: "not this project's" },
  code: { sign: "·", style: "dim", text: "changed in the code" },
};

/** Names of one line. */
const FEW = 10;

/** What somebody did in Grafana, with the summary line last. */
export function driftText(report: DriftReport, output: Output): string {
  const paint = painter(output);
  const drifted = report.drift.filter(isDrift);
  const told = report.drift.filter(({ state }) => state === "unknown" || state === "foreign");
  const lines = drifted.flatMap((one) => driftLines(one, paint));
  const gap = () => (lines.length > 0 ? [""] : []);
  if (told.length > 0) {
    lines.push(
      ...gap(),
      paint("bold", "No drift as far as anybody knows:"),
      ...told.flatMap((one) => driftLines(one, paint)),
    );
  }
  const waiting = report.drift.filter(({ state }) => state === "code").map(address);
  if (waiting.length > 0) {
    const more = waiting.length > FEW ? ` and ${waiting.length - FEW} more` : "";
    lines.push(
      ...gap(),
      paint("dim", `Changed in the code alone, which is no drift: ${clean(waiting.slice(0, FEW).join(", "))}${more}`),
    );
  }
  if (report.unseen.length > 0) lines.push(...gap(), ...unseenLines(report.unseen, paint));
  if (report.notes.length > 0) lines.push(...gap(), ...report.notes.map((note) => paint("dim", note)));
  lines.push(...gap(), summaryLine(report, paint));
  return `${lines.join("\n")}\n`;
}

/** For an issue: what `driftText` says, as a block in which nothing is anything but text. */
export function driftMarkdown(report: DriftReport, { target }: { readonly target: string }): string {
  const text = driftText(report, { stream: process.stdout, color: false }).trimEnd();
  const fence = "`".repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return [
    `Somebody changed in Grafana what this repository describes (${clean(target).replaceAll(/[`<>@]/g, "")}):`,
    `${fence}text\n${text}\n${fence}`,
    "What should stay goes into the code. What should not is overwritten by `apply --overwrite-drift`. This issue is changed with every look, and closed when nothing is left.",
  ].join("\n\n");
}

function summaryLine({ drift, unchanged }: DriftReport, paint: Paint): string {
  const count = (state: DriftState) => drift.filter((one) => one.state === state).length;
  const figures = (["changed", "conflict", "missing", "lost-mark", "possibly-changed"] as const).flatMap((state) =>
    count(state) > 0 ? [`${count(state)} ${STATES[state].text}`] : [],
  );
  const text = figures.length > 0 ? `Drift: ${figures.join(", ")}.` : "No drift.";
  return `${paint("bold", text)} ${paint("dim", `${unchanged} as the last apply left ${unchanged === 1 ? "it" : "them"}.`)}`;
}

function driftLines(one: Drift, paint: Paint): string[] {
  const { state, title, note, hint, saves, inGrafana, inCode, conflicts, differences } = one;
  const { sign, style, text } = STATES[state];
  const more = state === "changed" && note !== undefined ? `, ${note}` : note === undefined ? "" : `: ${note}`;
  const head = `  ${paint(style, sign)} ${address(one)} ${paint("bold", `"${clean(title)}"`)}: ${text}${clean(more)}${savesText(saves)}`;
  const lines = [head];
  if (state === "changed" || state === "lost-mark") {
    lines.push(...differenceLines(inGrafana ?? [], paint));
  } else if (state === "conflict" && inGrafana && inCode) {
    lines.push(`      ${paint("bold", "In Grafana:")}`, ...further(differenceLines(inGrafana, paint)));
    lines.push(`      ${paint("bold", "In the code:")}`, ...further(differenceLines(inCode, paint)));
    if (conflicts.length > 0)
      lines.push(`      ${paint("red", "Both changed:")} ${clean(conflicts.slice(0, FEW).join(", "))}`);
  } else if (state === "conflict" || state === "possibly-changed" || state === "unknown") {
    lines.push(`      ${paint("dim", "From Grafana to the code:")}`, ...further(differenceLines(differences, paint)));
  }
  if (hint !== undefined) lines.push(`      ${paint("dim", clean(hint))}`);
  return lines;
}

function further(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** `, last by maria at 2026-11-25T12:00:00Z, 3 saves`: everybody who saved since the last apply is named. */
function savesText(saves: readonly Save[]): string {
  const [last] = saves;
  if (!last) return "";
  const names = saves.map(({ by, byName }) => byName ?? by);
  const [name] = names;
  const others = [...new Set(names)].filter((one) => one !== undefined && one !== name);
  const by = name === undefined ? "" : ` by ${name}`;
  const at = last.at === undefined ? "" : ` at ${last.at}`;
  const count = saves.length > 1 ? `, ${saves.length} saves` : "";
  const also = others.length > 0 ? `, before that by ${others.join(", ")}` : "";
  return clean(`, last${by}${at}${count}${also}`);
}
