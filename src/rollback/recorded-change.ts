import type { Kinds, ResourceKind } from "../engine/resource.ts";
import type { Ledger, LedgerEntry } from "../ownership/ledger.ts";
import type { Live } from "../engine/comparison.ts";
import type { Permissions } from "../engine/permissions.ts";
import type { Selection } from "../engine/selection.ts";
import type { Change, Left, Unseen } from "../engine/change.ts";
import type { LiveObject } from "../engine/model.ts";
import type { SecretValues } from "../secrets/values.ts";
import type { SecretUse } from "../secrets/secret.ts";

/** What a run was to make of an object. */
export interface Sent {
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

export interface Assessed extends RecordedChange {
  readonly name: string;
  readonly own: ResourceKind;
  readonly now: LiveObject | undefined;
  /** `same`: there is nothing to undo. */
  readonly decision: "same" | "undo" | Left;
}
