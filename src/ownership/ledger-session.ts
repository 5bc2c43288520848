import { Conflict, GrafanaError } from "../grafana/errors.ts";
import type { Outcome } from "../engine/events.ts";
import type { Kinds } from "../engine/resource.ts";
import { announcedEntry, endingEntry, restoredEntry, sentEntry } from "./entries.ts";
import { hash } from "../util/json.ts";
import { changeLedger, dropLedger, forgetIn, type Ledger } from "./ledger.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import { FORM } from "./marker.ts";
import { repositoryOf } from "./repository.ts";
import { markedMetadata } from "./annotations.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import { containerAddress } from "../engine/container.ts";
import { changeIn } from "../engine/origin.ts";
import { partsTaken } from "../engine/parts.ts";
import { address, parseAddress, type LiveObject } from "../engine/model.ts";
import type { KindContext, Restore, Write } from "../engine/kind-context.ts";

/** Updates the ledger while a plan is executed. */
export interface LedgerSession {
  /** The address of the folder that stores the ledger. */
  readonly folder: string;
  /** The addresses of the folders that store it before or after this run. */
  readonly holders: readonly string[];
  /** The current ledger. */
  readonly ledger: Ledger;
  /** Removes the pending entry of a write that failed without changing anything. */
  discard(name: string): void;
  /** Writes pending entries for all writes of the plan, before the first one. */
  recordPending(): Promise<void>;
  /** Writes the final entries, and removes those of objects that no longer exist. */
  commit(outcomes: readonly Outcome[]): Promise<void>;
}

export function openLedgerSession(context: KindContext, prepared: ExecutablePlan, kinds: Kinds): LedgerSession {
  const { grafana } = context;
  if (!grafana.marks) return withoutLedger(context);
  const { uid, own } = prepared.ledgerFolder;
  const isLedgers = (kind: string) => kinds.get(kind)?.marking === "ledger";
  const written = [...prepared.writes, ...prepared.restores].filter(([name]) => isLedgers(parseAddress(name).kind));
  // A restored object that becomes unowned keeps its entry until it is written.
  const announcements = written.flatMap(([name, upsert]) => {
    const entry = announcedEntry(context, prepared, kinds, name, upsert);
    return entry ? [[name, entry] as const] : [];
  });
  const endings = [...prepared.removals, ...losers(prepared, kinds)].flatMap(([name, object]) => {
    const [entry, kind] = [context.ledger.entries.get(name), kinds.get(parseAddress(name).kind)];
    return entry && kind ? [[name, endingEntry(kind, entry, object, prepared)] as const] : [];
  });
  // A partly executed deletion would look like a change made in Grafana.
  const inParts = endings.some(([name]) => {
    const [kind, object] = [kinds.get(parseAddress(name).kind), prepared.removals.get(name)];
    return object !== undefined && kind?.deletion?.inParts?.(object) === true;
  });
  let ledger: Ledger = context.ledger;
  let announced = false;
  const withdrawn = new Set<string>();

  const change = async (folder: string, make: (entries: Map<string, LedgerEntry>) => void): Promise<void> => {
    const former = ledger.folder;
    ledger = await changeLedger(grafana, folder, make, ledger);
    const leaves = former !== undefined && former !== folder && !prepared.removals.has(containerAddress(kinds, former));
    // A remaining copy is harmless: it is older, and the newer one counts.
    if (leaves) await dropLedger(grafana, former).catch(ignored);
  };

  /** Whether the ledger must be updated after the plan. */
  const remains = () =>
    announcements.length > 0 ||
    [...ledger.entries.keys()].some(
      (name) =>
        !prepared.removals.has(name) &&
        !prepared.forgotten.includes(name) &&
        (!prepared.entries.has(name) || prepared.entries.get(name) !== undefined),
    );

  return {
    folder: containerAddress(kinds, uid),
    holders: [uid, context.ledger.folder].flatMap((id) => (id === undefined ? [] : [containerAddress(kinds, id)])),
    get ledger() {
      return ledger;
    },
    discard(name) {
      withdrawn.add(name);
    },
    async recordPending() {
      const stays = ledger.folder === undefined || ledger.folder === uid || !remains();
      const moves = announcements.length > 0 || !stays;
      const stands = moves ? uid : (ledger.folder ?? uid);
      // The ledger is deleted with its folder, whose version must not change any more.
      const ends = prepared.removals.has(containerAddress(kinds, stands)) ? [] : endings;
      if (announced || (!moves && !(inParts && ends.length > 0))) return;
      announced = true;
      if (own && moves) await makeFolder(context, uid);
      await change(stands, (entries) => {
        for (const [name, entry] of [...announcements, ...ends]) entries.set(name, entry);
      });
    },
    async commit(outcomes) {
      const done = new Set(
        outcomes.filter(({ status }) => status === "done").map((outcome) => address(outcome.change)),
      );
      // After a conflict, the object has another user's content, which must not count as an incomplete write of this run.
      const untouched = new Set([
        ...withdrawn,
        ...outcomes
          .filter(({ status }) => status === "cancelled" || status === "skipped" || status === "conflict")
          .map((one) => address(one.change)),
      ]);
      const deleted = [...prepared.removals.keys()].filter((name) => done.has(name));
      const { folder } = ledger;
      // The ledger was deleted with its folder, because no object of this project is left.
      if (folder === undefined || deleted.includes(containerAddress(kinds, folder))) return;
      const gone = prepared.forgotten.filter((name) => !prepared.writes.has(name) && !prepared.restores.has(name));
      const entriesOf = (name: string) => isLedgers(parseAddress(name).kind);
      // A group may still contain a rule of another one whose write failed. Then neither is complete.
      const kindIn = (name: string) => parseAddress(name).kind;
      const unsure = new Set(written.filter(([name]) => !done.has(name)).map(([name]) => kindIn(name)));
      const awaited = partsAwaited(prepared, kinds, done);
      const holds = (upsert: Write | Restore) => {
        if (!("desired" in upsert) || !upsert.live) return false;
        const { kind } = upsert.desired;
        return (
          kinds
            .get(kind)
            ?.sharedParts?.held(upsert.live)
            .some((part) => awaited.get(kind)?.has(part)) === true
        );
      };
      const finished = written.filter(
        ([name, upsert]) => done.has(name) && !unsure.has(kindIn(name)) && !holds(upsert),
      );
      const left = announced
        ? [...announcements, ...endings]
            .map(([name]) => name)
            .filter((name) => untouched.has(name) && !lostParts(prepared, kinds, name))
        : [];
      const removed = [...deleted.filter(entriesOf), ...gone];
      // Without the entries, the other repository's --prune can't delete what this one has taken over.
      for (const other of ledger.others ?? []) {
        const isShared = (name: string) => kinds.get(kindIn(name))?.sharing !== undefined;
        const taken = finished.map(([name]) => name).filter((name) => other.entries.has(name) && !isShared(name));
        if (taken.length > 0) await forgetIn(grafana, other.folder, taken).catch(ignored);
      }
      const unfinished = prepared.unfinished;
      const reset = resetEntries(prepared);
      const changes = finished.length + left.length + removed.length;
      if (!updatesLedger(prepared) && (changes === 0 || outcomes.length === 0)) return;
      await change(folder, (entries) => {
        const set = (name: string, entry: LedgerEntry | undefined) => {
          if (entry) entries.set(name, entry);
          else entries.delete(name);
        };
        for (const [name, upsert] of finished) {
          const entry = entries.get(name);
          if (!("desired" in upsert)) set(name, restoredEntry(context, kinds, prepared, name));
          else if (entry) set(name, sentEntry(context, kinds, upsert, entry));
        }
        for (const [name, entry] of reset) set(name, entry);
        for (const name of left) set(name, context.ledger.entries.get(name));
        for (const name of removed) entries.delete(name);
        for (const [name, entry] of unfinished) if (isAsRead(context.ledger, entries, name)) entries.set(name, entry);
        for (const [name, entry] of prepared.outdated) if (entries.has(name)) entries.set(name, entry);
      });
    },
  };
}

/** Whether executing a plan writes the ledger even if it changes no object. */
export function updatesLedger(prepared: ExecutablePlan): boolean {
  return prepared.unfinished.size > 0 || resetEntries(prepared).length > 0;
}

/** Entries of objects that need no write to be restored. */
function resetEntries({ entries, restores }: ExecutablePlan) {
  return [...entries].filter(([name]) => !restores.has(name));
}

/** Whether an object to be deleted may have lost parts to a written one, so that its content differs without a change made in Grafana. */
function lostParts({ writes, restores, removals }: ExecutablePlan, kinds: Kinds, name: string): boolean {
  const { kind } = parseAddress(name);
  const shared = kinds.get(kind)?.sharedParts;
  const object = removals.get(name);
  if (!shared || !object) return false;
  const taken = new Set([
    ...[...writes.values()].flatMap(({ desired }) => (desired.kind === kind ? shared.taken(desired) : [])),
    ...[...restores.values()].flatMap((restore) => (restore.kind === kind ? shared.held(restore.before) : [])),
  ]);
  return shared.held(object).some((part) => taken.has(part));
}

/** Whether no other run has changed an entry since this one read the ledger. */
function isAsRead(read: Ledger, entries: ReadonlyMap<string, LedgerEntry>, name: string): boolean {
  const [before, now] = [read.entries.get(name), entries.get(name)];
  return now !== undefined && now.pending === before?.pending && now.contentHash === before.contentHash;
}

/** Parts of resources that this run did not write. Other objects may still contain them. */
function partsAwaited(
  { writes }: ExecutablePlan,
  kinds: Kinds,
  done: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const siblings = new Map([...writes.values()].map((write) => [write.desired.kind, write.siblings ?? []]));
  return new Map(
    [...siblings].map(([kind, all]) => {
      const waiting = all.filter((one) => !done.has(address(one)));
      return [kind, new Set(waiting.flatMap((one) => partsTaken(one, kinds)))];
    }),
  );
}

/** Objects that lose parts to written ones and that the plan does not contain. The rest of them is not a change made in Grafana. */
function losers({ sideEffects }: ExecutablePlan, kinds: Kinds): (readonly [string, LiveObject])[] {
  return sideEffects.flatMap(({ kind, object }) => {
    const own = kinds.get(kind);
    const unedited = own && !changeIn(own, object);
    return unedited ? [[address({ kind, id: object.id }), object] as const] : [];
  });
}

/** A Grafana that does not store annotations of folders can't have a ledger. */
function withoutLedger({ ledger }: KindContext): LedgerSession {
  const nothing = async (): Promise<void> => {};
  return { folder: "", holders: [], ledger, discard: () => {}, recordPending: nothing, commit: nothing };
}

function ignored(error: unknown): void {
  if (!(error instanceof GrafanaError)) throw error;
}

/** The folder for the ledger of a project without folders. */
export function ledgerFolderContent(owner: string): { title: string; description: string; hash: string } {
  const title = `grafana-provision (${owner})`;
  const description =
    "Stores which objects grafana-provision owns in this Grafana. Do not delete it: these objects would no longer be owned.";
  return { title, description, hash: hash({ title, description }) };
}

async function makeFolder(context: KindContext, uid: string): Promise<void> {
  const { owner } = context;
  const { folders } = context.grafana;
  if (await folders.find(uid)) return;
  const { title, description, hash: content } = ledgerFolderContent(owner);
  const marker = { form: FORM, codeHash: content, contentHash: content, version: 0, uid, ...repositoryOf(context) };
  const source = { file: "grafana.config.ts", export: "default" };
  const metadata = markedMetadata({ id: uid, owner, source, folder: undefined, marker, live: undefined });
  try {
    await folders.create({ metadata, spec: { title, description } });
  } catch (error) {
    // Another run of this project has created it.
    if (!(error instanceof Conflict)) throw error;
  }
}
