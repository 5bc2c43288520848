import type { Section } from "../operations/model.ts";
import { codeElement as code } from "./code-element.ts";
import { cellText, conclusion, headline, moreText, shownColumns, type StackReportInput } from "./stack-report.ts";

const SIGNS: Readonly<Record<Section["state"], string>> = { ok: "✅", attention: "⚠️", unknown: "❔" };

/** The report for a job's summary or an issue. Everything that a server returned is a code element. */
export function stackReportMarkdown(report: StackReportInput): string {
  const sections = report.sections.map((section) => {
    const { title, state, summary, rows, unasked } = section;
    const columns = shownColumns(section);
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    const table =
      rows.length === 0
        ? []
        : [
            "",
            line(columns.map((column) => column.title)),
            line(columns.map(() => "---")),
            ...rows.map((row) => line(columns.map((column) => code(cellText(row[column.key], column))))),
          ];
    const missing = unasked.map((what) => `- Not known: ${code(what)}`);
    return [
      `## ${SIGNS[state]} ${title}`,
      "",
      textOf(summary),
      ...table,
      ...(section.more > 0 ? ["", moreText(section).trim()] : []),
      ...(missing.length > 0 ? ["", ...missing] : []),
    ].join("\n");
  });
  const asked = report.asked.length === 0 ? "No server could be asked." : `Asked: ${report.asked.map(code).join(", ")}`;
  return `# ${code(headline(report))}\n\n${conclusion(report)}\n\n${asked}\n\n${sections.join("\n\n")}\n`;
}

/** A sentence of the report, which can quote names from a server. */
function textOf(summary: string): string {
  return /^[\w ,.%'();:-]*$/.test(summary) ? summary : code(summary);
}
