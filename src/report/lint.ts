import { clean, cleanLines } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import type { PlacedFinding } from "../lint/places.ts";
import { painter, type Output } from "./output.ts";

/** The page with all rules. */
export const RULES_PAGE = "docs/lint.md";

/** The longest part of a query that is shown. */
const MAX_TEXT = 160;

/** Formats findings with their places and fixes, errors first. `level`: shown instead of their severities. */
export function findingsText(findings: readonly PlacedFinding[], output: Output, level?: "warning"): string {
  const paint = painter(output);
  const lines = sorted(findings).flatMap((finding) => {
    const { severity, message, hint, path, rule } = finding;
    const sign = (level ?? severity) === "error" ? paint("red", "error") : paint("yellow", "warning");
    const place = clean(`${placeText(finding)} ${path}`);
    const shown = partOf(finding);
    return [
      `${sign} ${paint("bold", place)}: ${cleanLines(message)} ${paint("dim", `(${rule})`)}`,
      ...(shown === undefined ? [] : [`        ${clean(shown)}`]),
      ...(hint === undefined ? [] : [`        ${paint("dim", cleanLines(hint))}`]),
    ];
  });
  return lines.length > 0 ? `${lines.join("\n")}\n` : "";
}

/** What a review shows of a finding. */
export interface ShownFinding {
  readonly severity: "error" | "warning";
  readonly address: string;
  readonly place: string;
  readonly text: string;
  readonly part?: string;
}

/** The findings of a review, errors first, and the number of those that are not shown. */
export function shownFindings(
  findings: readonly PlacedFinding[],
  most: number,
): { readonly shown: readonly ShownFinding[]; readonly more: number } {
  const shown = sorted(findings)
    .slice(0, most)
    .map((finding): ShownFinding => {
      const { severity, address, message, hint, rule } = finding;
      const part = partOf(finding);
      return {
        severity,
        address: clean(address),
        place: clean(placeText(finding)),
        text: clean(`${message} (${rule}).${hint === undefined ? "" : ` ${hint}`}`),
        ...(part === undefined ? {} : { part: clean(part) }),
      };
    });
  return { shown, more: findings.length - shown.length };
}

/** `2 errors and 1 warning in 3 resources`, or that there are none. */
export function lintSummary(findings: readonly PlacedFinding[], resources: number): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  const checked = countOf(resources, "resource");
  if (findings.length === 0) return `No problems found in ${checked}.\n`;
  const counts = [
    ...(errors > 0 ? [countOf(errors, "error")] : []),
    ...(warnings > 0 ? [countOf(warnings, "warning")] : []),
  ];
  return `${counts.join(" and ")} in ${checked}. The rules are described in ${RULES_PAGE}.\n`;
}

/** `dashboards/shop.ts:12:8 (export shop)` */
function placeText({ place, file, export: name }: PlacedFinding): string {
  if (place) return `${place.file}:${place.line}:${place.column}`;
  return name === "" || name === "default" ? file : `${file} (export ${name})`;
}

/** The part of the text that a finding is about. */
function partOf({ text, span }: PlacedFinding): string | undefined {
  if (text === undefined || !span) return undefined;
  const part = text.slice(span.from, span.to).trim() || text.trim();
  return part.length > MAX_TEXT ? `${part.slice(0, MAX_TEXT)}…` : part;
}

/** Errors first, then in the order of the files. */
function sorted(findings: readonly PlacedFinding[]): PlacedFinding[] {
  const last = ({ severity }: PlacedFinding) => Number(severity === "warning");
  const line = ({ place }: PlacedFinding) => place?.line ?? 0;
  const file = ({ place, file: own }: PlacedFinding) => place?.file ?? own;
  return findings.toSorted(
    (a, b) => last(a) - last(b) || compared(file(a), file(b)) || line(a) - line(b) || compared(a.path, b.path),
  );
}

function compared(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
