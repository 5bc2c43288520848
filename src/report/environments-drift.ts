import { isDrift, type Drift, type DriftReport } from "../engine/drift.ts";
import { address } from "../engine/model.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { driftLines, driftText, fenced } from "./drift.ts";
import { cellTexts, environmentNames, environmentRows, type Row } from "./environment-rows.ts";
import { code, matrixMarkdown } from "./environments.ts";
import { failureText } from "./failure.ts";
import type { EnvironmentHead, ReportInput } from "./json.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";

/** The drift of one of several environments, or why it is unknown. */
export type EnvironmentDrift = EnvironmentHead &
  (
    | (Pick<ReportInput, "target" | "owner"> & { readonly description: string; readonly report: DriftReport })
    | { readonly error: unknown }
  );

/** A row for each object that was changed in some Grafana. Equal changes are in one group, even if different users made them. Pure. */
export function driftRows(all: readonly EnvironmentDrift[]): Row<Drift>[] {
  return environmentRows(listedIn(all), address, contentOf);
}

function listedIn(all: readonly EnvironmentDrift[]) {
  return all.map((one) => ({
    name: one.name,
    ...("error" in one ? {} : { items: one.report.drift.filter(isDrift) }),
  }));
}

function contentOf({ saves: _saves, appliedBy: _appliedBy, source: _source, ...shown }: Drift): string {
  return JSON.stringify(shown);
}

/** What takes the place of an empty table. */
export function withoutDrift(all: readonly EnvironmentDrift[]): string {
  const isKnown = all.every((one) => !("error" in one) && one.report.unseen.length === 0);
  return isKnown ? "No drift detected." : "No drift found, but see each environment.";
}

const PLAIN = { stream: process.stdout, color: false } as const;

/** The message of an error, without colors. */
export function problemOf(error: unknown): string {
  return failureText(error, PLAIN).trim();
}

/** A table of drifted resources and environments, and the report of each environment. */
export function environmentsDrift(all: readonly EnvironmentDrift[], output: Output): string {
  const paint = painter(output);
  const head = ["resource", ...all.map(({ name }) => clean(name))].map((cell) => paint("bold", cell));
  const rows = cellTexts(listedIn(all), driftRows(all), ({ state }) => state);
  const parts = all.map((one) =>
    "error" in one
      ? `${paint("bold", `${clean(one.name)}:`)}\n${failureText(one.error, output)}`
      : `${paint("bold", `${clean(one.name)}:`)} ${clean(one.description)}\n\n${driftText(one.report, output)}`,
  );
  return [
    `${countOf(all.length, "environment")}\n`,
    rows.length === 0
      ? `${withoutDrift(all)}\n`
      : tableText([head, ...rows.map((row) => [clean(row.address), ...row.cells])]),
    ...parts,
  ].join("\n");
}

/** The table, each changed object once with its environments, and what else there is to say about each environment. */
export function driftsMarkdown(all: readonly EnvironmentDrift[]): string {
  const rows = driftRows(all);
  const known = all.filter((one) => !("error" in one)).length;
  const names = all.map(({ name }) => name);
  const table =
    rows.length === 0
      ? withoutDrift(all)
      : matrixMarkdown(
          names,
          cellTexts(listedIn(all), rows, ({ state }) => state),
        );
  const objects = rows.flatMap(({ address: name, groups }) =>
    groups.map(({ item, letter, environments }) => {
      const where = `${letter === undefined ? "" : ` ${letter}`}: ${environmentNames(environments, known)}`;
      const lines = driftLines(item, (_style, text) => text).join("\n");
      return `<details><summary>${asHtml(name)}${asHtml(where)}</summary>\n\n${fenced(lines)}\n\n</details>`;
    }),
  );
  const parts = all.map((one) => {
    if ("error" in one) return `- ${code(one.name)}: **Error:** ${code(problemOf(one.error))}`;
    const { drift, ...rest } = one.report;
    const others = driftText({ ...rest, drift: drift.filter((each) => !isDrift(each)) }, PLAIN).trimEnd();
    const last = drift.some(isDrift) ? others.split("\n").slice(0, -1).join("\n").trimEnd() : others;
    return `- ${code(one.name)}: ${code(one.description)}${last === "" ? "" : `\n\n${fenced(last)}\n`}`;
  });
  return `${[`# Drift in ${countOf(all.length, "environment")}`, table, ...objects, parts.join("\n")].join("\n\n").trimEnd()}\n`;
}

function asHtml(text: string): string {
  return clean(text).replaceAll(/[^\p{L}\p{N} ,./:_-]/gu, (character) => `&#${character.codePointAt(0)};`);
}
