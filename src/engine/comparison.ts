import type { JsonObject } from "../util/json.ts";
import type { Edited } from "../ownership/edited.ts";
import type { Left, Origin, UncheckedSecrets } from "./change.ts";
import type { Difference } from "./difference.ts";
import type { OtherForm } from "./facets.ts";
import type { Desired, LiveObject } from "./model.ts";

/** Everything that was read, by kind. */
export type Live = ReadonlyMap<string, readonly LiveObject[]>;

/** A resource of the code, compared with its live object. */
export interface Comparison {
  readonly desired: Desired;
  readonly live?: LiveObject;
  /** What a write would change. */
  readonly differences: readonly Difference[];
  /** Whether the content differs from the one that the last apply left. */
  readonly edited: Edited;
  /** Whether the code equals the last apply's, according to Grafana's history. Absent: the mark's hash decides. */
  readonly codeUnchanged?: boolean;
  /** Both sides. Only if the object was changed in Grafana, or if the goal keeps them. */
  readonly forms?: Forms;
  /** Describes an object that does not exist in Grafana. */
  readonly facts?: readonly string[];
  /** Whether the comparison used Grafana's dry run, or forms that are known to be exact. */
  readonly verified: boolean;
  readonly obstacle?: string;
  /** Why this Grafana can't have the resource, which is not compared. */
  readonly unsupported?: Pick<Left, "message" | "hint">;
  readonly sideEffect?: string;
  /** The access that a write takes away from others. */
  readonly revokes?: string;
  /** Set if Grafana stores the object in a form that differs from the code's. */
  readonly otherForm?: OtherForm;
  /** The origin of differences that the content's hash does not cover (secrets, provenance), if there are no others. */
  readonly aside?: Origin;
  /** The object exists, but the credentials can't read it. */
  readonly hidden?: boolean;
  /** The permission that is missing to read it, if it is known. */
  readonly lacking?: string;
  /** Set if it is unknown whether Grafana has the code's secrets. */
  readonly uncheckedSecrets?: Omit<UncheckedSecrets, "address">;
  /** A write sends the secrets because the last one recorded no fingerprint. */
  readonly secretsUnrecorded?: true;
}

/** The canonical form of an object, live and in the code. */
export interface Forms {
  /** Absent: the object does not exist. */
  readonly observed?: JsonObject;
  readonly wanted: JsonObject;
}
