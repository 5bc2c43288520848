import type { Unserved } from "./unserved.ts";
import type { Kinds } from "./resource.ts";
import type { Ledger } from "../ownership/ledger.ts";
import type { LedgerEntry } from "../ownership/ledger-entry.ts";
import type { MarkHashes } from "../ownership/marker.ts";
import type { Plan, Unseen } from "./change.ts";
import type { Comparison, Live } from "./comparison.ts";
import type { Restore, Write } from "./kind-context.ts";
import type { Desired, LiveObject } from "./model.ts";
import type { Permissions } from "./permissions.ts";
import type { Selection } from "./selection.ts";

/** An object that a plan wants to delete. */
export interface Deletion {
  readonly kind: string;
  readonly object: LiveObject;
}

/** An object that equals the code because a change made in Grafana was added to the code. Its mark still describes the previous content. */
export interface TakenOver {
  readonly kind: string;
  readonly live: LiveObject;
  readonly hashes: MarkHashes;
}

/** A plan with the objects that are needed to execute it. */
export interface ExecutablePlan {
  readonly plan: Plan;
  readonly writes: ReadonlyMap<string, Write>;
  /** Objects that a rollback restores. */
  readonly restores: ReadonlyMap<string, Restore>;
  readonly removals: ReadonlyMap<string, LiveObject>;
  /** Objects that these writes change as a side effect. */
  readonly sideEffects: readonly Deletion[];
  /** The folder that holds the ledger after this plan. `own`: the tool creates it for the ledger. */
  readonly ledgerFolder: { readonly uid: string; readonly own: boolean };
  /** Ledger entries to restore, also of objects that need no write. Undefined: remove the entry. */
  readonly entries: ReadonlyMap<string, LedgerEntry | undefined>;
  /** Addresses in the ledger whose objects no longer exist. */
  readonly forgotten: readonly string[];
  /** New ledger entries of objects that equal the code: pending entries of an interrupted run, or changes made in Grafana that were added to the code. */
  readonly unfinished: ReadonlyMap<string, LedgerEntry>;
  /** New ledger entries of objects whose hashes are not comparable. Written only together with others. */
  readonly outdated: ReadonlyMap<string, LedgerEntry>;
  /** Objects, by address, that equal the code because it took over a change made in Grafana. Their marks are renewed. */
  readonly takenOver: ReadonlyMap<string, TakenOver>;
  /** New and former names of objects that these writes rename and other objects use. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** The hash of the code of each resource that a plan writes, by address. */
export function codeHashes({ writes }: Pick<ExecutablePlan, "writes">): Map<string, string> {
  return new Map([...writes].map(([name, { desired }]) => [name, desired.hash]));
}

export interface PlanInput {
  readonly project: string;
  readonly kinds: Kinds;
  readonly comparisons: readonly Comparison[];
  readonly live: Live;
  /** All resources of the code, including those that are not selected: a write may have to keep parts for them. */
  readonly code?: readonly Desired[];
  /** Addresses of all resources of the code, including those that are not selected. */
  readonly declared: ReadonlySet<string>;
  /** Addresses of objects that exist although the lists omit them. */
  readonly unlisted?: ReadonlySet<string>;
  readonly selected: (object: { kind: string; id: string }) => boolean;
  readonly adopt: Selection;
  readonly overwriteDrift: Selection;
  readonly prune: boolean;
  /** What the credentials may do. Undefined: unknown, so Grafana accepts or rejects each write. */
  readonly permissions?: Permissions | undefined;
  readonly unseen?: readonly Unseen[];
  readonly unserved?: Unserved;
  /** Addresses of objects that the tool creates for itself. They are not orphans. */
  readonly kept?: ReadonlySet<string>;
  readonly owner?: string;
  /** Limitations of this Grafana. */
  readonly notes?: readonly string[];
  readonly ledger?: Ledger;
  /** `ledgerFolder` of the configuration. */
  readonly ledgerFolder?: string;
}
