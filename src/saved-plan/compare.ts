import { hash, toJson } from "../util/json.ts";
import type { Change } from "../engine/change.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import type { Selection } from "../engine/selection.ts";
import { address } from "../engine/model.ts";
import type { SecretValues } from "../secrets/values.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { PlanEntry, PlanFile } from "./record.ts";

/** An object for which a saved plan is out of date. */
export interface Moved {
  readonly address: string;
  /** A sentence whose subject is the address. */
  readonly why: string;
}

/** A saved plan that is out of date: exit 7, and nothing was changed. */
export class StalePlan extends ProvisionError {
  override name = "StalePlan";
  readonly moved: readonly Moved[];

  /** `again`: the command that creates the plan again. */
  constructor(path: string, moved: readonly Moved[], again: string) {
    super(`The plan ${path} is out of date; nothing was changed`, {
      exitCode: EXIT.conflict,
      code: "plan-stale",
      hint: `Create a new plan and review it: ${again}`,
    });
    this.moved = moved;
  }
}

/** The entries of a plan that are saved. They contain no secrets. */
export function entriesOf({ plan, writes, removals }: ExecutablePlan, secrets: SecretValues): PlanEntry[] {
  const entryOf = (change: Change): PlanEntry => {
    const name = address(change);
    const [write, removal] = [writes.get(name), removals.get(name)];
    const live = write?.live ?? removal;
    return {
      address: name,
      action: change.action,
      left: change.left ? secrets.redacted(change.left.message) : null,
      code: write?.desired.hash ?? null,
      version: live?.version ?? null,
      differences: hash(secrets.redacted(JSON.stringify(toJson(change.differences)))),
    };
  };
  return plan.changes.map(entryOf);
}

/**
 * Finds the objects for which the current plan differs from the saved one. `now`: the entries of the current plan. `isApplied`:
 * whether an earlier run has applied an entry that the current plan lacks.
 */
export function movedSince(
  saved: PlanFile["entries"],
  now: readonly PlanEntry[],
  changes: readonly Change[],
  isApplied: (entry: PlanEntry) => boolean = () => false,
): Moved[] {
  const [before, after] = [byAddress(saved), byAddress(now)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name): Moved[] => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was && !is && isApplied(was)) return [];
    const why = reasonOf(
      was,
      is,
      changes.find((change) => address(change) === name),
    );
    return why === undefined ? [] : [{ address: name, why }];
  });
}

function reasonOf(
  was: PlanEntry | undefined,
  is: PlanEntry | undefined,
  change: Change | undefined,
): string | undefined {
  const by = change?.updatedBy
    ? `, last by ${change.updatedByName ?? change.updatedBy}${change.updatedAt ? ` at ${change.updatedAt}` : ""}`
    : "";
  if (!is) return was && `was to be ${DONE[was.action]}, but needs no change now`;
  if (!was)
    return `was not in the plan, but would be ${is.left === null ? `${DONE[is.action]} now` : `skipped now: ${is.left}`}${by}`;
  if (was.code !== is.code && was.code !== null && is.code !== null)
    return "has changed in the code since the plan was made";
  if (was.action !== is.action) return `was to be ${DONE[was.action]}, but would be ${DONE[is.action]} now${by}`;
  if (was.left !== is.left)
    return is.left === null
      ? `was to be skipped (${was.left}), but would be ${DONE[is.action]} now`
      : `would be skipped now: ${is.left}${by}`;
  if (was.version !== is.version) return `has changed in Grafana since the plan was made${by}`;
  return was.differences === is.differences ? undefined : `has differences other than those in the plan${by}`;
}

const DONE: Readonly<Record<PlanEntry["action"], string>> = {
  create: "created",
  update: "updated",
  adopt: "adopted",
  delete: "deleted",
};

function byAddress(entries: readonly PlanEntry[]): ReadonlyMap<string, PlanEntry> {
  return new Map(entries.map((entry) => [entry.address, entry]));
}

/** Converts a selection to JSON. */
export function storedSelection({ all, addresses }: Selection): PlanFile["options"]["adopt"] {
  return { all, addresses: [...addresses].toSorted() };
}

export function selectionIn({ all, addresses }: PlanFile["options"]["adopt"]): Selection {
  return { all, addresses: new Set(addresses) };
}
