import type { JsonObject } from "../util/json.ts";
import type { SecretUse } from "../secrets/secret.ts";
import type { KindContext } from "./kind-context.ts";
import type { LiveObject } from "./model.ts";

/** A place whose value Grafana hides. */
export interface HiddenValue extends Pick<SecretUse, "path" | "within"> {
  /** Words for the name of its variable: `Prometheus password`. */
  readonly words: string;
  /** What the file has of a value that Grafana returns, to recognize another address: `https://hooks.example.org/(secret)`. */
  readonly origin?: string;
}

/** An object that is read individually. */
interface Unlisted<Live extends LiveObject> {
  readonly id: string;
  /** Undefined if it doesn't exist, or if it has no content. */
  readonly read: (context: KindContext) => Promise<Live | undefined>;
}

/** The objects of types. */
interface OfTypes<Live extends LiveObject> {
  readonly objects: readonly Live[];
  /** What the credentials can't list, with the missing permission. Without `id`: which types there are. */
  readonly forbidden: readonly { readonly id?: string; readonly missing: string }[];
}

/** What a backup needs to know about a kind in addition to its list and its snapshots. */
export interface BackupFacet<Live extends LiveObject = LiveObject> {
  /** The objects of this kind, if the list omits those that neither the code nor the ledger names. */
  unlisted?(everything: ReadonlyMap<string, readonly LiveObject[]>): readonly Unlisted<Live>[];
  /**
   * The objects of these types that no other kind has: `example.grafana.app/Example`. Without types: of all that Grafana serves.
   * Throws `UsageError` for a type that another kind has, that contains secrets, or that Grafana doesn't serve.
   */
  ofTypes?(context: KindContext, types: readonly string[]): Promise<OfTypes<Live>>;
  /** The places of secrets that a snapshot can have. */
  hidden?(live: Live): readonly HiddenValue[];
  /** Converts a snapshot to the content of a file, in the form of Grafana's API, and back. Default: as it is. */
  readonly file?: {
    readonly write: (snapshot: JsonObject) => JsonObject;
    readonly read: (content: JsonObject) => JsonObject;
  };
  /** Users, teams and service accounts that an object names: `user/ada`, `team/SRE`. */
  readonly holders?: {
    of(live: Live): readonly string[];
    /** The object without those that Grafana lacks. */
    without(live: Live, lacking: ReadonlySet<string>): Live;
  };
}
