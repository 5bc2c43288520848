import type { Client } from "../grafana/client.ts";
import type { Fault } from "../util/errors.ts";
import type { Share } from "../ownership/ledger-entry.ts";
import type { MarkHashes } from "../ownership/marker.ts";
import type { Json, JsonObject } from "../util/json.ts";
import type { SecretUse } from "../secrets/secret.ts";
import type { SecretValues } from "../secrets/values.ts";
import type { Left } from "./change.ts";
import type { Difference } from "./difference.ts";
import type { KindContext, Restore, Write } from "./kind-context.ts";
import type { Desired, LiveObject, Past, Use } from "./model.ts";
import type { Need } from "./permissions.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";

// Interfaces for features that only some kinds have. A kind without a facet does not have the feature.

/**
 * A place that may contain a secret. `unsure`: only the current code has a secret there. `unowned`: the same, for an object that
 * the project never owned. `unproven`: only Grafana names its variable. `readdressed`: a user changed the address that the secret
 * is sent to. `edited`: a user replaced the secret with a value that Grafana returns.
 */
export interface HiddenPlace extends SecretUse {
  readonly unowned?: true;
  readonly unsure?: true;
  readonly unproven?: true;
  readonly readdressed?: true;
  readonly edited?: true;
}

/** Objects that contain secrets. */
export interface SecretsFacet<Resource extends object, Live extends LiveObject> {
  /** Where secrets are supported, for messages: `a datasource's secureJsonData`. */
  readonly place: string;
  /** True: every write sends all secrets. False: a write sends only those that the live object lacks, unless it `resends` them. */
  readonly sentAlways: boolean;
  /** The secrets in the code with their places. */
  uses(resource: Resource): readonly SecretUse[];
  /** The same secrets by the parts that contain them, as recorded with the hashes. */
  places?(desired: Desired<Resource>): readonly SecretUse[];
  /** The canonical form of a live object, with the values hidden that are secrets in the code. */
  redactLike(observed: JsonObject, desired: Desired<Resource>): JsonObject;
  /** The canonical form with the values at these places hidden, even if the code has no secrets there now. */
  hide?(observed: JsonObject, places: readonly SecretUse[]): JsonObject;
  /** The text at the place of a secret, if Grafana returns it. */
  shown?(live: Live, place: SecretUse): string | undefined;
  /** Where Grafana sends the secret at a place: equal for two canonical forms with the same address. */
  addresses(form: JsonObject, place: SecretUse): Json;
  /** Whether a write also sends secrets that the object has, because those may not be the code's, or were for another address. */
  resends?(desired: Desired<Resource>, live: Live): boolean;
  /** The secrets in an object that was restored from a snapshot. */
  inSnapshot(before: Live): readonly SecretUse[];
}

/** Objects whose writes take parts from other objects of their kind, such as a rule or the default flag. */
export interface SharedPartsFacet<Resource extends object, Live extends LiveObject> {
  /** The parts that a write takes. */
  taken(desired: Desired<Resource>): readonly string[];
  /** The parts that a live object has. */
  held(live: Live): readonly string[];
  /** The resource with the ids of existing parts, for parts whose ids the code omits. `all`: the code's resources of this kind. */
  identified?(desired: Desired<Resource>, live: Live, all: readonly Desired<Resource>[]): Resource;
  /** Whether an object has changed only by losing parts to others. */
  lostOnly(before: Live, live: Live): boolean;
  /** Whether Grafana updates all references to an object when another one takes all its parts. */
  readonly renamesUsers?: boolean;
}

/** How Grafana stores a live object whose form differs from the code's. */
export interface OtherForm {
  /** `saved in schema v2` */
  readonly note: string;
  /** The elements that the code's form can't represent, so that a write loses them. */
  readonly lost?: {
    /** `2 tabs, 1 auto grid` */
    readonly parts: string;
    /** `the classic schema` */
    readonly form: string;
  };
}

/** Objects that are parts of an object of several projects, such as routes of a policy tree. */
export interface SharingFacet {
  /** What the ledger records, so that all projects know whose part each is. */
  share(form: JsonObject): Share;
}

/** Canonical forms that need more than an equality check. */
export interface ComparisonFacet<Resource extends object, Live extends LiveObject> {
  /** The `FORM` in which the canonical form last changed: hashes with a lower one are not comparable. Default: 1. */
  readonly since?: number;
  /** The part of a canonical form that a write determines and that is hashed. Default: all of it. */
  content?(form: JsonObject): JsonObject;
  /** The paths of properties that this code leaves to Grafana. They are recorded, because a plan can need them without the code. */
  ignored?(resource: Resource): readonly string[];
  /** The API version of the code's content, if Grafana serves the object in several. It is recorded for the same reason. */
  apiVersion?(resource: Resource): string;
  /** The live object as its mark describes it, without what `prepared` added. */
  asRecorded?(live: Live): Live;
  /** The differences between two canonical forms. Default: property by property. */
  differences?(before: JsonObject, after: JsonObject): Difference[];
  /** How a complete live object is stored, if its form differs. `before`: the former state that will replace it. Default: the code will. */
  otherForm?(live: Live, before?: Live): OtherForm | undefined;
  /** The live object, with what the comparison and the write of this code need in addition to its body. */
  prepared?(context: KindContext, write: Required<Pick<Write<Resource, Live>, "desired" | "live">>): Promise<Live>;
  /** Asks Grafana for the result of this write with a dry run; undefined if it is not possible. */
  verify?(
    context: KindContext,
    write: Write<Resource, Live>,
  ): Promise<{ before: JsonObject; after: JsonObject } | undefined>;
  /** The canonical form that Grafana returns after a write. Default: `desired`. */
  stored?(context: KindContext, write: Write<Resource, Live>): Promise<JsonObject>;
  /** A form with the names of other objects replaced. */
  renamed?(form: JsonObject, names: ReadonlyMap<string, string>): JsonObject;
}

/** Checks that a schema can't express. */
export interface ChecksFacet<Resource extends object, Live extends LiveObject> {
  /** If Grafana has only one object of this kind: how to combine two, as a sentence. */
  readonly onlyOne?: string;
  /** Faults in one resource, between all of them, or with resources of other kinds. */
  code?(all: readonly Desired<Resource>[], everything: readonly Desired[]): Fault[];
  /** Faults that depend on what a Grafana supports. Without a context: on what the tested versions support. */
  supported?(all: readonly Desired<Resource>[], context?: KindContext): Promise<Fault[]>;
  /** Why this Grafana can't have a resource, which is then skipped: a sentence, and the fix. */
  unsupported?(context: KindContext, desired: Desired<Resource>): Promise<Pick<Left, "message" | "hint"> | undefined>;
  /** Why an update can't make this change: a sentence with the fix. */
  obstacle?(desired: Desired<Resource>, live: Live | undefined, all: readonly Live[]): string | undefined;
  /** The side effect of this write on another object. */
  sideEffect?(desired: Desired<Resource>, live: Live | undefined, all: readonly Live[]): string | undefined;
  /** Parts of an existing object that a write removes because the code lacks them, and whether a rollback can restore them. */
  removal?(desired: Desired<Resource>, live: Live): string | undefined;
  /** The access that a write takes away from others: a sentence without the object's name. It is confirmed like a deletion. */
  revokes?(desired: Desired<Resource>, live: Live): string | undefined;
}

/** Reads in addition to `list` and `find`. */
export interface ReadingFacet<Live extends LiveObject> {
  /**
   * Read only if the code names the kind, or the ledger or a run has objects of it: most credentials lack the permissions, and most
   * projects have no such objects.
   */
  readonly onDemand?: true;
  /** The list omits existing objects that neither the code nor the ledger names, so that a rollback must read them individually. */
  readonly listsNamed?: true;
  /** Completes objects whose list has only metadata. Objects that were deleted since are omitted. */
  bodies?(context: KindContext, objects: readonly Live[]): Promise<Live[]>;
  /** An object that no list has, but that the code may mean: unowned, or a place that this project must not write. */
  candidate?(context: KindContext, desired: Desired): Promise<Live | undefined>;
  /** The titles of objects whose list has only metadata, by id, without reading their bodies. May lack some. */
  titles?(context: KindContext, objects: readonly Live[]): Promise<ReadonlyMap<string, string>>;
  /** Whether an object that is not in the list does not exist. False if the credentials may be unable to see it. `Access.readsAll` applies too. */
  wouldBeListed?(id: string, everything: ReadonlyMap<string, readonly LiveObject[]>): boolean;
  /** Owned objects that no list has because Grafana does not serve their type now, by id, with the type. They may still exist. */
  unserved?(context: KindContext): Promise<ReadonlyMap<string, string>>;
  /** Whether a complete object has the content that its mark records, regardless of its version. Absent: lists are complete, so the content always decides. */
  isAsMarked?(live: Live): boolean;
  /** The last apply and the saves since; undefined if Grafana keeps no history, or if it contains no apply of this project. */
  past?(context: KindContext, live: Live): Promise<Past | undefined>;
}

/** Writes of marks only, writes that must not overlap, and writes that consist of several requests. */
export interface WritingFacet<Resource extends object, Live extends LiveObject> {
  /** Writes with the same queue are sent one after the other, because Grafana would lose one of two concurrent ones. */
  readonly queue?: string;
  /**
   * Whether Grafana rejects a second object with the same title. A write then gets the object that has the title and that the
   * same run renames or deletes (`titleHolder`), and gives it a temporary title.
   */
  readonly uniqueTitles?: {
    /** Whether an interrupted run left the object with its temporary title. */
    isTemporary(live: Live): boolean;
  };
  /** The parts of a form that separate requests write, by name. After an interruption, only some may be written. */
  parts?(form: JsonObject): Readonly<Record<string, Json>>;
  /** Writes only the mark of an object. Throws `Conflict` if the version differs. Absent: the mark is in the ledger. */
  renewMark?(context: KindContext, live: Live, hashes: MarkHashes): Promise<void>;
  /**
   * Completes an object that Grafana has created although the request failed. Returns a note about what it lacked: a sentence
   * without its name.
   */
  complete?(context: KindContext, created: Live): Promise<string | undefined>;
  /** Whether the object is the result of the first requests of this write. */
  isPartial?(write: Write<Resource, Live>, now: Live): boolean;
}

/** Objects whose deletion affects other objects. */
export interface DeletionFacet<Live extends LiveObject, Resource extends object = object> {
  /** Why this object can't be deleted; `deleted`: the addresses that are deleted with it. */
  obstacle?(
    live: Live,
    everything: ReadonlyMap<string, readonly LiveObject[]>,
    deleted: ReadonlySet<string>,
  ): string | undefined;
  /** The address of the object whose deletion in Grafana also deletes this one. */
  partOf?(live: Live): string;
  /** What else the deletion changes: a sentence without its name. */
  effect?(live: Live, everything: ReadonlyMap<string, readonly LiveObject[]>): string | undefined;
  /** What a rollback can't restore of this object: a sentence without its name. */
  loss?(live: Live): string | undefined;
  /** The addresses that this complete live object refers to. They can't be deleted. */
  uses?(live: Live): string[];
  /** The addresses that an object refers to after a write of this resource, if `references` lacks them. */
  usesAfter?(desired: Desired<Resource>): string[];
  /** The uses of objects of this kind that Grafana stores separately from the users. Read only before such an object is deleted. */
  links?(context: KindContext): Promise<readonly Use[]>;
  /** The same of objects whose list has only metadata. Absent: lists are complete. */
  readonly bodyUses?: {
    /** The kinds of these addresses. Bodies are read only before such an object is deleted. */
    readonly kinds: readonly string[];
    /** The addresses by the id of the object. Objects that no longer exist are omitted. */
    read(context: KindContext, objects: readonly Live[]): Promise<ReadonlyMap<string, readonly string[]>>;
  };
  /** Whether a deletion consists of several requests, so that an interruption leaves a part of the object. */
  inParts?(live: Live): boolean;
  /** Whether an object that Grafana can't delete is in the state that its deletion leaves. */
  isDone?(now: Live): boolean;
}

/** What restoring an object does not restore. */
export interface Limits {
  /** Sentences without the object's name. */
  readonly losses: readonly string[];
  /** Why it can't be restored: a sentence with the fix. */
  readonly obstacle?: string;
}

/** A former state and the current one. */
export interface Compared<Live extends LiveObject = LiveObject> {
  readonly before: Live;
  readonly now: Live;
}

/** How an object is restored. All kinds have this, so that every write can be rolled back. */
export interface RollbackFacet<Live extends LiveObject> {
  /** A complete object as JSON with a `Secret` at each of these places. The input of `restoreSnapshot`. */
  snapshot(live: Live, places: readonly HiddenPlace[], secrets: SecretValues): object;
  /** Parses the result of `snapshot`, with the ledger of that time in the context. Throws `ZodError` for any other input. */
  restoreSnapshot(context: KindContext, snapshot: unknown): Live;
  /** The content that a restore writes. Default: the canonical form, `observed`. */
  content?(observed: JsonObject, live: Live): JsonObject;
  /** The object after a restore, without secrets that can't be restored. Default: the former state. */
  result?(restore: Restore<Live>, secrets: SecretValues): Live;
  limits?(restore: Restore<Live>, around: { readonly all: readonly Live[]; readonly secrets: SecretValues }): Limits;
  /** Both states in a form in which they can be compared. Default: as they are. */
  comparable?(context: KindContext, before: Live, now: Live): Promise<Compared<Live>>;
  /** An object without a mark in the form that Grafana stores, which may be that of the code. Absent: it has only one form. */
  asStored?(live: Live): Live | undefined;
  /** Why this Grafana can't have the former state: a sentence with the fix. */
  unsupported?(context: KindContext, before: Live): Promise<string | undefined>;
  /** Whether an object that Grafana can't delete is in the state that a deletion by this tool leaves. */
  isReset?(now: Live): boolean;
  /** The access that a restore takes away from others: a sentence without the object's name. */
  revokes?(before: Live, now: Live): string | undefined;
  /** Restores an object with its former mark, if it had one. Throws `Conflict` if the version differs. */
  restore(context: KindContext, restore: Restore<Live>): Promise<void>;
}

/** Objects whose container the code can leave open: a new object is created at the root, and an existing one stays where it is. */
export interface PlacementFacet {
  /** The property of a resource, and of its canonical form, that names the container: `folder`. `null` in a resource: the root. */
  readonly property: string;
}

/** The kind whose objects contain others, also for permissions: folders. The ledger and the lock are stored in them. */
export interface ContainerFacet {
  /** The scope of one object in permissions: `folders:uid:toolboxai`. */
  scope(id: string): string;
  /** Whether permissions for this action on a container include its content. */
  covers(action: string): boolean;
  /** The permission to change a container, or to create one in `parent` or at the root. */
  changeNeed(id: string, tree: FolderTree): Need;
  createNeed(parent: string | undefined, tree: FolderTree): Need;
}

/** Objects that `existing.*` can refer to without being in the code. */
export interface ExistingFacet {
  /** Creates an unowned object with this id in a sandbox, so that references to it resolve. */
  create(client: Client, id: string, type?: string): Promise<void>;
  /** Which of these ids exist, or may exist, although the list omits them. */
  unlisted?(context: KindContext, ids: readonly string[]): Promise<readonly string[]>;
}

/** Resources with a large property that is JSON. It is compressed after validation. */
export interface BulkFacet {
  readonly property: string;
  /** Its keys that the original keeps, because other resources need them to find the id. */
  readonly identity: readonly string[];
}

/** Other names that references can use for an object. */
export type Aliases = (object: Pick<LiveObject, "id" | "title">) => readonly string[];
