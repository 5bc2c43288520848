import type { Outcome } from "../engine/events.ts";
import { causeOf, type Plan } from "../engine/change.ts";
import { EXIT, type ExitCode } from "../util/errors.ts";

/** The exit code of a run. In order of precedence: cancelled, conflict, failure, skipped changes. */
export function exitCodeOf(outcomes: readonly Outcome[], plan: Plan): ExitCode {
  const having = (status: Outcome["status"]) => outcomes.filter((outcome) => outcome.status === status);
  if (having("cancelled").length > 0) return EXIT.cancelled;
  if (having("conflict").length > 0) return EXIT.conflict;
  const failed = having("failed");
  if (failed.length > 0) {
    if (having("done").length > 0) return EXIT.partlyApplied;
    const codes = new Set(failed.map(({ error }) => (error && "exitCode" in error ? error.exitCode : EXIT.failure)));
    return codes.size === 1 && codes.has(EXIT.notAuthorised) ? EXIT.notAuthorised : EXIT.failure;
  }
  const left = new Set(plan.changes.map(({ left }) => left && causeOf(left)));
  if (left.has("forbidden") || plan.unseen.length > 0) {
    const others = [...left].some((reason) => reason !== undefined && reason !== "forbidden");
    return outcomes.length > 0 || others ? EXIT.partlyApplied : EXIT.notAuthorised;
  }
  if (left.has("unsupported")) {
    const others = [...left].some((reason) => reason !== undefined && reason !== "unsupported");
    const some = outcomes.length > 0 || plan.unchanged > 0 || others;
    return some ? EXIT.partlyApplied : EXIT.unsupportedGrafana;
  }
  if (["foreign", "locked", "obstacle", "dependency", "not-empty"].some((reason) => left.has(reason as never)))
    return EXIT.partlyApplied;
  return left.has("drift") ? EXIT.driftLeft : EXIT.done;
}

/** From the worst to the best. */
const ORDER: readonly ExitCode[] = [
  EXIT.usage,
  EXIT.invalid,
  EXIT.notAuthorised,
  EXIT.unsupportedGrafana,
  EXIT.conflict,
  EXIT.failure,
  EXIT.partlyApplied,
  EXIT.cancelled,
  EXIT.driftLeft,
  EXIT.differences,
  EXIT.done,
];

/** The exit code of a command on several environments. */
export function worstOf(codes: readonly ExitCode[]): ExitCode {
  return ORDER.find((code) => codes.includes(code)) ?? EXIT.done;
}
