import { unseenOf } from "../engine/code-goal.ts";
import { alwaysRead, withBodies } from "../engine/bodies.ts";
import { rollbackNotesOf } from "../ownership/notes.ts";
import type { Consent, Goal } from "../engine/pipeline.ts";
import { address, type LiveObject } from "../engine/model.ts";
import { unservedNotes } from "../engine/unserved.ts";
import { withUsers } from "../engine/users.ts";
import { planRollback } from "./plan.ts";
import type { RecordedChange } from "./recorded-change.ts";
import { UsageError } from "../util/errors.ts";
import { readNamed } from "./read-named.ts";
import { comparableChanges } from "./comparable-changes.ts";
import { recordedChangesOf, namedInRun } from "./load-run.ts";
import { sentSecretPlaces } from "./secret-places.ts";
import type { BrokenRun, StoredRun } from "./store.ts";
import { commandHere } from "../util/command-line.ts";

export interface RollbackGoalOptions {
  /** The run to roll back, and all recorded runs. */
  readonly run: StoredRun;
  readonly runs: readonly (StoredRun | BrokenRun)[];
  /** The values of `--only`. Absent: all objects are selected. */
  readonly only?: readonly string[] | undefined;
  readonly selected: (object: { readonly kind: string; readonly id: string }) => boolean;
}

/** The goal that Grafana matches its state before a run. */
export function rollbackGoal(options: RollbackGoalOptions): Goal {
  const { run, runs, selected } = options;
  const { owner, target, project, ledgerFolder } = run.record;
  return {
    reads: (kinds) => [
      ...new Set([...alwaysRead(kinds), ...run.record.changes.flatMap(({ kind }) => kinds.get(kind) ?? [])]),
    ],
    readsOwned: () => true,
    mayDelete: () => true,
    async compare({ context: read, kinds, live: listed, unreadable, unserved, project: current }, consent) {
      const recorded = await recordedChangesOf(read, kinds, run);
      const context = { ...read, secrets: read.secrets.namedBy(namedInRun(run, recorded, kinds)) };
      mustNameChanges(recorded, options, consent);
      const names = new Set(recorded.map(address));
      const inRun = ({ id }: LiveObject, kind: string) => names.has(address({ kind, id }));
      const created = new Set(recorded.filter(({ before }) => before === undefined).map(address));
      const mayDelete = ({ id }: LiveObject, kind: string) => created.has(address({ kind, id }));
      const named = await readNamed(context, kinds, recorded, listed);
      const live = await withUsers(context, kinds, await withBodies(context, kinds, named.live, inRun), mayDelete);
      const changes = await comparableChanges(context, kinds, named.changes, live);
      const unseen = unseenOf(kinds, unreadable, listed, []);
      return {
        context,
        comparisons: [],
        plan: ({ overwriteDrift }) =>
          planRollback({
            project: current,
            owner: context.owner,
            kinds,
            changes,
            live,
            ledger: context.ledger,
            ...(ledgerFolder === null ? {} : { ledgerFolder }),
            secrets: context.secrets,
            selected,
            overwriteDrift,
            permissions: context.grafana.permissions,
            unseen,
            unserved,
            later: laterChanges(run, runs),
            placesNow: (name) => sentSecretPlaces(runs, { project, owner, target }, name).places,
            notes: [...rollbackNotesOf(context), ...unservedNotes(unserved, selected)],
          }),
      };
    },
  };
}

/** The last of the later runs that changed each object. */
function laterChanges(run: StoredRun, runs: readonly (StoredRun | BrokenRun)[]): ReadonlyMap<string, string> {
  const later = runs.flatMap((one) => ("record" in one && one.id > run.id ? [one] : [])).toReversed();
  return new Map(
    later.flatMap(({ id, record }) =>
      record.changes.flatMap((change) => (change.status === "done" ? [[address(change), id] as const] : [])),
    ),
  );
}

/** Rejects names of objects that the run did not change. They are typing errors and would silently select nothing. */
function mustNameChanges(
  changes: readonly RecordedChange[],
  { run, only, selected }: RollbackGoalOptions,
  { overwriteDrift }: Consent,
): void {
  const names = new Set(changes.map(address));
  const unknown = [...overwriteDrift.addresses].find((name) => !names.has(name));
  if (unknown !== undefined)
    throw new UsageError(
      `--overwrite-drift ${unknown}: the run changed no such object`,
      `Run \`${commandHere("rollback", run.id)}\` to see its objects.`,
      "option-invalid",
    );
  if (only && !changes.some(selected)) {
    throw new UsageError(
      `--only ${only.join(" ")}: the run changed no such object`,
      `Run \`${commandHere("rollback", run.id)}\` to see its objects.`,
      "option-invalid",
    );
  }
}
