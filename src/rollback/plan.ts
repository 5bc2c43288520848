import { deletionsOf } from "../engine/deletions.ts";
import type { Deletion, ExecutablePlan } from "../engine/executable-plan.ts";
import type { Kinds } from "../code/desired.ts";
import { containerKind, containerOf, treeOf } from "../engine/container.ts";
import { editedOf, shortParts } from "../ownership/edited.ts";
import {
  contentHashOf,
  formOf,
  hiddenForm,
  isAsMarked,
  partHashes,
  sameContent,
  sameOwner,
  sameSecrets,
} from "./forms.ts";
import { equal, toJson } from "../util/json.ts";
import { ownLedgerFolder, type Ledger, type LedgerEntry } from "../ownership/ledger.ts";
import { differencesOf } from "../engine/live.ts";
import type { Live } from "../engine/comparison.ts";
import { lossText } from "../engine/loss.ts";
import { leftFromDeletion } from "../engine/origin.ts";
import type { Permissions } from "../engine/permissions.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";
import { sideEffectsOf } from "../engine/parts.ts";
import { inOrder, removalsOf, unless } from "../engine/plan.ts";
import { isNamed, selects, type Selection } from "../engine/selection.ts";
import type { Change, Left, Unseen } from "../engine/change.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { Limits } from "../engine/facets.ts";
import type { ResourceKind } from "../engine/resource.ts";
import type { Restore } from "../engine/kind-context.ts";
import { renamedBy } from "../ownership/stale.ts";
import type { SecretValues } from "../secrets/values.ts";
import type { SecretUse } from "../secrets/secret.ts";

/** What a run was to make of an object. */
interface Sent {
  /** Whether it was to be this project's. */
  readonly ours: boolean;
  readonly codeHash?: string;
  /** Where the mark doesn't say what was sent: the hash of the content, with secrets hidden at these places. */
  readonly contentHash?: string;
  readonly places?: readonly SecretUse[];
  /** Hashes of what separate requests write of it, by name. */
  readonly parts?: Readonly<Record<string, string>>;
}

/** One object that a run changed, or was to change. */
export interface RecordedChange {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  /** `aside`: it was in no plan, and lost a part to one that was. */
  readonly action: Change["action"] | "aside";
  /** It is known to have been carried out; otherwise it may have been. */
  readonly done: boolean;
  /** Absent: it was not there. */
  readonly before?: LiveObject;
  /** Why nobody knows what it was: a sentence without the object's name. */
  readonly unknown?: string;
  /** Absent: it was deleted. */
  readonly sent?: Sent;
  /** What the ledger said of it. */
  readonly entry?: LedgerEntry;
}

export interface RollbackInput {
  readonly project: string;
  readonly owner: string;
  readonly kinds: Kinds;
  readonly changes: readonly RecordedChange[];
  /** As it is now; the objects of `changes` are complete. */
  readonly live: Live;
  readonly ledger: Ledger;
  /** The uid of the folder that held the ledger before the run. */
  readonly ledgerFolder?: string;
  readonly secrets: SecretValues;
  readonly selected: (object: { kind: string; id: string }) => boolean;
  readonly overwriteDrift: Selection;
  readonly permissions?: Permissions | undefined;
  readonly unseen?: readonly Unseen[];
  /** Which later run changed an object, by address. */
  readonly later: ReadonlyMap<string, string>;
  /** Where the last of all runs had sent secrets of an object, by address; undefined where none had written it. */
  readonly placesNow?: (name: string) => readonly SecretUse[] | undefined;
  /** What has to be known of this Grafana to read the plan. */
  readonly notes?: readonly string[];
}

interface Assessed extends RecordedChange {
  readonly name: string;
  readonly own: ResourceKind;
  readonly now: LiveObject | undefined;
  /** `same`: there is nothing to undo. */
  readonly decision: "same" | "undo" | Left;
}

/** Decides what has to be done so that everything is as it was before a run. Pure. */
export function planRollback(input: RollbackInput): ExecutablePlan {
  const judged = input.changes.filter((one) => input.selected(one)).flatMap((one) => assess(one, input));
  const undone = judged.filter(({ decision }) => decision === "undo");
  const restores = restoresOf(undone);
  const upserts = settled(
    judged.filter((one) => one.decision !== "same" && one.before !== undefined),
    restores,
    input,
  );
  for (const change of upserts) if (change.left) restores.delete(address(change));

  const entries = entriesOf(judged, restores, input.ledger);
  const wanted = undone.flatMap(({ kind, before, now }): Deletion[] => (before || !now ? [] : [{ kind, object: now }]));
  const folders = folderTreeOf(input, restores);
  const deletions = deletionsOf(
    wanted,
    { ...input, ledger: withEntries(input.ledger, entries), written: referencesOf(restores, input.kinds) },
    ({ kind, object }) => {
      const own = input.kinds.get(kind);
      const need = own?.access.remove(object, folders);
      const lossy = own?.comparison?.otherForm?.(object)?.lost && leftFromDeletion(own, object, input.overwriteDrift);
      if (lossy) return lossy;
      return partsOf({ kind, object }, judged, restores) ?? (need && unless(input.permissions, need, "delete"));
    },
  );
  const leftAlone = judged.flatMap((one) =>
    typeof one.decision === "object" && one.before === undefined ? [lineOf(one, "delete", one.decision)] : [],
  );
  const removals = removalsOf(wanted, deletions);
  const held = [...restores].map(([name, { kind, before }]) => ({
    kind,
    name,
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
      notes: input.notes ?? [],
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

/** What would go with an object that took it from another one, which is not brought back. */
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
  return holder && { reason: "dependency", message: `has a part of ${holder.name}, which is not brought back` };
}

function assess(one: RecordedChange, input: RollbackInput): Assessed[] {
  const own = input.kinds.get(one.kind);
  const all = input.live.get(one.kind);
  // Nothing is known of a kind that may not be read: the plan says so.
  if (!own || !all) return [];
  const now = all.find(({ id }) => id === one.id);
  const name = address(one);
  return [{ ...one, own, now, name, decision: decide(one, { own, now, name }, input) }];
}

function decide(
  one: RecordedChange,
  { own, now, name }: Pick<Assessed, "own" | "now" | "name">,
  input: RollbackInput,
): Assessed["decision"] {
  const { before, sent, done, unknown } = one;
  const carriedOut = isAsSent(one, own, now, input);
  if (unknown !== undefined) {
    // Of what it lost nobody knows then, either.
    return carriedOut || done || one.action === "aside" ? { reason: "obstacle", message: unknown } : "same";
  }
  const places = { now: input.placesNow?.(name) ?? sent?.places ?? [], secrets: input.secrets };
  if (before ? now && isSame(own, before, now) && sameSecrets(own, before, now, places) : !now) return "same";
  const moved = movedSince(one, { own, now, name, carriedOut }, input);
  if (moved && !(moved.reason === "drift" && selects(input.overwriteDrift, name))) return moved;
  // Neither is it known to have been done, nor does anything there say so.
  if (!carriedOut && !done && one.action !== "aside" && !isMarked(sent, now)) return "same";
  return "undo";
}

/** The object, its content and its mark are as they were; what the ledger says is put right without a write. */
function isSame(own: ResourceKind, before: LiveObject, now: LiveObject): boolean {
  const sameMark =
    own.marking === "ledger" ||
    (now.applied?.codeHash === before.applied?.codeHash && now.applied?.contentHash === before.applied?.contentHash);
  return sameOwner(own, before, now) && sameMark && sameContent(own, before, now);
}

/** Its mark says that this run wrote it. */
function isMarked(sent: Sent | undefined, now: LiveObject | undefined): boolean {
  return (
    sent?.ours === true &&
    now?.ownership.state === "ours" &&
    now.applied !== undefined &&
    now.applied.codeHash === sent.codeHash
  );
}

/** Nothing that it carries speaks against this run; where it carries no mark, its content has to speak for it. */
function mayBeSent(sent: Sent, now: LiveObject): boolean {
  const { state } = now.ownership;
  if (now.applied) return isMarked(sent, now);
  return (
    sent.contentHash !== undefined && (state === "unknown" || (state === "ours") === sent.ours) && state !== "locked"
  );
}

/** Every part of it is what the run sent, or what it was: the run was stopped between two requests, or undoing it was. */
function isHalfSent(own: ResourceKind, { sent, before }: RecordedChange, now: LiveObject): boolean {
  if (!own.writing?.parts || sent?.parts === undefined) return false;
  const observed = own.observed(now);
  const as = partHashes(own, own.secrets?.hide?.(observed, sent.places ?? []) ?? observed);
  const [beside, was] = before
    ? [partHashes(own, formOf(own, now, before)), partHashes(own, formOf(own, before, now))]
    : [as, {}];
  return Object.keys(as).every((name) => as[name] === sent.parts?.[name] || beside[name] === was[name]);
}

/** Whether an interrupted run or rollback left this state, so it is not a change made in Grafana. */
function isAsStopped(own: ResourceKind, now: LiveObject, before: LiveObject | undefined): boolean {
  const places = now.applied?.places ?? [];
  const form = hiddenForm(own, now, places);
  if (editedOf(own, now, form) === "no") return true;
  const replaced = now.applied?.transition?.former?.parts;
  const parts = shortParts(own, form);
  if (!before || !replaced || !parts) return false;
  const was = shortParts(own, hiddenForm(own, before, places)) ?? {};
  return Object.entries(parts).every(([name, part]) => part === replaced[name] || part === was[name]);
}

/** The object is what the run made of it, or a part of that where the run was stopped, or undoing it was. */
function isAsSent(
  former: RecordedChange,
  own: ResourceKind,
  now: LiveObject | undefined,
  { secrets, live, changes }: RollbackInput,
): boolean {
  const { sent, before, entry, done, action } = former;
  // An undoing that was stopped announced what it was bringing back.
  if (entry && now?.applied?.pending && now.applied.codeHash === entry.codeHash) return isAsStopped(own, now, before);
  if (!sent) {
    const mayBeLess = action === "aside" || (!done && now?.ownership.state === "ours");
    if (now) return mayBeLess && before !== undefined && own.sharedParts?.lostOnly(before, now) === true;
    if (action !== "aside") return true;
  }
  // The last part that it had went to another one, before its own turn came.
  if (!now) return !done && before !== undefined && wentToOthers(own, before, live, changes);
  if (!sent || !mayBeSent(sent, now)) return false;
  if (now.applied?.pending) return isAsStopped(own, now, before);
  if (sent.contentHash !== undefined) {
    return contentHashOf(own, now, sent.places ?? []) === sent.contentHash || isHalfSent(own, former, now);
  }
  const places = now.applied?.places ?? [];
  // Only where it is known that the variables still are what was sent.
  const known = now.applied?.secrets !== undefined && secrets.fingerprint(places) === now.applied.secrets;
  return isAsMarked(own, now) && !(known && own.secrets?.differ?.(places, now, secrets) === true);
}

/** Why what is there now is nothing that undoing this run may replace. */
function movedSince(
  { action, sent, before, done }: RecordedChange,
  { own, now, name, carriedOut }: Pick<Assessed, "own" | "now" | "name"> & { carriedOut: boolean },
  { changes, live, later }: RollbackInput,
): Left | undefined {
  const run = later.get(name);
  const by = run === undefined ? "in Grafana" : `by the run ${run}`;
  const drift = (what: string): Left => ({
    reason: "drift",
    message: `${what} since the run, ${by}`,
    hint: `restore it anyway with --overwrite-drift ${name}`,
  });
  if (carriedOut) {
    const taker = before && holdersOf(own, before, live, changes).find((holder) => holder?.changed === false);
    return taker && drift(`lost a part to ${taker.name}`);
  }
  if (action !== "aside" && !done && !isMarked(sent, now)) return undefined;
  if (!now) return before ? drift("was deleted") : undefined;
  const { ownership } = now;
  if (ownership.state === "locked") {
    return { reason: "locked", message: `managed by ${ownership.manager}: ${ownership.why}` };
  }
  if (ownership.state === "foreign" && sent?.ours !== false) {
    const message = sent ? "is not this project's any more" : "was made again since the run, and is not this project's";
    return { reason: "obstacle", message };
  }
  // Only its content could prove that the run made it.
  if (!before && ownership.state === "unknown") {
    const message = `was changed since the run, ${by}, and nothing proves any more that this project made it: delete it by hand`;
    return { reason: "obstacle", message };
  }
  return drift(sent || action === "aside" ? "was changed" : "was made again");
}

function wentToOthers(own: ResourceKind, before: LiveObject, live: Live, changes: readonly RecordedChange[]): boolean {
  const holders = holdersOf(own, before, live, changes);
  return holders.length > 0 && holders.every((holder) => holder?.changed === true);
}

interface Holder {
  readonly name: string;
  /** The run changed it. */
  readonly changed: boolean;
}

/** For each part that an object had: the other object that has it now, if there is one. */
function holdersOf(
  own: ResourceKind,
  before: LiveObject,
  live: Live,
  changes: readonly RecordedChange[],
): (Holder | undefined)[] {
  const run = new Set(changes.map(address));
  const others = (live.get(own.name) ?? []).filter(({ id }) => id !== before.id);
  return (own.sharedParts?.held(before) ?? []).map((part) => {
    const holder = others.find((object) => own.sharedParts?.held(object).includes(part));
    const name = holder && address({ kind: own.name, id: holder.id });
    return name === undefined ? undefined : { name, changed: run.has(name) };
  });
}

function restoresOf(undone: readonly Assessed[]): Map<string, Restore> {
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
      },
    ]),
  );
}

/** The lines for what is brought back: those that can't be are left, and so is what would stand in them. */
function settled(judged: readonly Assessed[], restores: ReadonlyMap<string, Restore>, input: RollbackInput): Change[] {
  const folders = folderTreeOf(input, restores);
  const changes = new Map(
    judged.map((one) => {
      const restore = restores.get(one.name);
      return [one.name, restore ? backLine(one, restore, folders, input) : leftLine(one)] as const;
    }),
  );
  const isThere = (name: string) =>
    [...input.live].some(([kind, all]) => all.some(({ id }) => address({ kind, id }) === name));
  // Until nothing changes any more: what is left takes along what would be in it, and what uses it.
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
      const message = `needs ${missing}, which Grafana does not have`;
      const inRun = input.changes.some((one) => address(one) === missing);
      const hint = changes.has(missing)
        ? `see ${missing}`
        : inRun
          ? `add --only ${missing}`
          : "the run did not touch it: make it first";
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

function backLine(one: Assessed, restore: Restore, folders: FolderTree, input: RollbackInput): Change {
  const { own, now } = one;
  const { before } = restore;
  const all = input.live.get(one.kind) ?? [];
  const limits: Limits = own.rollback.limits?.(restore, { all, secrets: input.secrets }) ?? { losses: [] };
  const loss = lossOf(one);
  const left = limits.obstacle
    ? ({ reason: "obstacle", message: limits.obstacle } as const)
    : loss && !isNamed(input.overwriteDrift, one.name)
      ? inOtherForm(one.name)
      : unless(input.permissions, own.access.restore(before, now, folders), now ? "change" : "create");
  const whose =
    before.ownership.state === "foreign" && now?.ownership.state === "ours"
      ? ["it is no longer this project's"]
      : before.ownership.state === "ours" && now?.ownership.state === "foreign"
        ? ["it is this project's again"]
        : [];
  const said = [...whose, ...limits.losses];
  return {
    ...lineOf(one, now ? "update" : "create", left),
    differences: now ? differencesOf(own, formOf(own, now, before), formOf(own, before, now)) : [],
    ...(said.length > 0 ? { sideEffect: said.join("; ") } : {}),
  };
}

function inOtherForm(name: string): Left {
  const hint = `restore it anyway with --overwrite-drift ${name}`;
  return { reason: "drift", message: "has elements that its state before the run can't represent", hint };
}

/** The elements of the live object that restoring it loses. */
function lossOf({ own, now, before }: Assessed): string | undefined {
  return now && before && lossText(own.comparison?.otherForm?.(now, before), "write");
}

function leftLine(one: Assessed): Change {
  const { own, now, before, decision } = one;
  const left = typeof decision === "object" ? decision : undefined;
  const differences = now && before ? differencesOf(own, formOf(own, now, before), formOf(own, before, now)) : [];
  return { ...lineOf(one, now ? "update" : "create", left), differences };
}

function lineOf(one: Assessed, action: Change["action"], left: Left | undefined): Change {
  const { kind, id, title, now } = one;
  const loss = lossOf(one);
  return {
    kind,
    id,
    title,
    action,
    differences: [],
    verified: true,
    needs: [],
    ...(loss ? { loss } : {}),
    ...(left ? { left } : {}),
    ...(now?.updatedBy ? { updatedBy: now.updatedBy } : {}),
    ...(now?.updatedAt ? { updatedAt: now.updatedAt } : {}),
  };
}

/** What each object refers to once it is back. */
function referencesOf(restores: ReadonlyMap<string, Restore>, kinds: Kinds): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...restores].map(([name, { kind, before }]) => {
      const own = kinds.get(kind);
      const container = containerOf(kinds, before);
      return [name, [...(container === undefined ? [] : [container]), ...(own?.deletion?.uses?.(before) ?? [])]];
    }),
  );
}

/** What the ledger has to say in the end, where that is something else than it says now. */
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
    // Of an object that needs no write the secrets are those that it has.
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

/** Where it was, else where it is, as long as that folder is ours in the end. */
function ledgerFolderOf(
  { kinds, live, ledger, ledgerFolder, owner }: RollbackInput,
  restores: ReadonlyMap<string, Restore>,
  removals: ReadonlyMap<string, LiveObject>,
  entries: ReadonlyMap<string, LedgerEntry | undefined>,
): ExecutablePlan["ledgerFolder"] {
  const own = ownLedgerFolder(owner);
  const remaining = [...withEntries(ledger, entries).entries.keys()].filter((name) => !removals.has(name));
  // Nothing is left to write down: it goes as it is.
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
