import { recordedOf, isComparable } from "./edited.ts";
import { contentHashOf } from "../rollback/forms.ts";
import { EMPTY_LEDGER } from "./ledger.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { Comparison } from "../engine/comparison.ts";
import { FORM } from "./marker.ts";
import { listsAll } from "../engine/permissions.ts";
import type { PlanInput, ExecutablePlan } from "../engine/executable-plan.ts";
import type { Taker } from "../engine/parts.ts";
import { address, parseAddress } from "../engine/model.ts";
import type { ResourceKind } from "../engine/resource.ts";
import type { Write } from "../engine/kind-context.ts";
import { equal, toJson } from "../util/json.ts";

/** Ledger entries that a run updates regardless of its writes. Pure. */
export function staleEntries(
  { ledger = EMPTY_LEDGER, live, kinds, comparisons, selected, permissions, unserved }: PlanInput,
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
    // The kind was not read, or the credentials can't read it.
    if (!objects || !selected({ kind, id })) continue;
    const comparison = writes.has(name) ? undefined : same.get(name);
    if (!objects.some((object) => object.id === id)) {
      const listed = (own.reading?.wouldBeListed?.(id, live) ?? true) && listsAll(permissions, own.access.readsAll);
      if (listed && !unserved?.has(name)) forgotten.push(name);
    } else if (comparison?.live?.applied) {
      const now = entryAsCoded(own, entry, comparison);
      if (entry.pending) unfinished.set(name, now);
      else if (!isComparable(own, comparison.live.applied)) outdated.set(name, now);
      // The code took over a change made in Grafana, which becomes the applied content.
      else if (!isSameContent(entry, now)) unfinished.set(name, now);
    }
  }
  return { forgotten, unfinished, outdated };
}

function isSameContent(entry: LedgerEntry, now: LedgerEntry): boolean {
  const of = ({ contentHash, ignored = [], apiVersion = "" }: LedgerEntry) => ({ contentHash, ignored, apiVersion });
  return equal(toJson(of(entry)), toJson(of(now)));
}

/** The ledger entry of an object that equals the code. */
function entryAsCoded(kind: ResourceKind, { secrets }: LedgerEntry, { desired, live }: Comparison): LedgerEntry {
  const places = kind.secrets?.places?.(desired);
  return {
    form: FORM,
    codeHash: desired.hash,
    contentHash: live ? contentHashOf(kind, live, places ?? [], desired) : "",
    pending: false,
    ...(secrets === undefined ? {} : { secrets }),
    ...(places ? { places } : {}),
    ...(kind.sharing ? { share: kind.sharing.share(kind.desired(desired, live)) } : {}),
    ...recordedOf(kind, desired),
  };
}

/** New and former names of objects whose parts another one takes. Grafana updates all references to them. */
export function renamedBy(
  written: readonly Taker[],
  { kinds, live }: Pick<PlanInput, "kinds" | "live">,
): ReadonlyMap<string, string> {
  const pairs = written.flatMap(({ kind, id, parts }) => {
    const own = kinds.get(kind);
    if (own?.sharedParts?.renamesUsers !== true) return [];
    const former = live
      .get(kind)
      ?.find((one) => one.id !== id && own.sharedParts?.held(one).some((part) => parts.includes(part)));
    return former ? [[id, former.id] as const] : [];
  });
  return new Map(pairs);
}
