import type { Expression, Imported } from "../import/code/expression.ts";
import type { Sdk } from "../import/sdk/sdk.ts";
import type { KindContext } from "./kind-context.ts";
import type { LiveObject } from "./model.ts";
import type { SecretUse } from "../secrets/secret.ts";

/** What the code of an object needs from the others. */
export interface SourceContext {
  readonly kinds: KindContext;
  readonly sdk: Sdk;
  readonly project: string;
  /** The object as other code names it: an imported constant, or `existing.*`. Undefined if Grafana lacks it. */
  refer(kind: string, id: string): Expression | undefined;
  /** The live object, if it was read. */
  find(kind: string, id: string): LiveObject | undefined;
  /** Whether the objects of a kind were read. */
  isReadable(kind: string): boolean;
  /**
   * `secret(env("NAME"))`, with the variable that is known for this place, or else another one at each call. `wanted`: words
   * for its name.
   */
  secret(wanted: string, isPlace: (use: SecretUse) => boolean): Expression;
  /** Reports that the code lacks the credential at this place of the object. */
  leaveOut(place: string): void;
  /** A function or an object of this package: `dashboard`, `existing`. */
  readonly own: (name: string, value: unknown) => Imported;
}

/** Why an object has no code: a sentence without its name. */
export interface NoSource {
  readonly left: string;
}

/** Why the code can't name an object of this kind that another one refers to. */
export function whyMissing(context: Pick<SourceContext, "isReadable">, kind: string): string {
  return context.isReadable(kind) ? "which Grafana does not have" : "which these credentials are not allowed to read";
}

/** The objects of a kind that `--only` selects. */
export interface Wanted {
  /** Their ids and patterns of ids; empty for all objects of the kind. */
  readonly names: readonly string[];
  readonly has: (id: string) => boolean;
}

/** The code of live objects, for `import`. */
export interface SourceFacet<Live extends LiveObject = LiveObject> {
  /** The directory of its files. */
  readonly directory: string;
  /** The file for all objects of this kind. Absent: one file for each object, in directories like the folders in Grafana. */
  readonly file?: string;
  /** The objects that `--only` names, for kinds whose list has only those of the code and the ledger. */
  list?(context: KindContext, wanted: Wanted): Promise<Live[]>;
  /** The complete objects of this kind, in parts that fit into memory. Default: the list, with its bodies. */
  stream?(context: KindContext): AsyncIterable<readonly Live[]>;
  tags?(live: Live): readonly string[];
  /** Further arguments of `existing.*`, such as the type of a datasource. */
  existing?(live: Live): readonly (string | undefined)[];
  /** The expression of the resource. */
  write(live: Live, context: SourceContext): Expression | NoSource;
  /** The content of the object in a document, if the tool also loads this kind from JSON and YAML. */
  document?(live: Live): object;
}
