import { painter, type Output } from "./output.ts";
import { clean } from "../util/clean.ts";
import type { RunRecord } from "../rollback/record.ts";
import type { BrokenRun, StoredRun } from "../rollback/store.ts";

/** What is said of one run, in a list or as JSON. */
export interface RunSummary {
  readonly id: string;
  readonly directory: string;
  readonly state: "finished" | "interrupted" | "undone" | "unreadable";
  /** The run that undid it, or why it can't be read. */
  readonly detail?: string;
  readonly command?: string;
  readonly undoes?: string;
  readonly who?: RunRecord["who"];
  readonly target?: RunRecord["target"];
  readonly owner?: string;
  readonly figures?: {
    readonly added: number;
    readonly changed: number;
    readonly destroyed: number;
    readonly failed: number;
  };
}

/** The runs, the newest first, with what became of each. */
export function summariesOf(runs: readonly (StoredRun | BrokenRun)[]): RunSummary[] {
  const undone = new Map<string, string>();
  for (const run of runs) {
    if (!("record" in run)) continue;
    const { undoes, changes, endedAt } = run.record;
    if (undoes === undefined || endedAt === undefined) continue;
    if (changes.some(({ status }) => status === "done") && !undone.has(undoes)) undone.set(undoes, run.id);
  }
  return runs.map((run): RunSummary => {
    const { id, directory } = run;
    if (!("record" in run)) return { id, directory, state: "unreadable", detail: run.problem };
    const { command, undoes, who, target, owner, endedAt } = run.record;
    const by = undone.get(id);
    return {
      id,
      directory,
      state: by === undefined ? (endedAt === undefined ? "interrupted" : "finished") : "undone",
      ...(by === undefined ? {} : { detail: by }),
      command,
      ...(undoes === undefined ? {} : { undoes }),
      who,
      target,
      owner,
      figures: figuresOf(run.record),
    };
  });
}

function figuresOf({ changes }: RunRecord): NonNullable<RunSummary["figures"]> {
  const count = (...actions: string[]) =>
    changes.filter(({ action, status }) => status === "done" && actions.includes(action)).length;
  return {
    added: count("create"),
    changed: count("update", "adopt"),
    destroyed: count("delete"),
    failed: changes.filter(({ status }) => status === "failed" || status === "conflict").length,
  };
}

/** A line for each run, and what to do with one. */
export function runsText(runs: readonly RunSummary[], output: Output): string {
  const paint = painter(output);
  if (runs.length === 0) return "No run is kept here yet: apply, destroy and rollback keep what they replace.\n";
  const lines = runs.flatMap((run) => {
    const { id, state, detail, command, undoes, who, target, figures } = run;
    if (!figures || !who || !target) return [`${paint("bold", id)}  ${paint("red", clean(detail ?? state))}`];
    const { added, changed, destroyed, failed } = figures;
    const what = `${command}: ${added} added, ${changed} changed, ${destroyed} destroyed${failed > 0 ? `, ${failed} failed` : ""}`;
    const become = {
      finished: "finished",
      interrupted: paint("yellow", "interrupted, or still running"),
      undone: `undone by ${detail}`,
      unreadable: "",
    }[state];
    const organisation = target.namespace ? ` (${target.namespace})` : "";
    const where = target.type === "sandbox" ? "the sandbox" : target.url + organisation;
    const by = `${who.user}@${who.host}${who.login ? ` as ${who.login}` : ""}${who.job ? `, ${who.job}` : ""}`;
    return [
      `${paint("bold", id)}  ${what}${undoes ? ` (undoes ${undoes})` : ""}, ${become}`,
      `    ${paint("dim", clean(`${where}, by ${by}`))}`,
    ];
  });
  return `${lines.join("\n")}\n\nUndo one with: grafana-provision rollback RUN, or rollback latest\n`;
}

/** What an apply says last of the run that it was. */
export function runLine({ id }: { readonly id: string }, undo: string): string {
  return `Run ${id}: undo it with ${undo}\n`;
}
