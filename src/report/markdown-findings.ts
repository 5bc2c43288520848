import type { PlacedFinding } from "../lint/places.ts";
import type { RuleFirings } from "../testing/changed-firings.ts";
import { codeElement as code } from "./code-element.ts";
import { shownFindings } from "./lint.ts";

/** The maximum number of findings, and of replayed rules. */
const MAX_FINDINGS = 20;

export function findingLines(findings: readonly PlacedFinding[], title: string): string[] {
  if (findings.length === 0) return [];
  const { shown, more } = shownFindings(findings, MAX_FINDINGS);
  const lines = shown.map(({ severity, address: name, place, text, part }) =>
    [severity === "error" ? "- 🛑" : "- ⚠️", code(name), code(text), code(place), code(part ?? "")]
      .filter(Boolean)
      .join(" "),
  );
  return [listOf(title, lines, more)];
}

export function firingLines(firings: readonly RuleFirings[]): string[] {
  if (firings.length === 0) return [];
  const lines = firings
    .slice(0, MAX_FINDINGS)
    .map(({ address: name, title, text }) => `- 🔔 ${code(name)} ${code(title)} ${code(text)}`);
  return [listOf("Firing", lines, firings.length - lines.length)];
}

function listOf(title: string, lines: readonly string[], more: number): string {
  return [`**${title}**`, "", ...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join("\n");
}
