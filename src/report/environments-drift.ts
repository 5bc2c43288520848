import { isDrift, type DriftReport } from "../engine/drift.ts";
import { address } from "../engine/model.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
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

/** A table of drifted resources and environments, and the report of each environment. `text`: of one report. */
export function environmentsDrift(
  all: readonly EnvironmentDrift[],
  output: Output,
  text: (report: DriftReport) => string,
): string {
  const paint = painter(output);
  const states = all.map((one) =>
    "error" in one
      ? undefined
      : new Map(one.report.drift.filter(isDrift).map((drift) => [address(drift), drift.state] as const)),
  );
  const names = [...new Set(states.flatMap((own) => [...(own?.keys() ?? [])]))];
  const head = ["resource", ...all.map(({ name }) => clean(name))].map((cell) => paint("bold", cell));
  const rows = names.map((name) => [clean(name), ...states.map((own) => (own ? (own.get(name) ?? "-") : "?"))]);
  const isKnown = all.every((one) => !("error" in one) && one.report.unseen.length === 0);
  const none = isKnown ? "No drift detected.\n" : "No drift found, but see each environment.\n";
  const parts = all.map((one) =>
    "error" in one
      ? `${paint("bold", `${clean(one.name)}:`)}\n${failureText(one.error, output)}`
      : `${paint("bold", `${clean(one.name)}:`)} ${clean(one.description)}\n\n${text(one.report)}`,
  );
  return [
    `${countOf(all.length, "environment")}\n`,
    rows.length === 0 ? none : tableText([head, ...rows]),
    ...parts,
  ].join("\n");
}
