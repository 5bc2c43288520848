import type { KubernetesObject } from "../grafana/kubernetes-object.ts";
import { markIn, ownershipOf } from "./annotations.ts";
import { LedgerUnreadable } from "./ledger-errors.ts";
import { WrittenByNewer } from "./newer.ts";

/** The ledger of another project or repository. */
export interface Neighbor<Entry> {
  readonly owner: string;
  readonly repository?: string | undefined;
  readonly entries: ReadonlyMap<string, Entry>;
}

interface Found<Entry> extends Omit<Neighbor<Entry>, "owner"> {
  readonly owner?: string | undefined;
  readonly serial: number;
}

/** The newest ledger of each other owner and repository. Omits those that this version can't read. */
export function neighborsIn<Entry>(
  folders: readonly KubernetesObject[],
  own: string | undefined,
  ledgerIn: (folder: KubernetesObject) => Found<Entry> | undefined,
): Neighbor<Entry>[] {
  const found = folders.flatMap((folder) => {
    const ledger = folder.metadata.name === own ? undefined : ifReadable(() => ledgerIn(folder));
    if (ledger?.owner === undefined) return [];
    const { owner, serial, entries } = ledger;
    const repository = ledger.repository ?? markIn(folder)?.repository;
    const isOwners = ownershipOf(folder, { owner, repository }).ownership.state === "ours";
    return isOwners ? [{ owner, repository, serial, entries }] : [];
  });
  const newest = found.toSorted((a, b) => a.serial - b.serial);
  return [...new Map(newest.map((one) => [JSON.stringify([one.owner, one.repository]), one])).values()];
}

function ifReadable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WrittenByNewer || error instanceof LedgerUnreadable) return undefined;
    throw error;
  }
}

/** Reads at the first call only. */
export function onceRead<Value>(read: () => Value): () => Value {
  let found: { readonly value: Value } | undefined;
  return () => (found ??= { value: read() }).value;
}
