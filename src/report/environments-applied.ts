import type { Outcome } from "../engine/events.ts";
import type { Kinds } from "../engine/resource.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { code, environmentsMarkdown, type EnvironmentPlan } from "./environments.ts";
import { failureText } from "./failure.ts";
import type { EnvironmentReport } from "./json.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";
import { fenced } from "./drift.ts";
import { outcomesText } from "./text.ts";

type Failed = Extract<EnvironmentReport, { error: unknown }>;
type Reported = Exclude<EnvironmentReport, { error: unknown }>;

/** How an apply to one of several environments ended. */
export type AppliedEnvironment = { readonly wave: number } & (
  | (Reported & {
      readonly description: string;
      /** Hashes of the code by address. */
      readonly hashes: ReadonlyMap<string, string>;
      readonly outcomes: readonly Outcome[];
      readonly milliseconds: number;
      /** The command that rolls the run back. */
      readonly undo?: string;
    })
  | Failed
);

const PLAIN = { stream: process.stdout, color: false } as const;

/** A table of all environments, and the result of each. The plans were printed before. */
export function appliedText(
  all: readonly AppliedEnvironment[],
  output: Output & { readonly verbose: boolean },
): string {
  const paint = painter(output);
  const hasWaves = all.some(({ wave }) => wave > 1);
  const head = ["environment", ...(hasWaves ? ["wave"] : []), "result"].map((text) => paint("bold", text));
  const rows = all.map((one) => {
    const color = one.exitCode === 0 ? "green" : "red";
    return [clean(one.name), ...(hasWaves ? [String(one.wave)] : []), paint(color, resultText(one))];
  });
  const parts = all.flatMap((one) => {
    const text = partText(one, output);
    return text === "" ? [] : [`${paint("bold", `${clean(one.name)}:`)}\n${text}`];
  });
  return `\n${[`${countOf(all.length, "environment")}\n`, tableText([head, ...rows]), ...parts].join("\n")}`;
}

/** `2 added, 1 failed` */
function resultText(one: AppliedEnvironment): string {
  if ("error" in one) return one.error instanceof Error ? clean(one.error.message) : "error";
  const { outcomes, plan } = one;
  const left = plan.changes.filter((change) => change.left).length;
  const done = (...actions: string[]) =>
    outcomes.filter(({ status, change }) => status === "done" && actions.includes(change.action)).length;
  const ended = (...statuses: string[]) => outcomes.filter(({ status }) => statuses.includes(status)).length;
  const figures = [
    [done("create"), "added"],
    [done("update", "adopt"), "changed"],
    [done("delete"), "destroyed"],
    [ended("failed", "conflict"), "failed"],
    [ended("skipped"), "skipped"],
    [ended("cancelled"), "cancelled"],
    [left, "not applied"],
  ] as const;
  const shown = figures.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return shown.join(", ") || "no changes";
}

function partText(one: AppliedEnvironment, output: Output & { readonly verbose: boolean }): string {
  if ("error" in one) return failureText(one.error, output);
  const { outcomes, plan, milliseconds, next = [], run, undo } = one;
  if (outcomes.length === 0 && next.length === 0) return "";
  const text = outcomesText(outcomes, plan, { ...output, milliseconds, next });
  return run && undo !== undefined ? `${text}Run ${run.id} is recorded. To roll it back: ${undo}\n` : text;
}

/** The results, and the plan of each environment. */
export function appliedMarkdown(all: readonly AppliedEnvironment[], kinds: Kinds): string {
  const lines = all.map((one) => `| ${clean(one.name)} | ${one.wave} | ${one.exitCode} | ${code(resultText(one))} |`);
  const results = all.flatMap((one) => {
    const text = partText(one, { ...PLAIN, verbose: false }).trimEnd();
    return text === "" ? [] : [`## ${clean(one.name)}\n\n${fenced(text)}`];
  });
  const plans = all.map((one): EnvironmentPlan =>
    "error" in one ? { name: one.name, problem: failureText(one.error, PLAIN).trim() } : one,
  );
  const table = ["| environment | wave | exit code | result |", "| --- | --- | --- | --- |", ...lines].join("\n");
  return `${["# Result", table, ...results].join("\n\n")}\n\n${environmentsMarkdown(plans, kinds)}`;
}
