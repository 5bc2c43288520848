import type { Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import type { Kinds } from "../engine/resource.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { cellTexts, environmentRows, SAME } from "./environment-rows.ts";
import { changesMarkdown, MAX_REPORT, planMarkdown } from "./markdown.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";
import { planText } from "./text.ts";

/** The plan for one environment, or why there is none. */
export type EnvironmentPlan =
  | {
      readonly name: string;
      readonly description: string;
      readonly plan: Plan;
      /** Hashes of the code by address: changes that read the same can have different content. */
      readonly hashes?: ReadonlyMap<string, string>;
    }
  | { readonly name: string; readonly problem: string };

const WORDS: Readonly<Record<Change["action"], string>> = {
  create: "add",
  update: "change",
  adopt: "adopt",
  delete: "delete",
};

/** A row for each resource that changes somewhere, with a cell for each environment. */
function matrixOf(all: readonly EnvironmentPlan[]) {
  const listed = all.map((one) => ({ name: one.name, ...("plan" in one ? { items: itemsOf(one) } : {}) }));
  const rows = environmentRows(listed, ({ change }) => address(change), contentOf);
  return { rows, cells: cellTexts(listed, rows, wordOf) };
}

interface Item {
  readonly change: Change;
  readonly hash: string | undefined;
}

function itemsOf({ plan, hashes }: Extract<EnvironmentPlan, { plan: Plan }>): Item[] {
  return plan.changes.map((change) => ({ change, hash: hashes?.get(address(change)) }));
}

function contentOf({ change, hash }: Item): string {
  const { needs: _needs, source: _source, ...shown } = change;
  return JSON.stringify([shown, hash]);
}

function wordOf({ change: { action, left } }: Item): string {
  return left ? `${WORDS[action]} (not applied)` : WORDS[action];
}

/** What takes the place of an empty matrix. */
function withoutRows(all: readonly EnvironmentPlan[]): string {
  const isKnown = all.every((one) => "plan" in one && one.plan.orphans.length === 0 && one.plan.unseen.length === 0);
  if (isKnown) return "No differences.";
  return all.some((one) => "plan" in one)
    ? "No changes found, but see each environment."
    : "No environment has a plan.";
}

/** The matrix, and each plan in full. */
export function environmentsText(all: readonly EnvironmentPlan[], output: Output): string {
  const paint = painter(output);
  const rows = matrixOf(all).cells;
  const head = [paint("bold", "resource"), ...all.map(({ name }) => paint("bold", name))];
  const matrix =
    rows.length === 0
      ? `${withoutRows(all)}\n`
      : tableText([
          head,
          ...rows.map((row) => [clean(row.address), ...row.cells.map((cell) => cellText(cell, paint))]),
        ]);
  const failed = all.filter((one) => "problem" in one);
  const lines = failed.map((one) => `${paint("red", "error")} ${one.name}: ${one.problem}\n`);
  const texts = all.flatMap((one) => ("plan" in one ? [{ one, text: planText(one.plan, output) }] : []));
  // Equal plans are shown once.
  const plans = [...Map.groupBy(texts, ({ text }) => text)].map(([text, group]) => {
    const heads = group.map(({ one }) => `${paint("bold", `${one.name}:`)} ${clean(one.description)}`);
    return `${heads.join("\n")}\n\n${text}`;
  });
  return [
    `${countOf(all.length, "environment")}\n`,
    matrix,
    ...(lines.length > 0 ? [lines.join("")] : []),
    ...plans,
  ].join("\n");
}

function cellText(cell: string, paint: ReturnType<typeof painter>): string {
  if (/^add\b/.test(cell)) return paint("green", cell);
  if (/^delete\b/.test(cell)) return paint("red", cell);
  return cell === SAME ? paint("dim", cell) : paint("yellow", cell);
}

/** The minimum length of one part of a report in Markdown. */
const MIN_PART = 2_000;

/** The matrix, the changes that are the same in all environments, and the other parts of each plan. */
export function environmentsMarkdown(all: readonly EnvironmentPlan[], kinds: Kinds): string {
  const { rows, cells } = matrixOf(all);
  const known = all.filter((one) => "plan" in one).length;
  const table =
    rows.length === 0
      ? withoutRows(all)
      : matrixMarkdown(
          all.map(({ name }) => name),
          cells,
        );
  const common = rows.flatMap(({ groups: [first] }) => (known > 1 && first.items.length === known ? [first] : []));
  const above = new Set(common.flatMap(({ items }) => items.map(({ change }) => change)));
  const limit = Math.max(MIN_PART, Math.floor((MAX_REPORT - table.length) / (known + 1)));
  const texts = all.map((one) => ({
    line: "plan" in one ? `${code(one.name)}: ${code(one.description)}` : code(one.name),
    text:
      "plan" in one
        ? planMarkdown(one.plan, kinds, { limit, isShownAbove: (change) => above.has(change) })
        : `**Error:** ${code(one.problem)}`,
  }));
  // Equal plans are shown once.
  const parts = [...Map.groupBy(texts, ({ text }) => text)].map(([text, group]) =>
    group.length === 1
      ? `## ${group[0]?.line}\n\n${text}`
      : `## ${countOf(group.length, "environment")}\n\n${group.map(({ line }) => `- ${line}`).join("\n")}\n\n${text}`,
  );
  const head = `## The same in all ${countOf(known, "environment")}`;
  const same =
    common.length > 0
      ? [
          changesMarkdown(
            common.map(({ item: { change } }) => change),
            { head, none: "", limit },
          ),
        ]
      : [];
  return `# ${countOf(all.length, "environment")}\n\n${[table, ...same, ...parts].map((part) => part.trimEnd()).join("\n\n")}\n`;
}

/** The maximum length of a matrix in Markdown. */
const MAX_MATRIX = MAX_REPORT / 2;

/** A table with a column for each environment. */
export function matrixMarkdown(
  names: readonly string[],
  rows: readonly { readonly address: string; readonly cells: readonly string[] }[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const lines = rows.map((row) => line([code(row.address), ...row.cells]));
  let size = 0;
  const shown = lines.filter((one) => (size += one.length + 1) <= MAX_MATRIX);
  const more =
    lines.length > shown.length ? [line([`and ${lines.length - shown.length} more`, ...names.map(() => "")])] : [];
  return [line(["resource", ...names.map(code)]), line(["---", ...names.map(() => "---")]), ...shown, ...more].join(
    "\n",
  );
}

/** Text as code in a cell of a table. */
export function code(text: string): string {
  return `\`${clean(text).replaceAll("`", "'").replaceAll("|", "\\|").replaceAll("\n", " ")}\``;
}
