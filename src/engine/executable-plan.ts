import type { Kinds } from "./resource.ts";
import type { Ledger, LedgerEntry } from "../ownership/ledger.ts";
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

/** An object that equals the code because the code took over a change made in Grafana: its mark has an older content. */
export interface TakenOver {
  readonly kind: string;
  readonly live: LiveObject;
  readonly hashes: MarkHashes;
}

/** A plan together with the objects that carrying it out needs. */
export interface ExecutablePlan {
  readonly plan: Plan;
  readonly writes: ReadonlyMap<string, Write>;
  /** What is brought back to what it was. */
  readonly restores: ReadonlyMap<string, Restore>;
  readonly removals: ReadonlyMap<string, LiveObject>;
  /** Objects that these writes change in passing. */
  readonly sideEffects: readonly Deletion[];
  /** Where the ledger stands after this plan; `own`: a folder that the tool makes for it. */
  readonly ledgerFolder: { readonly uid: string; readonly own: boolean };
  /** What the ledger says in the end of objects that are, or are again, what they were; undefined: nothing. */
  readonly entries: ReadonlyMap<string, LedgerEntry | undefined>;
  /** Addresses in the ledger whose objects are not there any more. */
  readonly forgotten: readonly string[];
  /** New ledger entries of objects that equal the code: a run left them pending, or the code took over a change made in Grafana. */
  readonly unfinished: ReadonlyMap<string, LedgerEntry>;
  /** New ledger entries of objects whose hashes are not comparable: written only together with others. */
  readonly outdated: ReadonlyMap<string, LedgerEntry>;
  /** Objects that equal the code because it took over a change made in Grafana, by address: their marks are renewed. */
  readonly takenOver: ReadonlyMap<string, TakenOver>;
  /** New and former names of objects that these writes rename and other objects use. */
  readonly renamed: ReadonlyMap<string, string>;
}

export interface PlanInput {
  readonly project: string;
  readonly kinds: Kinds;
  readonly comparisons: readonly Comparison[];
  readonly live: Live;
  /** Everything in the code, whatever was selected of it: a write may have to leave what another one will need. */
  readonly code?: readonly Desired[];
  /** Addresses of everything in the code, whatever was selected of it. */
  readonly declared: ReadonlySet<string>;
  readonly selected: (object: { kind: string; id: string }) => boolean;
  readonly adopt: Selection;
  readonly overwriteDrift: Selection;
  readonly prune: boolean;
  /** What the credentials may do; undefined: not known, and Grafana itself will say. */
  readonly permissions?: Permissions | undefined;
  readonly unseen?: readonly Unseen[];
  /** Addresses of what the tool keeps for itself: nobody's code names them, and they are no orphans. */
  readonly kept?: ReadonlySet<string>;
  readonly owner?: string;
  /** What this Grafana can't do. */
  readonly notes?: readonly string[];
  readonly ledger?: Ledger;
  /** The uid of the folder that the configuration wants the ledger in. */
  readonly ledgerFolder?: string;
}
