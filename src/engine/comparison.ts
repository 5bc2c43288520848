import type { JsonObject } from "../util/json.ts";
import type { Edited } from "../ownership/edited.ts";
import type { Origin } from "./change.ts";
import type { Difference } from "./difference.ts";
import type { OtherForm } from "./facets.ts";
import type { Desired, LiveObject } from "./model.ts";

/** Everything that was read, by kind. */
export type Live = ReadonlyMap<string, readonly LiveObject[]>;

/** One resource of the code beside what Grafana has. */
export interface Comparison {
  readonly desired: Desired;
  readonly live?: LiveObject;
  /** What a write would change; empty where nothing would. */
  readonly differences: readonly Difference[];
  /** Whether the content differs from the one that the last apply left. */
  readonly edited: Edited;
  /** Whether the code equals the last apply's, according to Grafana's history. Absent: the mark's hash decides. */
  readonly codeUnchanged?: boolean;
  /** Both sides, where somebody changed it in Grafana, or where they were asked for. */
  readonly forms?: Forms;
  /** Compared with Grafana's own answer, or with forms known to be exact. */
  readonly verified: boolean;
  readonly obstacle?: string;
  readonly sideEffect?: string;
  /** Set if Grafana stores the object in a form that differs from the code's. */
  readonly otherForm?: OtherForm;
  /** Nothing differs but what the content's hash doesn't cover, and where that comes from: secrets, provenance. */
  readonly aside?: Origin;
  /** It is not in the list, and yet there: these credentials may not read it. */
  readonly hidden?: boolean;
  /** It has secrets, and nobody knows whether Grafana has the same. */
  readonly secretsUnknown?: boolean;
}

/** An object in canonical form, as it is and as the code says. */
export interface Forms {
  /** Absent: it is not there. */
  readonly observed?: JsonObject;
  readonly wanted: JsonObject;
}
