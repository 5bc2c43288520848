import type { CheckResult } from "../doctor/check.ts";
import { featuresOf, type Edition, type FoundFeature } from "../grafana/edition.ts";
import { clean } from "../util/clean.ts";
import { countOf, listed } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";

export interface DoctorInput {
  readonly results: readonly CheckResult[];
  readonly notes: readonly string[];
  /** The version that the checked Grafana reports. */
  readonly version: string;
  /** The version that the expected answers were recorded from. */
  readonly recorded: string;
  /** Undefined if Grafana does not return it. */
  readonly edition?: Edition;
}

const STYLES = { same: "green", different: "red", unchecked: "yellow" } as const;

/** A table of all checks, with the recorded answer and the one of this Grafana where they differ, and a summary. */
export function doctorText({ results, notes, version, recorded, edition }: DoctorInput, output: Output): string {
  const paint = painter(output);
  const head = ["CHECK", "RESULT", `RECORDED (${recorded})`, `FOUND (${version})`].map((title) =>
    paint("bold", clean(title)),
  );
  const rows = results.map(({ title, state, recorded: expected, found }) => [
    title,
    paint(STYLES[state], state),
    state === "same" ? "" : expected,
    state === "same" ? "" : clean(found),
  ]);
  const lines = notes.map((note) => `${clean(note)}\n`).join("");
  const features = edition ? `${editionText(edition)}\n` : "";
  return `${tableText([head, ...rows])}\n${lines}${features}${summary(results, { version, recorded })}\n`;
}

/** `Grafana Open Source has no custom roles, no permissions on datasources and no team sync.` */
function editionText(edition: Edition): string {
  const found = featuresOf(edition);
  const titles = (state: FoundFeature["state"]) => found.filter((one) => one.state === state).map(({ title }) => title);
  const [has, unlicensed, lacks] = [titles("available"), titles("unlicensed"), titles("missing")];
  const name = `Grafana ${clean(edition.name)}`;
  return [
    ...(has.length > 0 ? [`${name} has ${listed(has)}.`] : []),
    ...(unlicensed.length > 0 ? [`The license of ${name} does not include ${listed(unlicensed)}.`] : []),
    ...(lacks.length > 0
      ? [`${name} has no ${listed(lacks.map((one, index) => (index > 0 ? `no ${one}` : one)))}.`]
      : []),
  ].join(" ");
}

function summary(
  results: readonly CheckResult[],
  { version, recorded }: Pick<DoctorInput, "version" | "recorded">,
): string {
  const count = (state: CheckResult["state"]) => results.filter((one) => one.state === state).length;
  const [different, unchecked] = [count("different"), count("unchecked")];
  const missing = unchecked > 0 ? ` ${countOf(unchecked, "check")} could not run.` : "";
  const same = `Grafana ${clean(version)} answers ${countOf(count("same"), "check")} as Grafana ${recorded} does.`;
  return different > 0
    ? `${same} ${countOf(different, "answer")} ${different === 1 ? "differs" : "differ"}.${missing}`
    : same + missing;
}
