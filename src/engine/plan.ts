import { permitted, folderTreeOf, leftIfEdited, undeletable, ledgerFolderOf } from "./permitted.ts";
import { type Left, type Change, causeOf } from "./change.ts";
import type { ExecutablePlan, PlanInput, Deletion } from "./executable-plan.ts";
import { orderOf } from "../code/desired.ts";
import type { Kinds } from "./resource.ts";
import { isAmong, namesOf } from "./aliases.ts";
import { containerAfter, containerOf } from "./container.ts";
import { deletionsOf } from "./deletions.ts";
import type { Comparison } from "./comparison.ts";
import { lossText } from "./loss.ts";
import { leftAsEdited, originOf } from "./origin.ts";
import { leftForTaker, sideEffectsOf, takersOf, withoutEditedParts } from "./parts.ts";
import { renamedBy, staleEntries } from "../ownership/stale.ts";
import { takenOver, takenOverNotes } from "../ownership/taken-over.ts";
import { address, type Desired, type LiveObject } from "./model.ts";
import type { Write } from "./kind-context.ts";
import { unrecordedNotes } from "./secret-changes.ts";
import { isNamed, selects, type Selection } from "./selection.ts";

/** Decides the changes from the comparisons. Pure. */
export function makePlan(input: PlanInput): ExecutablePlan {
  const { comparisons } = input;
  const writes = new Map<string, Write>();
  const changes: Change[] = [];
  const siblings = Map.groupBy(input.code ?? comparisons.map(({ desired }) => desired), ({ kind }) => kind);
  const siblingsOf = ({ kind }: Desired) => siblings.get(kind) ?? [];
  let unchanged = 0;
  for (const comparison of comparisons) {
    const change = changeOf(comparison, input);
    if (!change) {
      unchanged++;
      continue;
    }
    changes.push(change);
    const { desired, live } = comparison;
    if (!change.left)
      writes.set(address(desired), { desired, ...(live ? { live } : {}), siblings: siblingsOf(desired) });
  }
  const overwrites = (name: string) => selects(input.overwriteDrift, name);
  const folders = folderTreeOf(input);
  const kept = withoutEditedParts(permitted(changes, folders, input), input, overwrites);
  const settled = withDependencies(kept, comparisons, input);
  for (const change of settled) if (change.left) writes.delete(address(change));

  const orphans = orphansOf(input);
  const written = new Map([...writes].map(([name, write]) => [name, referencesAfter(write, input.kinds)]));
  const deletions = input.prune
    ? deletionsOf(
        orphans,
        { ...input, written },
        (deletion) => undeletable(deletion, folders, input),
        (deletion) => {
          const waits = leftForTaker(deletion, settled, input);
          return waits && (leftIfEdited(deletion, input) ?? waits);
        },
      )
    : [];
  const removals = removalsOf(orphans, deletions);
  const takers = takersOf(
    [...writes.values()].map(({ desired }) => desired),
    input.kinds,
  );
  const taken = takenOver(input, folders);
  return {
    plan: {
      version: 1,
      project: input.project,
      changes: [...inOrder(settled, input.kinds), ...inOrder(deletions, input.kinds).toReversed()],
      unchanged,
      unseen: input.unseen ?? [],
      notes: [...(input.notes ?? []), ...takenOverNotes(taken), ...unrecordedNotes(resentOf(settled, comparisons))],
      uncheckedSecrets: comparisons.flatMap(({ desired, uncheckedSecrets }) =>
        uncheckedSecrets ? [{ address: address(desired), ...uncheckedSecrets }] : [],
      ),
      orphans: input.prune ? [] : orphans.map(({ kind, object }) => address({ kind, id: object.id })),
    },
    writes,
    restores: new Map(),
    removals,
    sideEffects: sideEffectsOf(takers, input, (name) => writes.has(name) || removals.has(name)),
    ledgerFolder: ledgerFolderOf(input, settled, removals),
    entries: new Map(),
    ...staleEntries(input, writes),
    takenOver: taken,
    renamed: renamedBy(takers, input),
  };
}

/** The addresses that a written object refers to, with its container. */
function referencesAfter({ desired, live }: Write, kinds: Kinds): string[] {
  const parent = containerAfter(kinds.get(desired.kind), desired, live);
  const container = containerOf(kinds, { parent });
  return [...desired.references.map(address), ...(container === undefined ? [] : [container])];
}

/** Changes that send secrets because no fingerprint of them is recorded. */
function resentOf(changes: readonly Change[], comparisons: readonly Comparison[]): string[] {
  const unrecorded = comparisons.filter((one) => one.secretsUnrecorded).map(({ desired }) => address(desired));
  const sent = new Set(changes.filter(({ left }) => !left).map(address));
  return unrecorded.filter((name) => sent.has(name));
}

/** The objects of the deletions that are not skipped. */
export function removalsOf(
  deletions: readonly Deletion[],
  changes: readonly Change[],
): ReadonlyMap<string, LiveObject> {
  const done = new Set(changes.filter(({ left }) => !left).map(address));
  const named = deletions.map(({ kind, object }) => [address({ kind, id: object.id }), object] as const);
  return new Map(named.filter(([name]) => done.has(name)));
}

/** Sorts changes by dependencies, then by uid, so that equal plans have the same order. */
export function inOrder(changes: readonly Change[], kinds: Kinds): Change[] {
  const names = orderOf(kinds).map(({ name }) => name);
  return changes.toSorted((a, b) => names.indexOf(a.kind) - names.indexOf(b.kind) || (a.id < b.id ? -1 : 1));
}

function changeOf(comparison: Comparison, { adopt, overwriteDrift, kinds }: PlanInput): Change | undefined {
  const { desired, live, differences, verified, obstacle, sideEffect, otherForm } = comparison;
  const loss = lossText(otherForm, isForeign(comparison) ? "adopt" : "write");
  const name = address(desired);
  const base = {
    kind: desired.kind,
    id: desired.id,
    title: desired.title,
    source: desired.source,
    differences,
    verified,
    needs: [],
    ...(sideEffect ? { sideEffect } : {}),
    ...(loss ? { loss } : {}),
  };
  const consents = (selection: Selection) => (loss ? isNamed : selects)(selection, name);
  const blocked = obstacle ? { left: { reason: "obstacle", message: obstacle } as const } : {};
  if (!live) return { ...base, action: "create", ...blocked };

  const { ownership } = live;
  if (ownership.state === "locked") {
    return {
      ...base,
      action: "adopt",
      left: { reason: "locked", message: `managed by ${ownership.manager}: ${ownership.why}` },
    };
  }
  if (ownership.state === "foreign" && isForeign(comparison)) {
    if (consents(adopt)) return { ...base, action: "adopt", ...blocked };
    return { ...base, action: "adopt", left: foreign(ownership, name) };
  }
  if (differences.length === 0) {
    const marks = ownership.state === "unknown" && ownership.markable && selects(adopt, name);
    return marks ? { ...base, action: "adopt", ...blocked } : undefined;
  }

  const origin = originOf(kinds.get(desired.kind), comparison, live);
  const written = {
    ...(live.updatedBy ? { updatedBy: live.updatedBy } : {}),
    ...(live.updatedAt ? { updatedAt: live.updatedAt } : {}),
  };
  const update = { ...base, action: "update", origin, ...written } as const;
  if (obstacle) return { ...update, ...blocked };
  const left = consents(overwriteDrift) ? undefined : leftAsEdited(comparison, live, origin);
  return left ? { ...update, left } : update;
}

/** Whether an object must be adopted. An equal object may need no adoption. */
function isForeign({ live, differences }: Comparison): boolean {
  if (live?.ownership.state !== "foreign") return false;
  return live.ownership.evenIfEqual !== false || differences.length > 0;
}

function foreign(ownership: { manager?: string; note?: string; hint?: string }, name: string): Left {
  const who = ownership.manager ? `managed by ${ownership.manager}` : (ownership.note ?? "not owned by this project");
  return {
    reason: "foreign",
    message: `exists in Grafana, ${who}`,
    hint: ["adopt it with --adopt " + name, ownership.hint].filter(Boolean).join(", "),
  };
}

/** Sets `needs`, and skips changes whose dependencies neither exist nor are created. */
function withDependencies(
  changes: readonly Change[],
  comparisons: readonly Comparison[],
  { kinds, live, declared }: PlanInput,
): Change[] {
  const pending = new Map(changes.map((change) => [address(change), change]));
  const references = new Map(comparisons.map(({ desired }) => [address(desired), desired.references]));
  const present = ({ kind, id }: { readonly kind: string; readonly id: string }) =>
    isAmong(kinds, kind, live.get(kind), id);
  const settled = new Map<string, Change>();

  const settle = (change: Change): Change => {
    const name = address(change);
    const known = settled.get(name);
    if (known) return known;
    const targets = (references.get(name) ?? []).map((reference) => ({ ...reference, name: address(reference) }));
    const needs = [
      ...new Set(targets.map((target) => target.name).filter((target) => pending.has(target) && target !== name)),
    ];
    let result: Change = { ...change, needs };
    for (const target of targets) {
      const needed = pending.get(target.name);
      if (needed === change || result.left) continue;
      const left = needed && settle(needed).left;
      if ((needed && !left) || present(target) || !declared.has(target.name)) continue;
      // The dependency may exist if the credentials can't read its kind.
      if (!live.has(target.kind)) continue;
      const hint = needed ? `see ${target.name}` : `add --only ${target.name}`;
      result = {
        ...result,
        left: {
          reason: "dependency",
          ...(left && causeOf(left) === "drift" ? { cause: "drift" } : {}),
          message: `depends on ${target.name}, which does not exist in Grafana`,
          hint,
        },
      };
    }
    // Skipped changes are not waited for.
    const waited = needs.filter((need) => !settled.get(need)?.left);
    result = { ...result, needs: waited };
    settled.set(name, result);
    return result;
  };
  return changes.map(settle);
}

/** Owned objects that are no longer in the code and that the code does not refer to with `existing.*`. */
function orphansOf({ kinds, live, declared, selected, comparisons, kept = new Set() }: PlanInput): Deletion[] {
  const names = comparisons.flatMap(({ desired }) => desired.references.map(address));
  const named = new Set(names.filter((name) => !declared.has(name)));
  const inCode = (kind: string, object: LiveObject) =>
    declared.has(address({ kind, id: object.id })) ||
    kept.has(address({ kind, id: object.id })) ||
    namesOf(kinds, kind, object).some((id) => named.has(address({ kind, id })));
  return [...live].flatMap(([kind, objects]) =>
    objects
      .filter((one) => one.ownership.state === "ours" && selected({ kind, id: one.id }) && !inCode(kind, one))
      .map((object) => ({ kind, object })),
  );
}
