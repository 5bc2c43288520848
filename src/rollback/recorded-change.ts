import type { Unserved } from "../engine/unserved.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import type { Ledger } from "../ownership/ledger.ts";
import type { LedgerEntry } from "../ownership/ledger-entry.ts";
import type { Live } from "../engine/comparison.ts";
import type { Permissions } from "../engine/permissions.ts";
import type { Selection } from "../engine/selection.ts";
import type { Change, Left, Unseen } from "../engine/change.ts";
import type { Compared } from "../engine/facets.ts";
import type { LiveObject } from "../engine/model.ts";
import type { SecretValues } from "../secrets/values.ts";
import type { SecretUse } from "../secrets/secret.ts";

/** The planned result of a run for an object. */
export interface Sent {
  /** Whether the object is owned afterwards. */
  readonly ours: boolean;
  readonly codeHash?: string;
  /** The hash of the content, with secrets hidden at these places, if the mark does not contain it. */
  readonly contentHash?: string;
  readonly places?: readonly SecretUse[];
  /** Hashes of the parts that separate requests write, by name. */
  readonly parts?: Readonly<Record<string, string>>;
}

/** An object that a run changed or planned to change. */
export interface RecordedChange {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  /** `aside`: not in the plan, but lost a part to an object in it. */
  readonly action: Change["action"] | "aside";
  /** Whether the change is known to be complete. If not, it may have been made. */
  readonly done: boolean;
  /** Absent if it did not exist. */
  readonly before?: LiveObject;
  /** The former and the current state for a comparison, if they are stored in different forms. */
  readonly compared?: Compared;
  /** Why this Grafana can't have the former state: a sentence with the fix. */
  readonly unsupported?: string;
  /** The missing permission to read the current state. */
  readonly hidden?: string;
  /** Why the previous state is unknown: a sentence without the object's name. */
  readonly unknown?: string;
  /** Absent if it was deleted. */
  readonly sent?: Sent;
  /** Its former ledger entry. */
  readonly entry?: LedgerEntry;
}

export interface RollbackInput {
  readonly project: string;
  readonly owner: string;
  readonly kinds: Kinds;
  readonly changes: readonly RecordedChange[];
  /** The current objects. Those of `changes` are complete. */
  readonly live: Live;
  readonly ledger: Ledger;
  /** The uid of the folder that stored the ledger before the run. */
  readonly ledgerFolder?: string;
  readonly secrets: SecretValues;
  readonly selected: (object: { kind: string; id: string }) => boolean;
  readonly overwriteDrift: Selection;
  readonly permissions?: Permissions | undefined;
  readonly unseen?: readonly Unseen[];
  readonly unserved?: Unserved;
  /** The later run that changed an object, by address. */
  readonly later: ReadonlyMap<string, string>;
  /** Where the last run sent secrets of an object, by address; undefined if no run wrote it. */
  readonly placesNow?: (name: string) => readonly SecretUse[] | undefined;
  /** Limitations of this Grafana that affect the plan. */
  readonly notes?: readonly string[];
}

export interface Assessed extends RecordedChange {
  readonly name: string;
  readonly own: ResourceKind;
  readonly now: LiveObject | undefined;
  /** `same`: nothing to restore. */
  readonly decision: "same" | "undo" | Left;
}
