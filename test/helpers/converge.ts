import { expect } from "vitest";
import { apply, type Outcome } from "../../src/engine/apply.ts";
import { desire, orderOf } from "../../src/engine/desired.ts";
import { EMPTY_LEDGER, ownLedgerFolder, readLedger } from "../../src/engine/ledger.ts";
import { compareAll, readLive, type Comparison } from "../../src/engine/live.ts";
import { makePlan, NOTHING, selects, type Plan, type Prepared, type Selection } from "../../src/engine/plan.ts";
import { address, type Desired, type KindContext } from "../../src/engine/resource.ts";
import { InvalidCodeError } from "../../src/errors.ts";
import { unseenOf } from "../../src/commands/run.ts";
import { kinds } from "../../src/kinds/index.ts";

export interface ConvergeOptions {
  readonly adopt?: Selection;
  readonly overwriteDrift?: Selection;
  readonly prune?: boolean;
}

/** Addresses as a selection: `only("dashboard/a")`. */
export function only(...addresses: string[]): Selection {
  return { all: false, addresses: new Set(addresses) };
}

/** The plan for these resources, as `plan` would make it. */
export async function planFor(
  context: KindContext,
  resources: readonly { kind: string }[],
  options: ConvergeOptions = {},
): Promise<Prepared & { readonly context: KindContext; readonly comparisons: readonly Comparison[] }> {
  const { adopt = NOTHING, overwriteDrift = NOTHING, prune = false } = options;
  const loaded = resources.map((value, index) => ({
    kind: value.kind,
    value,
    source: { file: "test.ts", export: `default[${index}]` },
  }));
  const { desired, faults } = desire(loaded, kinds, context.owner);
  if (faults.some(({ level }) => level === "error")) throw new InvalidCodeError(faults);
  const wanted = orderOf(kinds).filter(({ name }) => prune || name === "folder" || isNamed(name, desired));
  const ledger = context.grafana.marks ? await readLedger(context.grafana, context.owner) : EMPTY_LEDGER;
  const withLedger = { ...context, ledger };
  const declared = new Set(desired.map(address));
  const doomed = (object: { kind: string; id: string }) => prune && !declared.has(address(object));
  const lacking = new Map<string, string>();
  const live = await readLive(withLedger, wanted, () => {}, { unseen: lacking, doomed });
  const unseen = unseenOf(lacking, live, desired);
  const adopts = (name: string) => selects(adopt, name);
  const seen = desired.filter(({ kind }) => !unseen.some((one) => one.kind === kind));
  const comparisons = await compareAll(withLedger, seen, live, { kinds, adopts, emit: () => {} });
  const prepared = makePlan({
    project: context.owner,
    owner: context.owner,
    ledger: withLedger.ledger,
    kept: new Set([`folder/${ownLedgerFolder(context.owner)}`]),
    kinds,
    comparisons,
    live,
    declared,
    selected: () => true,
    adopt,
    overwriteDrift,
    prune,
    permissions: context.grafana.permissions,
    unseen,
  });
  return { ...prepared, context: withLedger, comparisons };
}

/** Whether a kind is in the code, or named by it. */
function isNamed(kind: string, desired: readonly Desired[]): boolean {
  return desired.some((one) => one.kind === kind || one.references.some((reference) => reference.kind === kind));
}

/** Applies, asserts that everything was done, plans again, and asserts that nothing is left to do. */
export async function converge(
  context: KindContext,
  resources: readonly { kind: string }[],
  options: ConvergeOptions = {},
): Promise<{ plan: Plan; outcomes: Outcome[] }> {
  const prepared = await planFor(context, resources, options);
  const outcomes = await apply(prepared.context, prepared, { kinds, concurrency: 8, emit: () => {} });
  for (const { change, status, error } of outcomes) {
    expect(status, `${address(change)}: ${error?.message ?? "no error"}`).toBe("done");
  }
  const again = await planFor(context, resources, { prune: options.prune ?? false });
  const rest = again.plan.changes.filter(
    (change) => !prepared.plan.changes.some((was) => was.left && address(was) === address(change)),
  );
  expect(rest, "a second plan has nothing to do").toEqual([]);
  return { plan: prepared.plan, outcomes };
}
