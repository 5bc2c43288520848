import { permitted, folderTreeOf, leftIfEdited, undeletable, ledgerFolderOf } from "./permitted.ts";
import type { Change, Left, Plan } from "./change.ts";
import type { ExecutablePlan, PlanInput, Deletion } from "./executable-plan.ts";
import { orderOf } from "../code/desired.ts";
import type { Kinds } from "./resource.ts";
import { addressesOf, namesOf } from "./aliases.ts";
import { containerAfter, containerOf } from "./container.ts";
import { deletionsOf } from "./deletions.ts";
import { withDependencies } from "./dependencies.ts";
import type { Comparison } from "./comparison.ts";
import { lossText } from "./loss.ts";
import { leftAsEdited, originOf } from "./origin.ts";
import { leftForTaker, sideEffectsOf, takersOf, withoutEditedParts, withoutRenamedUsers } from "./parts.ts";
import { withRenameHints } from "./renames.ts";
import { renamedBy, staleEntries } from "../ownership/stale.ts";
import { takenOver, takenOverNotes } from "../ownership/taken-over.ts";
import { leftForTitle, withUniqueTitles } from "./titles.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";
import { address, type Desired, type LiveObject } from "./model.ts";
import type { Write } from "./kind-context.ts";
import { unrecordedNotes } from "./secret-changes.ts";
import { isNamed, selects, type Selection } from "./selection.ts";
import { unservedNotes } from "./unserved.ts";

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
  const possible = withoutRenamedUsers(permitted(changes, folders, input), input);
  const kept = withoutEditedParts(possible, input, overwrites);
  const orphans = orphansOf(input);
  const titles = new Map(comparisons.map(({ desired }) => [address(desired), desired.title]));
  const { made, holders } = withUniqueTitles(
    (skipped) => {
      const upserts = withDependencies(withLeft(kept, skipped), comparisons, input);
      const left = new Set(upserts.filter((change) => change.left).map(address));
      const written = [...writes].filter(([name]) => !left.has(name));
      return {
        upserts,
        titles,
        deletions: deletionsIn(orphans, { upserts, titles, skipped, written: new Map(written), folders }, input),
      };
    },
    input,
    (holder, name) => explainTitle(holder, name, input),
  );
  const { upserts: settled, deletions } = made;
  for (const change of settled) if (change.left) writes.delete(address(change));
  for (const [name, titleHolder] of holders) {
    const write = writes.get(name);
    if (write) writes.set(name, { ...write, titleHolder });
  }
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
      changes: [
        ...inOrder(withRenameHints(settled, orphans, input), input.kinds),
        ...inOrder(deletions, input.kinds).toReversed(),
      ],
      unchanged,
      unseen: input.unseen ?? [],
      notes: [
        ...(input.notes ?? []),
        ...unservedNotes(input.unserved, input.selected),
        ...takenOverNotes(taken),
        ...unrecordedNotes(resentOf(settled, comparisons)),
      ],
      uncheckedSecrets: comparisons.flatMap(({ desired, uncheckedSecrets }) =>
        uncheckedSecrets ? [{ address: address(desired), ...uncheckedSecrets }] : [],
      ),
      ...(input.prune ? { orphans: [] } : listed(orphans)),
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

/** Objects that the plan does not delete, and their titles. */
function listed(orphans: readonly Deletion[]): Pick<Plan, "orphans" | "orphanTitles"> {
  const named = orphans.map(({ kind, object }) => ({ name: address({ kind, id: object.id }), object }));
  const titled = named.filter(({ object }) => object.title !== object.id);
  return {
    orphans: named.map(({ name }) => name),
    ...(titled.length > 0
      ? { orphanTitles: Object.fromEntries(titled.map(({ name, object }) => [name, object.title])) }
      : {}),
  };
}

/** The deletions of a plan that makes these changes. */
function deletionsIn(
  orphans: readonly Deletion[],
  drafted: {
    readonly upserts: readonly Change[];
    readonly titles: ReadonlyMap<string, string>;
    readonly skipped: ReadonlyMap<string, Left>;
    readonly written: ReadonlyMap<string, Write>;
    readonly folders: FolderTree;
  },
  input: PlanInput,
): Change[] {
  if (!input.prune) return [];
  const { upserts, skipped, written, folders } = drafted;
  const references = new Map([...written].map(([name, write]) => [name, referencesAfter(write, input.kinds)]));
  const names = new Set(
    [...written.values()].flatMap(({ desired }) => addressesOf(input.kinds, desired.kind, desired)),
  );
  return deletionsOf(
    orphans,
    { ...input, written: references, names },
    (deletion) => undeletable(deletion, folders, input) ?? leftForTitle(deletion, drafted, input),
    (deletion, name) => {
      const waits = leftForTaker(deletion, upserts, input);
      return skipped.get(name) ?? (waits && (leftIfEdited(deletion, input) ?? waits));
    },
  );
}

function withLeft(changes: readonly Change[], skipped: ReadonlyMap<string, Left>): Change[] {
  return changes.map((change) => {
    const left = skipped.get(address(change));
    return left ? { ...change, left } : change;
  });
}

/** Why the code can't take the title of an object that this plan neither renames nor deletes. */
function explainTitle(
  { id, ownership }: LiveObject,
  name: string,
  { declared, prune }: PlanInput,
): { why: string; hint: string } {
  if (declared.has(name)) return { why: "which is not part of this run", hint: `add --only ${name}` };
  if (ownership.state !== "ours")
    return { why: "which this project doesn't own", hint: `use the uid ${id}, or another name` };
  const how = prune ? `add --only ${name}` : "delete it with --prune";
  return { why: "which the code no longer has", hint: `${how}, or use the uid ${id}` };
}

/** The addresses that a written object refers to, with its container. */
function referencesAfter({ desired, live }: Write, kinds: Kinds): string[] {
  const kind = kinds.get(desired.kind);
  const container = containerOf(kinds, { parent: containerAfter(kind, desired, live) });
  const uses = kind?.deletion?.usesAfter?.(desired) ?? [];
  return [...desired.references.map(address), ...uses, ...(container === undefined ? [] : [container])];
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
  const { desired, live, differences, verified, obstacle, sideEffect, revokes, otherForm, facts, unsupported } =
    comparison;
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
    ...(revokes ? { revokes } : {}),
    ...(loss ? { loss } : {}),
  };
  const consents = (selection: Selection) => (loss ? isNamed : selects)(selection, name);
  const blocked = obstacle ? { left: { reason: "obstacle", message: obstacle } as const } : {};
  if (unsupported)
    return { ...base, action: live ? "update" : "create", left: { reason: "unsupported", ...unsupported } };
  if (!live) return { ...base, action: "create", ...(facts && facts.length > 0 ? { facts } : {}), ...blocked };

  const { ownership } = live;
  if (ownership.state === "locked") {
    return {
      ...base,
      action: "adopt",
      left: { reason: "locked", message: `managed by ${ownership.manager}: ${ownership.why}` },
    };
  }
  if (ownership.state === "foreign" && isForeign(comparison)) {
    const consented = ownership.byName ? isNamed(adopt, name) : consents(adopt);
    if (consented) return { ...base, action: "adopt", ...blocked };
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

function foreign(ownership: { manager?: string; note?: string; hint?: string; byName?: true }, name: string): Left {
  const who = ownership.manager ? `managed by ${ownership.manager}` : (ownership.note ?? "not owned by this project");
  return {
    reason: "foreign",
    message: `exists in Grafana, ${who}`,
    hint: ["adopt it with --adopt " + name, ownership.hint].filter(Boolean).join(", "),
    ...(ownership.byName ? { byName: true } : {}),
  };
}

/** Owned objects that are no longer in the code and that the code does not refer to with `existing.*`. */
function orphansOf(input: PlanInput): Deletion[] {
  const { kinds, live, declared, selected, comparisons, kept = new Set() } = input;
  const code = input.code ?? comparisons.map(({ desired }) => desired);
  const names = comparisons.flatMap(({ desired }) => desired.references.map(address));
  const own = new Set(code.flatMap((one) => addressesOf(kinds, one.kind, one)));
  const named = new Set(names.filter((name) => !declared.has(name) && !own.has(name)));
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
