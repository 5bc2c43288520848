import { hash, toJson } from "../util/json.ts";
import type { Change } from "../engine/change.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import type { Selection } from "../engine/selection.ts";
import { address } from "../engine/model.ts";
import type { SecretValues } from "../secrets/values.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { PlanEntry, PlanFile } from "./record.ts";

/** One object of which a saved plan no longer holds. */
export interface Moved {
  readonly address: string;
  /** A sentence without its name. */
  readonly why: string;
}

/** A saved plan that can't be carried out as it was made: exit 7, and nothing was changed. */
export class StalePlan extends ProvisionError {
  override name = "StalePlan";
  readonly moved: readonly Moved[];

  constructor(path: string, moved: readonly Moved[]) {
    super(`The plan ${path} no longer holds; nothing was changed`, {
      exitCode: EXIT.conflict,
      hint: "Make a new one with `plan --out FILE`, and look at it.",
    });
    this.moved = moved;
  }
}

/** What of a plan is written down; values of secrets are in none of it. */
export function entriesOf({ plan, writes, removals }: ExecutablePlan, secrets: SecretValues): PlanEntry[] {
  const entryOf = (change: Change): PlanEntry => {
    const name = address(change);
    const [write, removal] = [writes.get(name), removals.get(name)];
    const live = write?.live ?? removal;
    return {
      address: secrets.redacted(name),
      action: change.action,
      left: change.left ? secrets.redacted(change.left.message) : null,
      code: write?.desired.hash ?? null,
      version: live?.version ?? null,
      differences: hash(secrets.redacted(JSON.stringify(toJson(change.differences)))),
    };
  };
  return plan.changes.map(entryOf);
}

/** The objects for which what would be done now is not what was planned, with the reason. `now` is the same plan made again. */
export function movedSince(saved: PlanFile["entries"], now: readonly PlanEntry[], changes: readonly Change[]): Moved[] {
  const [before, after] = [byAddress(saved), byAddress(now)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name): Moved[] => {
    const [was, is] = [before.get(name), after.get(name)];
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
  if (!is) return was && `was to be ${DONE[was.action]}, and there is nothing to do any more`;
  if (!was)
    return `was not in the plan, and is to be ${DONE[is.action]} now${is.left === null ? "" : `, but ${is.left}`}${by}`;
  if (was.code !== is.code && was.code !== null && is.code !== null)
    return "is another in the code than it was when planned";
  if (was.action !== is.action) return `was to be ${DONE[was.action]}, and is to be ${DONE[is.action]} now${by}`;
  if (was.left !== is.left)
    return is.left === null
      ? `was to be left (${was.left}), and would be ${DONE[is.action]} now`
      : `would be left now: ${is.left}${by}`;
  if (was.version !== is.version) return `was changed in Grafana since it was planned${by}`;
  return was.differences === is.differences ? undefined : `would be changed in another way than was planned${by}`;
}

const DONE: Readonly<Record<PlanEntry["action"], string>> = {
  create: "created",
  update: "changed",
  adopt: "taken over",
  delete: "deleted",
};

function byAddress(entries: readonly PlanEntry[]): ReadonlyMap<string, PlanEntry> {
  return new Map(entries.map((entry) => [entry.address, entry]));
}

/** A selection as JSON, and back. */
export function storedSelection({ all, addresses }: Selection): PlanFile["options"]["adopt"] {
  return { all, addresses: [...addresses].toSorted() };
}

export function selectionIn({ all, addresses }: PlanFile["options"]["adopt"]): Selection {
  return { all, addresses: new Set(addresses) };
}
