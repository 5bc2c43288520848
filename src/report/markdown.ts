import { uncheckedLists } from "./unchecked-secrets.ts";
import type { Kinds } from "../engine/resource.ts";
import { countChanges } from "../engine/plan-summary.ts";
import type { Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import { differenceLines } from "./differences.ts";
import { clean } from "../util/clean.ts";
import { risksOf } from "./risks.ts";
import { originText, unseenLines } from "./text.ts";

/** GitHub takes 65,536 characters in one comment. */
const LIMIT = 65_536;
/** Room for what is put around a report: the mark by which a comment is found again, a link to the run. */
const ROOM = 1_536;
/** Rows of the table, and risks; the rest is counted. */
const ROWS = 300;
const RISKS = 40;
/** Characters of a title in a cell. */
const WIDTH = 120;

export interface MarkdownOptions {
  /** What was planned for: `Grafana 12.4.0 at https://…`. */
  readonly target: string;
  /** Characters at most. */
  readonly limit?: number;
}

/**
 * A plan for a comment on a pull request: risks, a table, and folded differences. Where that is too long, the longest
 * differences are left out first, and it says so.
 */
export function planMarkdown(plan: Plan, kinds: Kinds, { target, limit = LIMIT - ROOM }: MarkdownOptions): string {
  const details = plan.changes.map((change) => ({ change, text: detailsOf(change) })).filter(({ text }) => text !== "");
  const head = [title(plan), `Project ${code(plan.project)}, ${code(target)}`, ...riskLines(plan, kinds)].join("\n\n");
  for (let rows = ROWS; ; rows = Math.floor(rows / 2)) {
    const table = plan.changes.length === 0 ? "Nothing differs." : tableOf(plan.changes, rows);
    const tail = tailOf(plan, rows);
    const room = limit - joined([head, table, tail]).length;
    if (room < 0 && rows > 0) continue;
    return `${joined([head, table, ...fitted(details, room), tail])}\n`;
  }
}

function joined(parts: readonly string[]): string {
  return parts.filter(Boolean).join("\n\n");
}

interface Details {
  readonly change: Change;
  readonly text: string;
}

/** Those that fit, in their order; the longest go first. */
function fitted(details: readonly Details[], room: number): string[] {
  const note = (count: number) =>
    `The differences of ${count} of ${details.length} resources are left out, the longest first, since a comment takes no more; \`plan\` shows them all.`;
  const kept = new Set(details);
  let size = details.reduce((sum, { text }) => sum + text.length + GAP, GAP);
  for (const longest of details.toSorted((a, b) => b.text.length - a.text.length)) {
    const leftOut = details.length - kept.size;
    if (size + (leftOut > 0 ? note(leftOut).length + GAP : 0) <= room) break;
    kept.delete(longest);
    size -= longest.text.length + GAP;
  }
  const texts = details.filter((one) => kept.has(one)).map(({ text }) => text);
  return kept.size === details.length ? texts : [...texts, note(details.length - kept.size)];
}

/** Characters between two parts. */
const GAP = 2;

function title(plan: Plan): string {
  const { add, change, destroy, left } = countChanges(plan);
  const rest = left > 0 ? ` ${left} left as ${left === 1 ? "it is" : "they are"}.` : "";
  return `### Plan: ${add} to add, ${change} to change, ${destroy} to destroy.${rest} ${plan.unchanged} unchanged.`;
}

/** Whether a report says by its title that nothing differs. */
export function isInSyncMarkdown(text: string): boolean {
  return /^### Plan: 0 to add, 0 to change, 0 to destroy\. \d+ unchanged\.\s/.test(text);
}

function riskLines(plan: Plan, kinds: Kinds): string[] {
  const risks = risksOf(plan, kinds);
  if (risks.length === 0) return [];
  const lines = risks.slice(0, RISKS).map(({ address: name, level, text }) => {
    return `- ${level === "loss" ? "🛑" : "⚠️"} ${code(name)} ${code(text)}`;
  });
  const more = risks.length > RISKS ? [`- and ${risks.length - RISKS} more`] : [];
  return [["**Look at this first**", "", ...lines, ...more].join("\n")];
}

const SIGNS: Record<Change["action"], string> = { create: "➕", update: "✏️", adopt: "🤝", delete: "🗑️" };
const WORDS: Record<Change["action"], string> = {
  create: "add",
  update: "change",
  adopt: "take over",
  delete: "delete",
};

function tableOf(changes: readonly Change[], rows: number): string {
  const lines = changes.slice(0, rows).map((change) => {
    const what = change.left ? "left" : WORDS[change.action];
    const sign = change.left ? "✋" : SIGNS[change.action];
    const source = change.source ? code(change.source.file) : "";
    return `| ${sign} ${what} | ${code(address(change))} | ${code(change.title)} | ${source} | ${code(remarkOf(change))} |`;
  });
  const more = changes.length > rows ? [`| | and ${changes.length - rows} more | | | |`] : [];
  return ["| | resource | title | source | |", "| --- | --- | --- | --- | --- |", ...lines, ...more].join("\n");
}

function remarkOf(change: Change): string {
  const { left, origin, differences, updatedBy, updatedByName } = change;
  if (left)
    return left.message + (left.reason === "drift" && updatedBy ? `, last by ${updatedByName ?? updatedBy}` : "");
  const count =
    differences.length > 0 ? `${differences.length} ${differences.length === 1 ? "difference" : "differences"}` : "";
  const from = origin === "code" ? "" : originText(change);
  return [count, from].filter(Boolean).join(", ");
}

/** Folded; the text inside is a block of code, in which nothing is anything but text. */
function detailsOf(change: Change): string {
  const lines = differenceLines(change.differences, (_style, text) => text).map(signFirst);
  if (change.sideEffect) lines.push(`! ${clean(change.sideEffect)}`);
  if (change.loss) lines.push(`! ${clean(change.loss)}`);
  if (change.left?.hint) lines.push(`# ${clean(change.left.hint)}`);
  if (lines.length === 0) return "";
  const text = lines.join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `<details><summary>${code(address(change))}</summary>\n\n${fence}diff\n${text}\n${fence}\n\n</details>`;
}

/** What a block of differences colours begins its line: `+`, `-`, and `!` for what changed. */
function signFirst(line: string): string {
  const [, space = "", sign, rest = ""] = /^( *)([+~!-]) (.*)$/s.exec(line) ?? [];
  if (sign === undefined) return `  ${line.slice(6)}`;
  return `${sign === "~" ? "!" : sign} ${space.slice(6)}${rest}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

function tailOf(plan: Plan, rows: number): string {
  const orphans =
    plan.orphans.length > 0
      ? [`No longer in the code, deleted with \`--prune\` alone: ${list(plan.orphans, Math.min(20, rows))}`]
      : [];
  const unseen = unseenLines(plan.unseen, (_style, text) => text).slice(1);
  const notCompared =
    unseen.length > 0
      ? [
          `Not compared, since these credentials may not read it: ${list(
            unseen.map((line) => line.trim()),
            20,
          )}`,
        ]
      : [];
  const secrets = uncheckedLists(plan.uncheckedSecrets).map(
    ({ title, names }) => `${title}: ${list(names, Math.min(20, rows))}`,
  );
  return [...orphans, ...notCompared, ...secrets, ...plan.notes.map(code)].join("\n\n");
}

function list(names: readonly string[], most: number): string {
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return names.slice(0, most).map(code).join(", ") + more;
}

/**
 * Other people's text: in an element of code no mention and no reference to an issue is made, and every character that
 * Markdown, a table or HTML might take for its own is written by its number.
 */
function code(text: string): string {
  const short = clean(text);
  if (short === "") return "";
  const cut = short.length > WIDTH ? `${short.slice(0, WIDTH - 1)}…` : short;
  return `<code>${cut.replace(MARKUP, (character) => `&#${character.codePointAt(0)};`)}</code>`;
}

/** Within a word `_` is a letter, and a full stop makes a link after `www` alone. */
const MARKUP = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|(?<=www)\.|[^\p{L}\p{N}\p{M}\p{So} ,/…→×"'._-]/giu;
