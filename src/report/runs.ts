import { painter, type Output } from "./output.ts";
import { clean } from "../util/clean.ts";
import type { RunRecord } from "../rollback/record.ts";
import type { BrokenRun, StoredRun } from "../rollback/store.ts";

/** A run in a list or in JSON. */
export interface RunSummary {
  readonly id: string;
  readonly directory: string;
  readonly state: "finished" | "interrupted" | "undone" | "unreadable";
  /** The run that rolled it back, or why it can't be read. */
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

/** Summarizes runs with their states, newest first. */
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

/** One line for each run, and the command to roll one back. */
export function runsText(runs: readonly RunSummary[], output: Output): string {
  const paint = painter(output);
  if (runs.length === 0)
    return "No runs are recorded here yet. apply, destroy and rollback record the previous state of what they change.\n";
  const lines = runs.flatMap((run) => {
    const { id, state, detail, command, undoes, who, target, figures } = run;
    if (!figures || !who || !target) return [`${paint("bold", clean(id))}  ${paint("red", clean(detail ?? state))}`];
    const { added, changed, destroyed, failed } = figures;
    const what = `${command}: ${added} added, ${changed} changed, ${destroyed} destroyed${failed > 0 ? `, ${failed} failed` : ""}`;
    const become = {
      finished: "finished",
      interrupted: paint("yellow", "interrupted or still running"),
      undone: `rolled back by ${clean(detail ?? "")}`,
      unreadable: "",
    }[state];
    const organization = target.namespace ? ` (${target.namespace})` : "";
    const where = target.type === "sandbox" ? "the sandbox" : target.url + organization;
    const by = `${who.user}@${who.host}${who.login ? ` as ${who.login}` : ""}${who.job ? `, ${who.job}` : ""}`;
    return [
      `${paint("bold", clean(id))}  ${clean(`${what}${undoes ? ` (rolls back ${undoes})` : ""}`)}, ${become}`,
      `    ${paint("dim", clean(`${where}, by ${by}`))}`,
    ];
  });
  return `${lines.join("\n")}\n\nTo roll back a run: npx grafana-provision rollback RUN, or rollback latest\n`;
}

/** The last line of an apply, with the command to roll it back. */
export function runLine({ id }: { readonly id: string }, undo: string): string {
  return `Run ${id} is recorded. To roll it back: ${undo}\n`;
}
