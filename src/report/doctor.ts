import type { CheckResult } from "../doctor/check.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";

export interface DoctorInput {
  readonly results: readonly CheckResult[];
  readonly notes: readonly string[];
  /** The version that the checked Grafana reports. */
  readonly version: string;
  /** The version that the expected answers were recorded from. */
  readonly recorded: string;
}

const STYLES = { same: "green", different: "red", unchecked: "yellow" } as const;

/** A table of all checks, with the recorded answer and the one of this Grafana where they differ, and a summary. */
export function doctorText({ results, notes, version, recorded }: DoctorInput, output: Output): string {
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
  return `${tableText([head, ...rows])}\n${lines}${summary(results, { version, recorded })}\n`;
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
