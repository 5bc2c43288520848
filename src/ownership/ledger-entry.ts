import type { SecretUse } from "../secrets/secret.ts";
import type { Transition } from "./marker.ts";

/** What was applied to an object, or is being applied. */
export interface LedgerEntry {
  /** The form of these hashes. It can differ between entries. */
  readonly form: number;
  readonly codeHash: string;
  readonly contentHash: string;
  /** Whether the write is not known to be complete. A killed run may have left any part of it. */
  readonly pending: boolean;
  /** The content that a pending write replaces; undefined in entries of older versions. */
  readonly transition?: Transition;
  /** The fingerprint of the secrets that were sent. */
  readonly secrets?: string;
  /** The places and variables of the secrets that were sent; undefined in entries of older versions. */
  readonly places?: readonly SecretUse[];
  /** Only of kinds whose objects are parts of one of several projects. */
  readonly share?: Share;
  /** The paths of properties that the code leaves to Grafana. */
  readonly ignored?: readonly string[];
  /** The API version of the content, for kinds that Grafana serves in several. Undefined in entries of older versions. */
  readonly apiVersion?: string;
}

/** The parts of an object of several projects that one project owns. */
export interface Share {
  /** Parts with a lower order come first. */
  readonly order: number;
  readonly parts: readonly string[];
  /** Replaced by a pending write. */
  readonly former?: readonly string[];
}
