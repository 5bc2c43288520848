import type { EnvironmentComparison, Unequal } from "../engine/compare-environments.ts";
import type { Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import { clean } from "../util/clean.ts";
import { differenceLines } from "./differences.ts";
import { fenced } from "./drift.ts";
import { envelopeOf, jsonLine } from "./envelope.ts";
import { painter, type Output } from "./output.ts";
import { unseenLines, withTitle } from "./text.ts";

/** An environment of a comparison, for display. */
export interface ComparedSide {
  readonly name: string;
  /** `Grafana 12.4.0 at https://…`, or `the code`. */
  readonly description: string;
}

interface Shown extends EnvironmentComparison {
  readonly from: ComparedSide;
  readonly to: ComparedSide;
  readonly unseen: Plan["unseen"];
}

export function compareJson({ from, to, unequal, equal, unseen }: Shown, exitCode: number): string {
  const side = ({ name, description }: ComparedSide) => ({ name, description });
  return jsonLine({
    ...envelopeOf("compare", exitCode),
    from: side(from),
    to: side(to),
    unequal: unequal.map((one) => ({ address: address(one), ...one })),
    equal,
    unseen,
  });
}

export function compareText(shown: Shown, output: Output): string {
  const { from, to, unequal, unseen } = shown;
  const paint = painter(output);
  const lines = [
    ...[from, to].map(({ name, description }) => `${paint("bold", `${clean(name)}:`)} ${clean(description)}`),
    "",
  ];
  for (const one of unequal) {
    const name = withTitle(address(one), one.title);
    if (one.state === "different")
      lines.push(`  ${paint("yellow", "~")} ${name}`, ...differenceLines(one.differences, paint));
    else
      lines.push(
        `  ${paint("magenta", "!")} ${name}: only in ${clean(one.state === "only-from" ? from.name : to.name)}`,
      );
  }
  if (unequal.length > 0) lines.push("");
  if (unseen.length > 0) lines.push(...unseenLines(unseen, paint), "");
  lines.push(paint("bold", summaryOf(shown)));
  return `${lines.join("\n")}\n`;
}

function summaryOf({ from, to, unequal, equal }: Shown): string {
  const count = (state: Unequal["state"]) => unequal.filter((one) => one.state === state).length;
  const [only, other] = [count("only-from"), count("only-to")];
  return `Compared: ${count("different")} different, ${only} only in ${clean(from.name)}, ${other} only in ${clean(to.name)}, ${equal} equal.`;
}

export function compareMarkdown(shown: Shown): string {
  const { from, to, unequal } = shown;
  const rows = unequal.map(
    (one) =>
      `| ${cell(address(one))} | ${cell(one.title)} | ${one.state === "different" ? `${one.differences.length} different` : `only in ${cell(one.state === "only-from" ? from.name : to.name)}`} |`,
  );
  const table =
    rows.length === 0 ? ["No differences."] : ["| resource | title | |\n| --- | --- | --- |\n" + rows.join("\n")];
  const text = compareText(shown, { stream: process.stdout, color: false }).trimEnd();
  return `${[`# ${cell(from.name)} and ${cell(to.name)}`, ...table, `<details><summary>Differences</summary>\n\n${fenced(text)}\n\n</details>`].join("\n\n")}\n`;
}

function cell(text: string): string {
  return `\`${clean(text).replaceAll("`", "'").replaceAll("|", "\\|").replaceAll("\n", " ")}\``;
}
