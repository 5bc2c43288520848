import type { RollbackInput, Assessed } from "./recorded-change.ts";
import { assess } from "./assess.ts";
import { backLine, leftLine, lineOf } from "./lines.ts";
import { lostSecretNotes } from "./lost-secrets.ts";
import { deletionsOf } from "../engine/deletions.ts";
import type { Deletion, ExecutablePlan } from "../engine/executable-plan.ts";
import type { Kinds } from "../engine/resource.ts";
import { withoutCircles } from "../engine/circles.ts";
import { containerKind, containerOf, treeOf } from "../engine/container.ts";
import { entriesOf, ledgerFolderOf, withEntries } from "./plan-ledger.ts";
import type { LedgerEntry } from "../ownership/ledger-entry.ts";
import { deletionLosses, leftFromDeletion } from "../engine/origin.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";
import { sideEffectsOf } from "../engine/parts.ts";
import { inOrder, removalsOf } from "../engine/plan.ts";
import { unless } from "../engine/permitted.ts";
import { leftForTitle, withUniqueTitles } from "../engine/titles.ts";
import { addressesOf } from "../engine/aliases.ts";
import type { Change, Left } from "../engine/change.ts";
import { address, parseAddress } from "../engine/model.ts";
import type { Restore } from "../engine/kind-context.ts";
import { renamedBy } from "../ownership/stale.ts";
import type { SecretUse } from "../secrets/secret.ts";

/** What differs between the restores of a run and those of a backup. */
export interface RestoreRules {
  /** The ledger entries that the restores change. */
  readonly entriesOf: typeof entriesOf;
  /** `the run did not change`: why an object is not restored that another one depends on. */
  readonly excludes: string;
  /** `rename or delete it, and roll back again` */
  readonly titleHint: string;
  /** Added to each restore. */
  readonly adds?: Pick<Restore, "fromBackup" | "sentPlaces">;
}

const ROLLBACK: RestoreRules = {
  entriesOf,
  excludes: "the run did not change",
  titleHint: "rename or delete it, and roll back again",
};

/** Decides the changes that restore the state before a run. Pure. */
export function planRollback(input: RollbackInput): ExecutablePlan {
  const judged = input.changes.filter((one) => input.selected(one)).flatMap((one) => assess(one, input));
  return planRestores(judged, input, ROLLBACK);
}

/** The plan that restores the objects that are to be restored. Pure. */
export function planRestores(judged: readonly Assessed[], input: RollbackInput, rules: RestoreRules): ExecutablePlan {
  const undone = judged.filter(({ decision }) => decision === "undo");
  const candidates = judged.filter((one) => one.decision !== "same" && one.before !== undefined);
  const titles = new Map(candidates.map(({ name, before }) => [name, before?.title ?? ""]));
  const wanted = undone.flatMap(({ kind, before, now }): Deletion[] => (before || !now ? [] : [{ kind, object: now }]));
  const { made, holders } = withUniqueTitles(
    (skipped) => {
      const restores = restoresOf(undone, input, rules);
      const upserts = settled(candidates, restores, skipped, { ...input, rules });
      for (const change of upserts) if (change.left) restores.delete(address(change));
      const entries = rules.entriesOf(judged, restores, input.ledger);
      const deletions = deletionsIn(wanted, { judged, upserts, titles, skipped, restores, entries }, input);
      return { upserts, titles, deletions, restores, entries };
    },
    input,
    () => ({ why: `which ${rules.excludes}`, hint: rules.titleHint }),
  );
  const { upserts, deletions, restores, entries } = made;
  for (const [name, titleHolder] of holders) {
    const restore = restores.get(name);
    if (restore) restores.set(name, { ...restore, titleHolder });
  }
  const leftAlone = judged.flatMap((one) =>
    typeof one.decision === "object" && one.before === undefined
      ? [{ ...lineOf(one, "delete", one.decision), ...(one.now ? deletionLosses(one.own, one.now) : {}) }]
      : [],
  );
  const removals = removalsOf(wanted, deletions);
  const held = [...restores.values()].map(({ kind, before }) => ({
    kind,
    id: before.id,
    parts: input.kinds.get(kind)?.sharedParts?.held(before) ?? [],
  }));
  return {
    plan: {
      version: 1,
      project: input.project,
      changes: [...inOrder(upserts, input.kinds), ...inOrder([...deletions, ...leftAlone], input.kinds).toReversed()],
      unchanged: judged.filter(({ decision }) => decision === "same").length,
      unseen: input.unseen ?? [],
      orphans: [],
      uncheckedSecrets: [],
      notes: [
        ...(input.notes ?? []),
        ...lostSecretNotes(judged.filter(({ decision, done }) => decision === "same" && done)),
      ],
    },
    writes: new Map(),
    restores,
    removals,
    sideEffects: sideEffectsOf(held, input, (name) => restores.has(name) || removals.has(name)),
    ledgerFolder: ledgerFolderOf(input, restores, removals, entries),
    entries,
    forgotten: [],
    unfinished: new Map(),
    takenOver: new Map(),
    outdated: new Map(),
    renamed: renamedBy(held, input),
  };
}

/** The deletions of a rollback that makes these restores. */
function deletionsIn(
  wanted: readonly Deletion[],
  drafted: {
    readonly judged: readonly Assessed[];
    readonly upserts: readonly Change[];
    readonly titles: ReadonlyMap<string, string>;
    readonly skipped: ReadonlyMap<string, Left>;
    readonly restores: ReadonlyMap<string, Restore>;
    readonly entries: ReadonlyMap<string, LedgerEntry | undefined>;
  },
  input: RollbackInput,
): Change[] {
  const { judged, restores, entries } = drafted;
  const { kinds, permissions, overwriteDrift } = input;
  const folders = folderTreeOf(input, restores);
  const names = [...restores.values()].flatMap(({ kind, before }) => addressesOf(kinds, kind, before));
  return deletionsOf(
    wanted,
    {
      ...input,
      ledger: withEntries(input.ledger, entries),
      written: referencesOf(restores, kinds),
      names: new Set(names),
    },
    ({ kind, object }) => {
      const own = kinds.get(kind);
      const need = own?.access.remove(object, folders);
      const lossy = own?.comparison?.otherForm?.(object)?.lost && leftFromDeletion(own, object, overwriteDrift);
      if (lossy) return lossy;
      return (
        partsOf({ kind, object }, judged, restores) ??
        leftForTitle({ kind, object }, drafted, input) ??
        (need && unless(permissions, need, "delete"))
      );
    },
    (_deletion, name) => drafted.skipped.get(name),
  );
}

/** Why an object can't be deleted: it contains a part of an object that is not restored. */
function partsOf(
  { kind, object }: Deletion,
  judged: readonly Assessed[],
  restores: ReadonlyMap<string, Restore>,
): Left | undefined {
  const holder = judged.find(
    ({ own, before, name, decision }) =>
      own.name === kind &&
      before !== undefined &&
      decision !== "same" &&
      !restores.has(name) &&
      own.sharedParts?.held(object).some((part) => own.sharedParts?.held(before).includes(part)),
  );
  return holder && { reason: "dependency", message: `contains a part of ${holder.name}, which is not restored` };
}

function restoresOf(undone: readonly Assessed[], input: RollbackInput, { adds }: RestoreRules): Map<string, Restore> {
  const backs = undone.flatMap(({ name, kind, before, now }) => (before ? [{ name, kind, before, now }] : []));
  const siblings = Map.groupBy(backs, ({ kind }) => kind);
  return new Map(
    backs.map(({ name, kind, before, now }) => [
      name,
      {
        kind,
        before,
        ...(now ? { live: now } : {}),
        siblings: (siblings.get(kind) ?? []).map((one) => one.before),
        sentPlaces: sentPlacesIn(kind, input),
        ...adds,
      },
    ]),
  );
}

/** Where the current objects of a kind have secrets that the project sent. */
function sentPlacesIn(name: string, { live, changes, placesNow }: RollbackInput): SecretUse[] {
  const marked = (live.get(name) ?? []).flatMap(({ applied }) => applied?.places ?? []);
  const recorded = changes
    .filter(({ kind }) => kind === name)
    .flatMap((one) => placesNow?.(address(one)) ?? one.sent?.places ?? []);
  return [...recorded, ...marked];
}

/** The changes for restores. Skips those that are not possible, and those of objects in skipped containers. */
function settled(
  judged: readonly Assessed[],
  restores: ReadonlyMap<string, Restore>,
  skipped: ReadonlyMap<string, Left>,
  input: RollbackInput & { readonly rules: RestoreRules },
): Change[] {
  const folders = folderTreeOf(input, restores);
  const changes = new Map(
    judged.map((one) => {
      const restore = restores.get(one.name);
      const line = restore ? backLine(one, restore, folders, input) : leftLine(one, input);
      const left = line.left ?? skipped.get(one.name);
      return [one.name, left ? { ...line, left } : line] as const;
    }),
  );
  const there = new Set([...input.live].flatMap(([kind, all]) => all.map(({ id }) => address({ kind, id }))));
  const isThere = (name: string) => there.has(name);
  const isRead = (name: string) => input.live.has(parseAddress(name).kind);
  // Repeat until nothing changes: a skipped object also skips its content and its users.
  for (let before = -1, left = 0; before !== left;) {
    before = left;
    for (const [name, change] of changes) {
      const restore = restores.get(name);
      const own = restore && input.kinds.get(restore.kind);
      if (change.left || !own) continue;
      const container = containerOf(input.kinds, restore.before);
      const isMissing = (need: string) => !isThere(need) && changes.get(need)?.left !== undefined;
      const whole = own.deletion?.partOf?.(restore.before);
      const missing =
        [container, whole].find((need) => need !== undefined && isRead(need) && !isThere(need) && !changes.has(need)) ??
        needsOf(input.kinds, restore).find(isMissing);
      if (missing === undefined) continue;
      const message = `depends on ${missing}, which does not exist in Grafana`;
      const inRun = input.changes.some((one) => address(one) === missing);
      const hint = changes.has(missing)
        ? `see ${missing}`
        : inRun
          ? `add --only ${missing}`
          : `${input.rules.excludes} it; create it first`;
      changes.set(name, { ...change, left: { reason: "dependency", message, hint } });
    }
    left = [...changes.values()].filter((change) => change.left).length;
  }
  const needs = [...changes.keys()].map((name) => {
    const restore = restores.get(name);
    const all = new Set(restore ? needsOf(input.kinds, restore) : []);
    return [name, [...all].filter((need) => changes.get(need)?.left === undefined && changes.has(need))] as const;
  });
  const waited = withoutCircles(new Map(needs));
  return [...changes].map(([name, change]) => ({ ...change, needs: waited.get(name) ?? [] }));
}

/** The references of each restored object. */
function referencesOf(restores: ReadonlyMap<string, Restore>, kinds: Kinds): ReadonlyMap<string, readonly string[]> {
  return new Map([...restores].map(([name, restore]) => [name, usesOf(kinds, restore)]));
}

function usesOf(kinds: Kinds, { kind, before }: Restore): string[] {
  const container = containerOf(kinds, before);
  return [...(container === undefined ? [] : [container]), ...(kinds.get(kind)?.deletion?.uses?.(before) ?? [])];
}

/** What must exist before an object is restored. */
function needsOf(kinds: Kinds, restore: Restore): string[] {
  const whole = kinds.get(restore.kind)?.deletion?.partOf?.(restore.before);
  return [...(whole === undefined ? [] : [whole]), ...usesOf(kinds, restore)];
}

function folderTreeOf({ kinds, live }: RollbackInput, restores: ReadonlyMap<string, Restore>): FolderTree {
  const { name } = containerKind(kinds);
  return treeOf([
    ...(live.get(name) ?? []),
    ...[...restores.values()].flatMap(({ kind, before }) => (kind === name ? [before] : [])),
  ]);
}
