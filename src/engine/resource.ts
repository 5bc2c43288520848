import type { z } from "zod";
import type { JsonObject } from "../util/json.ts";
import type { TokensFacet, UsersFacet } from "./account-facets.ts";
import type { BackupFacet } from "./backup-facet.ts";
import type { DocumentsFacet } from "./documents-facet.ts";
import type {
  Aliases,
  BulkFacet,
  ChecksFacet,
  ComparisonFacet,
  ContainerFacet,
  DeletionFacet,
  ExistingFacet,
  PlacementFacet,
  ReadingFacet,
  RollbackFacet,
  SecretsFacet,
  SharedPartsFacet,
  SharingFacet,
  WritingFacet,
} from "./facets.ts";
import type { TestingFacet } from "./test-messages.ts";
import type { ForeignFacet } from "./foreign.ts";
import type { KindContext, Write } from "./kind-context.ts";
import type { LinksFacet } from "./links.ts";
import type { LintFacet } from "./lint.ts";
import type { MappableFacet, MappingFacet } from "./mapping.ts";
import type { Desired, LiveObject, Reference } from "./model.ts";
import type { Need } from "./permissions.ts";
import type { UpgradeFacet } from "./upgrade.ts";
import type { SourceFacet } from "./source.ts";
import type { ViewFacet } from "./view.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";

/** The permissions that requests of a kind need. Grafana's errors name them for some kinds, but not for folders and dashboards. */
export interface Access<Resource extends object = object, Live extends LiveObject = LiveObject> {
  /** The permission to list. */
  readonly read: Need;
  /**
   * Any of these scopes of the reading action shows all objects. Without one, lists omit objects that a single read
   * rejects. Absent: a list is complete or rejected.
   */
  readonly readsAll?: { readonly action: string; readonly scopes: readonly string[] };
  write(desired: Desired<Resource>, live: Live | undefined, folders: FolderTree): Need;
  restore(before: Live, live: Live | undefined, folders: FolderTree): Need;
  remove(live: Live, folders: FolderTree): Need;
}

/**
 * The features of all kinds.
 *
 * `desired` and `observed` convert code and live objects to the same canonical form. Only canonical forms are compared.
 */
interface KindCore<Resource extends object, Live extends LiveObject> {
  /** The name in addresses: `folder`, as in `--only folder/toolboxai`. */
  readonly name: string;
  /** Kinds whose objects must exist first. Objects of the same kind are ordered by their references. */
  readonly dependsOn: readonly string[];
  /** The schema of an exported resource. */
  readonly schema: z.ZodType;
  /** Where ownership is recorded: in annotations (which some Grafana versions drop), in the object's own data, or in the ledger. */
  readonly marking: "annotations" | "own-data" | "ledger";
  readonly idIs: "uid" | "name";
  readonly access: Access<Resource, Live>;

  /** The uid. Derived from project, folder and title if the code omits it. */
  id(resource: Resource, project: string): string;
  title(resource: Resource): string;
  references(resource: Resource, project: string): Reference[];

  /** All readable objects of this kind, from all pages. May have only metadata if bodies are large. */
  list(context: KindContext): Promise<Live[]>;
  /** Reads one complete object; undefined if it does not exist. */
  find(context: KindContext, id: string): Promise<Live | undefined>;

  /** The canonical form of the code. Takes ids from the live object, if there is one. */
  desired(desired: Omit<Desired<Resource>, "hash">, live?: Live): JsonObject;
  /** The canonical form of a complete live object. */
  observed(live: Live): JsonObject;

  /** Creates or updates an object and marks it as owned. Throws `Conflict` if the version differs. */
  write(context: KindContext, write: Write<Resource, Live>): Promise<void>;
  /** Deletes an object. Succeeds if it does not exist. */
  remove(context: KindContext, live: Live): Promise<void>;
  readonly rollback: RollbackFacet<Live>;
}

/** Features of some kinds. */
interface KindFacets<Resource extends object, Live extends LiveObject> {
  readonly aliases?: Aliases;
  readonly backup?: BackupFacet<Live>;
  readonly bulk?: BulkFacet;
  readonly checks?: ChecksFacet<Resource, Live>;
  readonly comparison?: ComparisonFacet<Resource, Live>;
  readonly container?: ContainerFacet;
  readonly deletion?: DeletionFacet<Live, Resource>;
  readonly documents?: DocumentsFacet;
  readonly existing?: ExistingFacet;
  readonly foreign?: ForeignFacet;
  readonly links?: LinksFacet<Resource, Live>;
  readonly lint?: LintFacet<Resource, Live>;
  readonly mappable?: MappableFacet<Live>;
  readonly mapping?: MappingFacet<Resource>;
  readonly placement?: PlacementFacet;
  readonly reading?: ReadingFacet<Live>;
  readonly secrets?: SecretsFacet<Resource, Live>;
  readonly sharedParts?: SharedPartsFacet<Resource, Live>;
  readonly upgrade?: UpgradeFacet<Resource, Live>;
  readonly source?: SourceFacet<Live>;
  readonly sharing?: SharingFacet;
  readonly tokens?: TokensFacet<Live>;
  readonly testing?: TestingFacet;
  readonly users?: UsersFacet<Resource>;
  readonly view?: ViewFacet;
  readonly writing?: WritingFacet<Resource, Live>;
}

/** A Grafana kind. Everything specific to it is behind this interface; no other code names a kind. */
export interface ResourceKind<Resource extends object = object, Live extends LiveObject = LiveObject>
  extends KindCore<Resource, Live>, KindFacets<Resource, Live> {}

export type Kinds = ReadonlyMap<string, ResourceKind>;
