import type { z } from "zod";
import type { JsonObject } from "../util/json.ts";
import type {
  Aliases,
  BulkFacet,
  ChecksFacet,
  ComparisonFacet,
  ContainerFacet,
  DeletionFacet,
  DocumentsFacet,
  ExistingFacet,
  ReadingFacet,
  RollbackFacet,
  SecretsFacet,
  SharedPartsFacet,
  WritingFacet,
} from "./facets.ts";
import type { KindContext, Write } from "./kind-context.ts";
import type { Desired, LiveObject, Reference } from "./model.ts";
import type { Need } from "./permissions.ts";
import type { ViewFacet } from "./view.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";

/** Which permissions a kind's requests need; Grafana names them in some of its refusals, and in none of the folders' and dashboards'. */
export interface Access<Resource extends object = object, Live extends LiveObject = LiveObject> {
  /** To list. */
  readonly read: Need;
  /**
   * Any of these scopes of the reading action shows everything. Without one the list silently leaves out objects, which a
   * single read refuses. Absent: a list has everything, or is refused.
   */
  readonly readsAll?: { readonly action: string; readonly scopes: readonly string[] };
  write(desired: Desired<Resource>, live: Live | undefined, folders: FolderTree): Need;
  restore(before: Live, live: Live | undefined, folders: FolderTree): Need;
  remove(live: Live, folders: FolderTree): Need;
}

/**
 * What every kind has.
 *
 * `desired` and `observed` bring code and live object to the same canonical form: only these are ever compared.
 */
interface KindCore<Resource extends object, Live extends LiveObject> {
  /** As people write it: `folder`, in `--only folder/toolboxai`. */
  readonly name: string;
  /** Kinds whose objects have to be there first. Nested objects of the same kind are ordered by their references. */
  readonly dependsOn: readonly string[];
  /** The shape of what the code exports. */
  readonly schema: z.ZodType;
  /** Where it is recorded what the project owns: annotations, which some Grafanas drop; the object's own data; the ledger. */
  readonly marking: "annotations" | "own-data" | "ledger";
  readonly idIs: "uid" | "name";
  readonly access: Access<Resource, Live>;

  /** The uid; derived from project, folder and title where the code leaves it out. */
  id(resource: Resource, project: string): string;
  title(resource: Resource): string;
  references(resource: Resource, project: string): Reference[];

  /** Everything of this kind that the credentials may read, to the last page; metadata alone where bodies are large. */
  list(context: KindContext): Promise<Live[]>;
  /** One object as it is now, complete; undefined if it isn't there. */
  find(context: KindContext, id: string): Promise<Live | undefined>;

  /** The canonical form of the code, beside the live object where there is one (ids are taken from it). */
  desired(desired: Omit<Desired<Resource>, "hash">, live?: Live): JsonObject;
  /** The canonical form of a complete live object. */
  observed(live: Live): JsonObject;

  /** Creates or updates, with everything that makes the object ours. Throws a `Conflict` if the version is another. */
  write(context: KindContext, write: Write<Resource, Live>): Promise<void>;
  /** Deletes. An object that is not there any more is a success. */
  remove(context: KindContext, live: Live): Promise<void>;
  readonly rollback: RollbackFacet<Live>;
}

/** What only some kinds have. */
interface KindFacets<Resource extends object, Live extends LiveObject> {
  readonly aliases?: Aliases;
  readonly bulk?: BulkFacet;
  readonly checks?: ChecksFacet<Resource, Live>;
  readonly comparison?: ComparisonFacet<Resource, Live>;
  readonly container?: ContainerFacet;
  readonly deletion?: DeletionFacet<Live>;
  readonly documents?: DocumentsFacet;
  readonly existing?: ExistingFacet;
  readonly reading?: ReadingFacet<Live>;
  readonly secrets?: SecretsFacet<Resource, Live>;
  readonly sharedParts?: SharedPartsFacet<Resource, Live>;
  readonly view?: ViewFacet;
  readonly writing?: WritingFacet<Resource, Live>;
}

/** One Grafana kind. Everything that is particular to it is behind this interface; nothing else knows a kind by name. */
export interface ResourceKind<Resource extends object = object, Live extends LiveObject = LiveObject>
  extends KindCore<Resource, Live>, KindFacets<Resource, Live> {}

export type Kinds = ReadonlyMap<string, ResourceKind>;
