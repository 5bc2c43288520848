import type { Difference } from "./difference.ts";
import type { Source } from "./model.ts";

/** Where a difference comes from. */
export type Origin = "code" | "grafana" | "both" | "unknown";

/** Why a change is skipped. */
export interface Left {
  readonly reason:
    "foreign" | "locked" | "drift" | "obstacle" | "unsupported" | "dependency" | "not-empty" | "forbidden";
  /** Set if it is skipped only because an object that was changed in Grafana is skipped. */
  readonly cause?: "drift";
  /** Addresses of objects whose changes made in Grafana this write would lose. */
  readonly edited?: readonly string[];
  /** A sentence, without the resource's name. */
  readonly message: string;
  /** The option or the step that changes it. */
  readonly hint?: string;
  /** Set if it is unknown whether it was changed in Grafana. */
  readonly uncertain?: true;
  /** Set if the object must be named to be included. */
  readonly byName?: true;
}

/** One line of a plan. Plain data: it can be written to a file. */
export interface Change {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly action: "create" | "update" | "adopt" | "delete";
  /** Where the code defines it; absent for a deletion. */
  readonly source?: Source;
  readonly origin?: Origin;
  readonly differences: readonly Difference[];
  /** Describes a new object in lines, with the summary first. */
  readonly facts?: readonly string[];
  /** False if Grafana could not verify the change with a dry run. */
  readonly verified: boolean;
  readonly sideEffect?: string;
  /** The access that it takes away from others. Requires confirmation, like a deletion. */
  readonly revokes?: string;
  /** Elements that the code's form can't represent and that are lost. Requires consent for this object by name. */
  readonly loss?: string;
  /** Present: the change is shown, but skipped. */
  readonly left?: Left;
  /** Addresses of changes in this plan that must succeed first. */
  readonly needs: readonly string[];
  readonly updatedBy?: string;
  /** Grafana's display name of `updatedBy`. */
  readonly updatedByName?: string;
  readonly updatedAt?: string;
}

/** A kind that could not be compared. */
export interface Unseen {
  readonly kind: string;
  /** The permission: `datasources:read`. */
  readonly missing: string;
  /** Addresses in the code. */
  readonly resources: readonly string[];
}

/** Secrets of one resource that can't be compared with what Grafana has. */
export interface UncheckedSecrets {
  readonly address: string;
  /**
   * `key`: `GRAFANA_PROVISION_KEY` is not set. `variable`: one of `variables` is not set. `mark`: the object has no mark,
   * and so no record of what was sent.
   */
  readonly reason: "key" | "variable" | "mark" | "source";
  /** The variables of the secrets that are not set. */
  readonly variables: readonly string[];
}

/** What an apply changes, and what it skips. */
export interface Plan {
  readonly version: 1;
  readonly project: string;
  readonly changes: readonly Change[];
  /** The number of resources that equal the live objects. */
  readonly unchanged: number;
  /** Kinds that the credentials can't read. */
  readonly unseen: readonly Unseen[];
  /** Owned objects that the code no longer has. Only `--prune` deletes them. */
  readonly orphans: readonly string[];
  /** The titles of orphans, by address. Absent for an orphan whose title is its id or unknown. */
  readonly orphanTitles?: Readonly<Record<string, string>>;
  /** Resources whose secrets could not be compared with what was sent. */
  readonly uncheckedSecrets: readonly UncheckedSecrets[];
  /** Limitations of this Grafana that affect the plan. */
  readonly notes: readonly string[];
}

/** The reason that decides the exit code. */
export function causeOf({ reason, cause }: Left): Left["reason"] {
  return cause ?? reason;
}
