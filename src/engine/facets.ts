import type { Client } from "../grafana/client.ts";
import type { Fault } from "../util/errors.ts";
import type { MarkHashes } from "../ownership/marker.ts";
import type { Json, JsonObject } from "../util/json.ts";
import type { SecretUse } from "../secrets/secret.ts";
import type { SecretValues } from "../secrets/values.ts";
import type { Difference } from "./difference.ts";
import type { KindContext, Restore, Write } from "./kind-context.ts";
import type { Desired, LiveObject, Past } from "./model.ts";
import type { Need } from "./permissions.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";

// What only some kinds have, one interface each: a kind without it has nothing of that sort.

/** A place that may hold a secret. `unsure`: only the current code has one there. `unproven`: only Grafana names its variable. */
export interface HiddenPlace extends SecretUse {
  readonly unsure?: true;
  readonly unproven?: true;
}

/** Objects that hold secrets. */
export interface SecretsFacet<Resource extends object, Live extends LiveObject> {
  /** Where the code may have secrets, for messages: `a datasource's secureJsonData`. */
  readonly place: string;
  /** Every write sends all of them; otherwise a creation does, and one that the live object lacks. */
  readonly sentAlways: boolean;
  /** The secrets in the code, and where. */
  uses(resource: Resource): readonly SecretUse[];
  /** The same secrets, told by the parts that they are in: what is recorded of them with the hashes. */
  places?(desired: Desired<Resource>): readonly SecretUse[];
  /** The canonical form of a live object, with values hidden where the code has a secret. */
  redactLike(observed: JsonObject, desired: Desired<Resource>): JsonObject;
  /** The same with the values at these places hidden, whatever the code says now. */
  hide?(observed: JsonObject, places: readonly SecretUse[]): JsonObject;
  /** Whether a secret at one of these places, which Grafana returns in clear, differs from its variable's value. */
  differ?(places: readonly SecretUse[], live: Live, secrets: SecretValues): boolean;
  /** Secrets in an object that was made from a snapshot. */
  inSnapshot(before: Live): readonly SecretUse[];
}

/** Objects that take parts from other objects of their kind, which are not written for that: a rule, the default. */
export interface SharedPartsFacet<Resource extends object, Live extends LiveObject> {
  /** The parts that a write takes. */
  taken(desired: Desired<Resource>): readonly string[];
  /** The parts that a live object has. */
  held(live: Live): readonly string[];
  /** Whether an object is what it was except for parts that others took from it. */
  lostOnly(before: Live, live: Live): boolean;
  /** Whether Grafana renames an object wherever it is used when another one takes all its parts. */
  readonly renamesUsers?: boolean;
}

/** How Grafana stores a live object whose form differs from the code's. */
export interface OtherForm {
  /** `saved in schema v2` */
  readonly note: string;
  /** What the code's form can't hold of it, so that a write loses it. */
  readonly lost?: {
    /** `2 tabs, 1 auto grid` */
    readonly parts: string;
    /** `the classic schema` */
    readonly form: string;
  };
}

/** Canonical forms that need more than an equality check. */
export interface ComparisonFacet<Resource extends object, Live extends LiveObject> {
  /** The `FORM` in which the canonical form last changed: hashes with a lower one are not comparable. Default: 1. */
  readonly since?: number;
  /** The part of a canonical form that a write decides: what a content's hash is made of. Default: all of it. */
  content?(form: JsonObject): JsonObject;
  /** What the code would change, both in canonical form. Default: whatever differs, property by property. */
  differences?(before: JsonObject, after: JsonObject): Difference[];
  /** How a complete live object is stored, if its form differs; `before`: the former state that replaces it, if not the code. */
  otherForm?(live: Live, before?: Live): OtherForm | undefined;
  /** Asks Grafana what it would make of this write, without writing; undefined where it can't say. */
  verify?(
    context: KindContext,
    write: Write<Resource, Live>,
  ): Promise<{ before: JsonObject; after: JsonObject } | undefined>;
  /** The canonical form that a write leaves, as Grafana will show it. Default: `desired`. */
  stored?(context: KindContext, write: Write<Resource, Live>): Promise<JsonObject>;
  /** A form that names other objects, with these names replaced. */
  renamed?(form: JsonObject, names: ReadonlyMap<string, string>): JsonObject;
}

/** What a schema can't tell of a resource. */
export interface ChecksFacet<Resource extends object, Live extends LiveObject> {
  /** Faults in one resource or between all of them. */
  code?(all: readonly Desired<Resource>[]): Fault[];
  /** Why this write can't be done by an update: a sentence with what to do. */
  obstacle?(desired: Desired<Resource>, live: Live | undefined, all: readonly Live[]): string | undefined;
  /** A side effect of this write on another object, for the plan. */
  sideEffect?(desired: Desired<Resource>, live: Live | undefined, all: readonly Live[]): string | undefined;
}

/** Reads beyond `list` and `find`. */
export interface ReadingFacet<Live extends LiveObject> {
  /** Objects of which the list gave only metadata, complete. Objects that have been deleted since are left out. */
  bodies?(context: KindContext, objects: readonly Live[]): Promise<Live[]>;
  /** Whether an object that isn't in the list does not exist: false where these credentials may not see it. Default: by `Access.readsAll`. */
  wouldBeListed?(id: string, everything: ReadonlyMap<string, readonly LiveObject[]>): boolean;
  /** What was applied last, and who wrote since; undefined where Grafana keeps no history, or shows none of ours. */
  past?(context: KindContext, live: Live): Promise<Past | undefined>;
}

/** Writes of marks only, writes that must not overlap, and writes that take several requests. */
export interface WritingFacet<Resource extends object, Live extends LiveObject> {
  /** Writes of one queue are sent one after the other: where Grafana would lose one of two at once. */
  readonly queue?: string;
  /** What of a form separate requests write, by a name: where a run is stopped, some of it is done. */
  parts?(form: JsonObject): Readonly<Record<string, Json>>;
  /** Writes only the mark of an object. Throws a `Conflict` if the version differs. Absent: the mark is in the ledger. */
  renewMark?(context: KindContext, live: Live, hashes: MarkHashes): Promise<void>;
  /** Whether the object is what the first requests of this very write made of it. */
  isPartial?(write: Write<Resource, Live>, now: Live): boolean;
}

/** Objects whose deletion concerns other objects. */
export interface DeletionFacet<Live extends LiveObject> {
  /** What would be lost, or in the way, if this object were deleted; `deleted` are the addresses that go with it. */
  obstacle?(
    live: Live,
    everything: ReadonlyMap<string, readonly LiveObject[]>,
    deleted: ReadonlySet<string>,
  ): string | undefined;
  /** What uses this object, as addresses, if Grafana says so only on request: it is asked before a deletion is planned. */
  users?(context: KindContext, live: Live): Promise<string[]>;
  /** What this live object refers to, as addresses: none of it may be deleted. */
  uses?(live: Live): string[];
  /** Whether it takes several requests: after a run that was stopped in between, half of the object is there. */
  inParts?(live: Live): boolean;
}

/** What restoring an object does not restore. */
export interface Limits {
  /** Each a sentence without its object's name. */
  readonly losses: readonly string[];
  /** Why it can't be restored at all: a sentence with what to do. */
  readonly obstacle?: string;
}

/** How an object is restored. Every kind has this, so that each write is recoverable. */
export interface RollbackFacet<Live extends LiveObject> {
  /** A complete object as JSON with a `Secret` at each of these places, from which `restoreSnapshot` makes it again. */
  snapshot(live: Live, places: readonly HiddenPlace[], secrets: SecretValues): object;
  /** What `snapshot` made, with the ledger of the context as it was then. Throws a `ZodError` for anything else. */
  restoreSnapshot(context: KindContext, snapshot: unknown): Live;
  /** All of a live object that comes back, if that isn't its canonical form, which is given. */
  content?(observed: JsonObject, live: Live): JsonObject;
  limits?(restore: Restore<Live>, around: { readonly all: readonly Live[]; readonly secrets: SecretValues }): Limits;
  /** Restores an object, with its former mark if it had one. Throws a `Conflict` if the version differs. */
  restore(context: KindContext, restore: Restore<Live>): Promise<void>;
}

/** The one kind whose objects contain others, in Grafana's permissions too: folders. The ledger and the lock are in them. */
export interface ContainerFacet {
  /** The scope of one object in permissions: `folders:uid:toolboxai`. */
  scope(id: string): string;
  /** Whether permissions for this action on a container cover what is in it. */
  covers(action: string): boolean;
  /** What it takes to change one, or to create one in `parent`, or at the root. */
  changeNeed(id: string, tree: FolderTree): Need;
  createNeed(parent: string | undefined, tree: FolderTree): Need;
}

/** Objects that `existing.*` may name without being in the code. */
export interface ExistingFacet {
  /** Makes an object with this id, as another user would, so that references to it hold in a sandbox. */
  create(client: Client, id: string): Promise<void>;
}

/** A document of JSON or YAML. */
interface DocumentPlace {
  /** The name of its file: `fastapi.json`. */
  readonly file: string;
  /** The file's name without its ending, and a number if the file has several documents. */
  readonly stem: string;
}

/** What is said of a document: of its file if `ofFile` is set, else of the document. */
interface DocumentFault extends Pick<Fault, "level" | "path" | "message" | "hint"> {
  readonly ofFile?: true;
}

/** What a document is. */
interface ReadDocument {
  readonly faults: readonly DocumentFault[];
  /** Absent: it is no resource. `packed`: a property of it is made again whenever it is read. */
  readonly value?: object;
  readonly packed?: boolean;
}

export type DocumentReader = (document: Json, place: DocumentPlace) => ReadDocument;

/** Resources that are plain JSON: files of it, and exported objects without a `kind`. */
export interface DocumentsFacet {
  /** The property of a resource that is the document. */
  readonly within: string;
  /** Whether an exported object is such a document. */
  isDocument(value: object): boolean;
  /** The resource that an exported document is. */
  fromExport(document: object): object;
  /** Why an exported object is none, if it is a document of a form that this tool does not take. */
  rejection(value: object): Pick<Fault, "message" | "hint"> | undefined;
  /** Reads a document that is in no set. */
  readonly read: DocumentReader;
  /** Whether an exported object is a set of files. */
  isSet(value: object): boolean;
  /** Its globs, or everything that is wrong with it. */
  openSet(set: object): {
    readonly faults: readonly Pick<Fault, "path" | "message">[];
    readonly files?: readonly string[];
    readonly read?: DocumentReader;
  };
  /** Compresses what makes an exported value large, in whichever form it is exported. */
  compress(value: object): void;
}

/** Resources of which one property is large, and JSON: it is compressed once a resource is checked. */
export interface BulkFacet {
  readonly property: string;
  /** Keys of it that the original keeps: what tells the id of a resource that others refer to. */
  readonly identity: readonly string[];
}

/** Further names by which references find an object. */
export type Aliases = (object: Pick<LiveObject, "id" | "title">) => readonly string[];
