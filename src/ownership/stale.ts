import { isComparable } from "./edited.ts";
import { contentHashOf } from "../rollback/forms.ts";
import { EMPTY_LEDGER, type LedgerEntry } from "./ledger.ts";
import type { Comparison } from "../engine/live.ts";
import { FORM } from "./marker.ts";
import type { PlanInput, ExecutablePlan } from "../engine/plan.ts";
import { address, parseAddress, type ResourceKind, type Write } from "../engine/resource.ts";

/** Entries of the ledger that a run brings up to date, whatever it writes. Pure. */
export function staleEntries(
  { ledger = EMPTY_LEDGER, live, kinds, comparisons, selected }: PlanInput,
  writes: ReadonlyMap<string, Write>,
): Pick<ExecutablePlan, "forgotten" | "unfinished" | "outdated"> {
  const forgotten: string[] = [];
  const unfinished = new Map<string, LedgerEntry>();
  const outdated = new Map<string, LedgerEntry>();
  const same = new Map(
    comparisons.filter(({ differences }) => differences.length === 0).map((one) => [address(one.desired), one]),
  );
  for (const [name, entry] of ledger.entries) {
    const { kind, id } = parseAddress(name);
    const own = kinds.get(kind);
    const objects = own && live.get(kind);
    // A kind that was not read says nothing, and a list leaves out what these credentials may not read.
    if (!objects || !selected({ kind, id })) continue;
    const comparison = writes.has(name) ? undefined : same.get(name);
    if (!objects.some((object) => object.id === id)) {
      if (own.wouldBeListed?.(id, live) ?? true) forgotten.push(name);
    } else if (comparison?.live?.applied) {
      if (entry.pending) unfinished.set(name, entryAsCoded(own, entry, comparison));
      else if (!isComparable(own, comparison.live.applied)) outdated.set(name, entryAsCoded(own, entry, comparison));
    }
  }
  return { forgotten, unfinished, outdated };
}

/** What the ledger says of an object that is as the code says, whoever made it so. */
function entryAsCoded(kind: ResourceKind, { secrets }: LedgerEntry, { desired, live }: Comparison): LedgerEntry {
  const places = kind.secretPlaces?.(desired);
  return {
    form: FORM,
    codeHash: desired.hash,
    contentHash: live ? contentHashOf(kind, live, places ?? []) : "",
    pending: false,
    ...(secrets === undefined ? {} : { secrets }),
    ...(places ? { places } : {}),
  };
}

/** Names that takers of all parts of an object give to it, and its own: Grafana renames it wherever it is used. */
export function renamedBy(
  written: readonly { readonly kind: string; readonly id: string; readonly parts: readonly string[] }[],
  { kinds, live }: Pick<PlanInput, "kinds" | "live">,
): ReadonlyMap<string, string> {
  const pairs = written.flatMap(({ kind, id, parts }) => {
    const own = kinds.get(kind);
    if (own?.renamesUsers !== true) return [];
    const former = live
      .get(kind)
      ?.find((one) => one.id !== id && own.partsHeld?.(one).some((part) => parts.includes(part)));
    return former ? [[id, former.id] as const] : [];
  });
  return new Map(pairs);
}
