import { uncheckedLists } from "./unchecked-secrets.ts";
import type { Kinds } from "../engine/resource.ts";
import { countChanges, isInSync } from "../engine/plan-summary.ts";
import type { Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import { commandHere } from "../util/command-line.ts";
import { groupChanges, type CommonChange, type OtherChange } from "./common-changes.ts";
import { commonHint, countedKind, elsewhereText, MANY, MANY_LEFT } from "./common-lines.ts";
import { countDifferences, differenceLines } from "./differences.ts";
import { factLines } from "./facts.ts";
import { countOf } from "../util/plural.ts";
import { clean } from "../util/clean.ts";
import type { RuleFirings } from "../testing/changed-firings.ts";
import type { PlacedFinding } from "../lint/places.ts";
import { codeElement as code } from "./code-element.ts";
import { findingLines, firingLines } from "./markdown-findings.ts";
import { risksOf } from "./risks.ts";
import { originText, unseenLines, withTitle } from "./text.ts";

/** The maximum length of a GitHub comment, in characters, without the marker that identifies it and a link to the run. */
export const MAX_REPORT = 65_536 - 1_536;
/** The maximum numbers of table rows and of risks. */
const MAX_ROWS = 300;
const MAX_RISKS = 40;
/** The maximum number of lines about a new object. */
const MAX_FACTS = 40;

/** The first line of a report without differences, so that `comment` need not parse the text. */
const IN_SYNC = "<!-- grafana-provision: in sync -->";

export interface MarkdownOptions {
  /** The target of the plan: `Grafana 12.4.0 at https://…`. Absent if the text around the report names it. */
  readonly target?: string;
  /** The maximum length in characters. */
  readonly limit?: number;
  /** What `lint` found in the changed resources. */
  readonly findings?: readonly PlacedFinding[];
  readonly queries?: readonly PlacedFinding[];
  readonly firings?: readonly RuleFirings[];
  /** Whether the change is shown in an earlier part of the report. */
  readonly isShownAbove?: (change: Change) => boolean;
}

/**
 * Formats a plan as a comment on a pull request: risks, a table, and collapsed differences. If the comment is too long,
 * the longest differences are omitted, and a note says so.
 */
export function planMarkdown(
  plan: Plan,
  kinds: Kinds,
  {
    target,
    limit = MAX_REPORT,
    findings = [],
    queries = [],
    firings = [],
    isShownAbove = () => false,
  }: MarkdownOptions,
): string {
  const changes = plan.changes.filter((change) => !isShownAbove(change));
  const above = plan.changes.length - changes.length;
  const head = [
    (isInSync(plan) ? `${IN_SYNC}\n` : "") + title(plan),
    [`Project ${code(plan.project)}`, ...(target === undefined ? [] : [code(target)])].join(", "),
    ...riskLines(plan, kinds),
    ...findingLines(findings, "Lint"),
    ...findingLines(queries, "Queries"),
    ...firingLines(firings),
    ...(above > 0 ? [`${countOf(above, "change")} shown above.`] : []),
  ].join("\n\n");
  return changesMarkdown(changes, {
    head,
    none: above > 0 ? "" : "No differences.",
    tail: (rows) => tailOf(plan, rows),
    limit,
  });
}

interface Around {
  readonly head: string;
  /** Takes the place of the table if there are no changes. */
  readonly none: string;
  /** `rows`: the maximum number of entries in a list. */
  readonly tail?: (rows: number) => string;
  readonly limit: number;
}

/** A table of changes, and their collapsed differences. */
export function changesMarkdown(
  changes: readonly Change[],
  { head, none, tail: tailFor = () => "", limit }: Around,
): string {
  const applied = groupChanges(
    changes.filter(({ left }) => !left),
    MANY,
  );
  const left = groupChanges(
    changes.filter((change) => change.left),
    MANY_LEFT,
  );
  const common = [...applied.common, ...left.common];
  const others = [...applied.others, ...left.others];
  const details = [...common.map(commonDetails), ...others.map(detailsOf)].filter(({ text }) => text !== "");
  for (let rows = MAX_ROWS; ; rows = Math.floor(rows / 2)) {
    const table = changes.length === 0 ? none : tableOf(common, others, rows);
    const tail = tailFor(rows);
    const room = limit - joinParts([head, table, tail]).length;
    if (room < 0 && rows > 0) continue;
    return `${joinParts([head, table, ...fitted(details, room), tail])}\n`;
  }
}

function joinParts(parts: readonly string[]): string {
  return parts.filter(Boolean).join("\n\n");
}

interface Details {
  readonly text: string;
  /** The number of resources. */
  readonly count: number;
}

/** Omits the longest details until the rest fits. Keeps their order. */
function fitted(details: readonly Details[], room: number): string[] {
  const note = (count: number) =>
    `The differences of ${count} of ${countIn(details)} resources are omitted because the comment would be too long. Run \`${commandHere("plan")}\` to see all differences.`;
  const kept = new Set(details);
  let size = details.reduce((sum, { text }) => sum + text.length + GAP, GAP);
  for (const longest of details.toSorted((a, b) => b.text.length - a.text.length)) {
    const leftOut = countIn(details) - countIn([...kept]);
    if (size + (leftOut > 0 ? note(leftOut).length + GAP : 0) <= room) break;
    kept.delete(longest);
    size -= longest.text.length + GAP;
  }
  const texts = details.filter((one) => kept.has(one)).map(({ text }) => text);
  return kept.size === details.length ? texts : [...texts, note(countIn(details) - countIn([...kept]))];
}

function countIn(details: readonly Details[]): number {
  return details.reduce((sum, { count }) => sum + count, 0);
}

/** The length of the separator between two parts. */
const GAP = 2;

function title(plan: Plan): string {
  const { add, change, destroy, left } = countChanges(plan);
  const rest = left > 0 ? ` ${left} not applied.` : "";
  return `### Plan: ${add} to add, ${change} to change, ${destroy} to destroy.${rest} ${plan.unchanged} unchanged.`;
}

/** Whether a report is of a plan without differences, in which everything could be compared. */
export function isInSyncMarkdown(text: string): boolean {
  return text.startsWith(IN_SYNC);
}

function riskLines(plan: Plan, kinds: Kinds): string[] {
  const risks = risksOf(plan, kinds);
  if (risks.length === 0) return [];
  const lines = risks.slice(0, MAX_RISKS).map(({ address: name, level, text }) => {
    return `- ${level === "loss" ? "🛑" : "⚠️"} ${code(name)} ${code(text)}`;
  });
  const more = risks.length > MAX_RISKS ? [`- and ${risks.length - MAX_RISKS} more`] : [];
  return [["**Review first**", "", ...lines, ...more].join("\n")];
}

const SIGNS: Record<Change["action"], string> = { create: "➕", update: "✏️", adopt: "🤝", delete: "🗑️" };
const WORDS: Record<Change["action"], string> = {
  create: "add",
  update: "change",
  adopt: "adopt",
  delete: "delete",
};

function tableOf(common: readonly CommonChange[], others: readonly OtherChange[], rows: number): string {
  const groups = common.map(({ changes, differences }) => {
    const [first] = changes;
    return `| ${signOf(first)} | ${countedKind(changes)} | | | ${code(remarkOf({ ...first, differences }))} |`;
  });
  const single = others.map(({ change }) => {
    const source = change.source ? code(change.source.file) : "";
    return `| ${signOf(change)} | ${code(address(change))} | ${code(change.title)} | ${source} | ${code(remarkOf(change))} |`;
  });
  const all = [...groups, ...single];
  const lines = all.slice(0, rows);
  const more = all.length > rows ? [`| | and ${all.length - rows} more | | | |`] : [];
  return ["| | resource | title | source | |", "| --- | --- | --- | --- | --- |", ...lines, ...more].join("\n");
}

/** `✏️ change` */
function signOf({ left, action }: Change): string {
  return left ? "✋ not applied" : `${SIGNS[action]} ${WORDS[action]}`;
}

function remarkOf(change: Change): string {
  const { left, origin, differences, updatedBy, updatedByName, facts = [] } = change;
  if (left)
    return left.message + (left.reason === "drift" && updatedBy ? `, last by ${updatedByName ?? updatedBy}` : "");
  const count = differences.length > 0 ? countOf(countDifferences(differences), "difference") : "";
  const from = origin === "code" ? "" : originText(change);
  return [facts[0] ?? "", count, from].filter(Boolean).join(", ");
}

/** The maximum number of addresses of common changes. */
const MAX_NAMES = 500;

/** Common differences, and the resources that have them. */
function commonDetails(common: CommonChange): Details {
  const { changes } = common;
  const names = changes.slice(0, MAX_NAMES).map((change) => `  ${clean(address(change))}`);
  const more = changes.length > MAX_NAMES ? [`  and ${changes.length - MAX_NAMES} more`] : [];
  const lines = differenceLines(common.differences, PLAIN).map(signFirst);
  const hint = commonHint(changes[0]).map((line) => `# ${line}`);
  const summary = `${countedKind(changes)}${lines.length > 0 ? " with the same changes" : ""}`;
  return { text: folded(summary, [...lines, ...hint, ...names, ...more]), count: changes.length };
}

/** Text without colors. */
const PLAIN = (_style: unknown, text: string) => text;

/** Collapsed details of one change. The table has the first line about a new object. */
function detailsOf({ change, differences, inCommon }: OtherChange): Details {
  const facts =
    (change.facts?.length ?? 0) > 1 ? factLines(change.facts ?? [], MAX_FACTS).map((line) => `+ ${line}`) : [];
  const lines = [...facts, ...differenceLines(differences, PLAIN).map(signFirst)];
  lines.push(...elsewhereText(inCommon).map((line) => `# ${line}`));
  if (change.sideEffect) lines.push(`! ${clean(change.sideEffect)}`);
  if (change.revokes) lines.push(`! ${clean(change.revokes)}`);
  if (change.loss) lines.push(`! ${clean(change.loss)}`);
  if (change.left?.hint) lines.push(`# ${clean(change.left.hint)}`);
  return { text: lines.length === 0 ? "" : folded(code(address(change)), lines), count: 1 };
}

/** Collapsed lines in a code block, so that Markdown does not apply to them. `summary`: Markdown. */
function folded(summary: string, lines: readonly string[]): string {
  const text = lines.join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `<details><summary>${summary}</summary>\n\n${fence}diff\n${text}\n${fence}\n\n</details>`;
}

/** Moves the sign to the start of the line, where a `diff` code block highlights `+`, `-` and `!`. */
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
      ? [
          `No longer in the code, deleted only with \`--prune\`: ${list(
            plan.orphans.map((name) => withTitle(name, plan.orphanTitles?.[name])),
            Math.min(20, rows),
          )}`,
        ]
      : [];
  const unseen = unseenLines(plan.unseen, PLAIN).slice(1);
  const notCompared =
    unseen.length > 0
      ? [
          `Not compared, because the credentials can't read them: ${list(
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
