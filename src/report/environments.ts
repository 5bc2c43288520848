import type { Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";
import { planText } from "./text.ts";

/** The plan for one environment, or why there is none. */
export type EnvironmentPlan =
  | { readonly name: string; readonly description: string; readonly plan: Plan }
  | { readonly name: string; readonly problem: string };

const WORDS: Readonly<Record<Change["action"], string>> = {
  create: "add",
  update: "change",
  adopt: "adopt",
  delete: "delete",
};
const SAME = "-";
const UNKNOWN = "?";

/** A row for each resource that changes somewhere, with a cell for each environment. */
function matrixOf(all: readonly EnvironmentPlan[]): { readonly address: string; readonly cells: string[] }[] {
  const changes = all.map((one) =>
    "plan" in one ? new Map(one.plan.changes.map((change) => [address(change), change])) : undefined,
  );
  const names = [...new Set(changes.flatMap((own) => [...(own?.keys() ?? [])]))];
  return names.map((name) => ({
    address: name,
    cells: changes.map((own) => {
      if (!own) return UNKNOWN;
      const change = own.get(name);
      if (!change) return SAME;
      return change.left ? `${WORDS[change.action]} (not applied)` : WORDS[change.action];
    }),
  }));
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
  const rows = matrixOf(all);
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
  if (cell === "add") return paint("green", cell);
  if (cell === "delete") return paint("red", cell);
  return cell === SAME ? paint("dim", cell) : paint("yellow", cell);
}

/** The matrix, with the Markdown of each plan below. `markdown`: of one plan. */
export function environmentsMarkdown(
  all: readonly EnvironmentPlan[],
  markdown: (plan: Plan, description: string) => string,
): string {
  const rows = matrixOf(all);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table =
    rows.length === 0
      ? withoutRows(all)
      : [
          line(["resource", ...all.map(({ name }) => name)]),
          line(["---", ...all.map(() => "---")]),
          ...rows.map((row) => line([code(row.address), ...row.cells])),
        ].join("\n");
  const parts = all.map((one) =>
    "plan" in one
      ? `## ${one.name}\n\n${markdown(one.plan, one.description)}`
      : `## ${one.name}\n\n**Error:** ${code(one.problem)}`,
  );
  return `# ${countOf(all.length, "environment")}\n\n${table}\n\n${parts.join("\n\n")}\n`;
}

/** Text as code in a cell of a table. */
export function code(text: string): string {
  return `\`${clean(text).replaceAll("`", "'").replaceAll("|", "\\|").replaceAll("\n", " ")}\``;
}
