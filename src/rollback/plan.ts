import type { RollbackInput, Assessed } from "./recorded-change.ts";
import { assess } from "./assess.ts";
import { backLine, leftLine, lineOf } from "./lines.ts";
import { lostSecretNotes } from "./lost-secrets.ts";
import { deletionsOf } from "../engine/deletions.ts";
import type { Deletion, ExecutablePlan } from "../engine/executable-plan.ts";
import type { Kinds } from "../engine/resource.ts";
import { containerKind, containerOf, treeOf } from "../engine/container.ts";
import { equal, toJson } from "../util/json.ts";
import { ownLedgerFolder, type Ledger } from "../ownership/ledger.ts";
import type { LedgerEntry } from "../ownership/ledger-entry.ts";
import { deletionLosses, leftFromDeletion } from "../engine/origin.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";
import { sideEffectsOf } from "../engine/parts.ts";
import { inOrder, removalsOf } from "../engine/plan.ts";
import { unless } from "../engine/permitted.ts";
import { leftForTitle, withUniqueTitles } from "../engine/titles.ts";
import { addressesOf } from "../engine/aliases.ts";
import type { Change, Left } from "../engine/change.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { Restore } from "../engine/kind-context.ts";
import { renamedBy } from "../ownership/stale.ts";
import type { SecretUse } from "../secrets/secret.ts";

/** Decides the changes that restore the state before a run. Pure. */
export function planRollback(input: RollbackInput): ExecutablePlan {
  const judged = input.changes.filter((one) => input.selected(one)).flatMap((one) => assess(one, input));
  const undone = judged.filter(({ decision }) => decision === "undo");
  const candidates = judged.filter((one) => one.decision !== "same" && one.before !== undefined);
  const titles = new Map(candidates.map(({ name, before }) => [name, before?.title ?? ""]));
  const wanted = undone.flatMap(({ kind, before, now }): Deletion[] => (before || !now ? [] : [{ kind, object: now }]));
  const { made, holders } = withUniqueTitles(
    (skipped) => {
      const restores = restoresOf(undone, input);
      const upserts = settled(candidates, restores, skipped, input);
      for (const change of upserts) if (change.left) restores.delete(address(change));
      const entries = entriesOf(judged, restores, input.ledger);
      const deletions = deletionsIn(wanted, { judged, upserts, titles, skipped, restores, entries }, input);
      return { upserts, titles, deletions, restores, entries };
    },
    input,
    () => ({ why: "which the run did not change", hint: "rename or delete it, and roll back again" }),
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

function restoresOf(undone: readonly Assessed[], input: RollbackInput): Map<string, Restore> {
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
  input: RollbackInput,
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
  const isThere = (name: string) =>
    [...input.live].some(([kind, all]) => all.some(({ id }) => address({ kind, id }) === name));
  // Repeat until nothing changes: a skipped object also skips its content and its users.
  for (let before = -1, left = 0; before !== left;) {
    before = left;
    for (const [name, change] of changes) {
      const restore = restores.get(name);
      const own = restore && input.kinds.get(restore.kind);
      if (change.left || !own) continue;
      const container = containerOf(input.kinds, restore.before);
      const isMissing = (need: string) => !isThere(need) && changes.get(need)?.left !== undefined;
      const missing =
        container !== undefined && !isThere(container) && !changes.has(container)
          ? container
          : [container, ...(own.deletion?.uses?.(restore.before) ?? [])].find(
              (need) => need !== undefined && isMissing(need),
            );
      if (missing === undefined) continue;
      const message = `depends on ${missing}, which does not exist in Grafana`;
      const inRun = input.changes.some((one) => address(one) === missing);
      const hint = changes.has(missing)
        ? `see ${missing}`
        : inRun
          ? `add --only ${missing}`
          : "the run did not change it; create it first";
      changes.set(name, { ...change, left: { reason: "dependency", message, hint } });
    }
    left = [...changes.values()].filter((change) => change.left).length;
  }
  const references = referencesOf(restores, input.kinds);
  return [...changes].map(([name, change]) => {
    const needs = (references.get(name) ?? []).filter((need) => {
      const needed = need === name ? undefined : changes.get(need);
      return needed && !needed.left;
    });
    return { ...change, needs: [...new Set(needs)] };
  });
}

/** The references of each restored object. */
function referencesOf(restores: ReadonlyMap<string, Restore>, kinds: Kinds): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...restores].map(([name, { kind, before }]) => {
      const own = kinds.get(kind);
      const container = containerOf(kinds, before);
      return [name, [...(container === undefined ? [] : [container]), ...(own?.deletion?.uses?.(before) ?? [])]];
    }),
  );
}

/** The ledger entries that the rollback changes. */
function entriesOf(
  judged: readonly Assessed[],
  restores: ReadonlyMap<string, Restore>,
  ledger: Ledger,
): ReadonlyMap<string, LedgerEntry | undefined> {
  const own = judged.filter(
    (one) => one.own.marking === "ledger" && (one.decision === "same" || restores.has(one.name)),
  );
  const entries = own.map(({ name, entry }) => {
    const there = ledger.entries.get(name);
    if (!entry || !there || restores.has(name)) return [name, entry] as const;
    // An object that needs no write keeps its current secrets.
    const { secrets: _, ...rest } = entry;
    return [name, { ...rest, ...(there.secrets === undefined ? {} : { secrets: there.secrets }) }] as const;
  });
  return new Map(
    entries.filter(([name, entry]) => restores.has(name) || !equal(toJson(ledger.entries.get(name)), toJson(entry))),
  );
}

function withEntries(ledger: Ledger, entries: ReadonlyMap<string, LedgerEntry | undefined>): Ledger {
  const all = new Map(ledger.entries);
  for (const [name, entry] of entries) {
    if (entry) all.set(name, entry);
    else all.delete(name);
  }
  return { ...ledger, entries: all };
}

function folderTreeOf({ kinds, live }: RollbackInput, restores: ReadonlyMap<string, Restore>): FolderTree {
  const { name } = containerKind(kinds);
  return treeOf([
    ...(live.get(name) ?? []),
    ...[...restores.values()].flatMap(({ kind, before }) => (kind === name ? [before] : [])),
  ]);
}

/** The former folder of the ledger, or else the current one, if it is still owned afterwards. */
function ledgerFolderOf(
  { kinds, live, ledger, ledgerFolder, owner }: RollbackInput,
  restores: ReadonlyMap<string, Restore>,
  removals: ReadonlyMap<string, LiveObject>,
  entries: ReadonlyMap<string, LedgerEntry | undefined>,
): ExecutablePlan["ledgerFolder"] {
  const own = ownLedgerFolder(owner, ledger);
  const remaining = [...withEntries(ledger, entries).entries.keys()].filter((name) => !removals.has(name));
  // No entries are left.
  if (remaining.length === 0) return { uid: ledger.folder ?? own, own: false };
  const { name: container } = containerKind(kinds);
  const isOurs = (uid: string) => {
    const name = address({ kind: container, id: uid });
    const after = restores.get(name)?.before ?? live.get(container)?.find(({ id }) => id === uid);
    return after?.ownership.state === "ours" && !removals.has(name);
  };
  const roots = [...restores.values()].flatMap(({ kind, before }) =>
    kind === container && before.parent === undefined ? [before.id] : [],
  );
  const uid = [ledgerFolder, ledger.folder, ...roots.toSorted()].find((one) => one !== undefined && isOurs(one));
  return uid === undefined ? { uid: own, own: true } : { uid, own: false };
}
