import { containerKind } from "../engine/container.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import type { Restore } from "../engine/kind-context.ts";
import { address, type LiveObject } from "../engine/model.ts";
import { ownLedgerFolder, type Ledger } from "../ownership/ledger.ts";
import type { LedgerEntry } from "../ownership/ledger-entry.ts";
import { equal, toJson } from "../util/json.ts";
import type { Assessed, RollbackInput } from "./recorded-change.ts";

/** The ledger entries that the rollback changes. */
export function entriesOf(
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

/** The same for objects of a backup. Entries of other objects stay, because a restore takes no object from the project. */
export function entriesToRestore(
  judged: readonly Assessed[],
  restores: ReadonlyMap<string, Restore>,
  ledger: Ledger,
): ReadonlyMap<string, LedgerEntry | undefined> {
  return new Map(
    judged.flatMap(({ name, own, entry, decision }) => {
      const there = ledger.entries.get(name);
      const restored = restores.has(name) ? (entry ?? there) : decision === "same" && !there ? entry : undefined;
      return own.marking === "ledger" && restored ? [[name, restored] as const] : [];
    }),
  );
}

export function withEntries(ledger: Ledger, entries: ReadonlyMap<string, LedgerEntry | undefined>): Ledger {
  const all = new Map(ledger.entries);
  for (const [name, entry] of entries) {
    if (entry) all.set(name, entry);
    else all.delete(name);
  }
  return { ...ledger, entries: all };
}

/** The former folder of the ledger, or else the current one, if it is still owned afterwards. */
export function ledgerFolderOf(
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
