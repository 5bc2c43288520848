import type { z } from "zod";
import type { Fault } from "../util/errors.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import type { SecretUse } from "../secrets/secret.ts";
import type { Difference } from "./diff.ts";
import type { Json, JsonObject } from "../util/json.ts";
import type { Ledger } from "../ownership/ledger.ts";
import type { AppliedMarker, MarkHashes } from "../ownership/marker.ts";
import type { FolderTree, Need } from "./permissions.ts";
import type { SecretValues } from "../secrets/values.ts";

/** Where a resource stands in the code. `file` is relative to the configuration's folder, `export` as in `fastapi[2]`. */
export interface Source {
  readonly file: string;
  readonly export: string;
}

/** Something that a resource points at. `path` is where, in the resource: `folder`, `panels[3].targets[0].datasource`. */
export interface Reference {
  readonly kind: string;
  readonly id: string;
  readonly path: string;
  /** Named by `existing.*`: looked for in the live Grafana, not in the code. */
  readonly existing: boolean;
  /** From plain JSON or YAML, where nothing can be typed: a missing target is a warning there. */
  readonly untyped?: boolean;
}

/** One resource of the code, checked. */
export interface Desired<Resource extends object = object> {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  /** What the code exports. */
  readonly resource: Resource;
  readonly source: Source;
  /** The first to each target. */
  readonly references: readonly Reference[];
  /** Uids that the code leaves out are derived from it. */
  readonly project: string;
  /** Of the canonical form before anything of the live object is known: another one says that the code is another. */
  readonly hash: string;
}

/** Whose an object in Grafana is. */
export type Ownership =
  | { readonly state: "ours" }
  /**
   * Nobody can tell: this Grafana keeps no mark of it, or the mark is one that copies have, too. Written where the code
   * names it, never deleted. `markable`: a write would make it ours for good.
   */
  | { readonly state: "unknown"; readonly markable: boolean }
  /**
   * Somebody else's, or nobody's: left alone until it is adopted. `evenIfEqual: false`: one that is as the code says needs
   * no adoption.
   */
  | {
      readonly state: "foreign";
      readonly manager?: string;
      readonly note?: string;
      readonly hint?: string;
      readonly evenIfEqual?: false;
    }
  /** Can't be adopted either; `why` is a sentence. */
  | { readonly state: "locked"; readonly manager: string; readonly why: string };

/** One object of the live Grafana. */
export interface LiveObject {
  readonly id: string;
  readonly title: string;
  /** What a write has to carry so that nobody's change is lost: `resourceVersion`, or `version`. */
  readonly version: string;
  readonly ownership: Ownership;
  readonly applied?: AppliedMarker;
  /** It may have been written since our last apply; its content may be the same all the same. */
  readonly touched: boolean;
  /** Who wrote it last and when, where Grafana says so. */
  readonly updatedBy?: string;
  readonly updatedAt?: string;
  /** False where the list gave metadata alone and `read` has not been called. */
  readonly complete: boolean;
}

/** One write of an object, as Grafana's own history has it. */
export interface Save {
  /** As Grafana names people in metadata: `user:UID`. */
  readonly by?: string;
  /** What it calls them. */
  readonly byName?: string;
  /** `2026-11-25T12:00:00Z` */
  readonly at?: string;
}

/** What Grafana's own history says of an object that this project applied once. */
export interface Past {
  /** The canonical form that the last apply left. */
  readonly applied: JsonObject;
  /** The saves since then, the newest first. */
  readonly saves: readonly Save[];
}

/** What the methods of a kind that send requests are given. */
export interface KindContext {
  readonly grafana: GrafanaConnection;
  /** The project's name, or what the environment's `owner` says. */
  readonly owner: string;
  /** What the owner owns of the kinds that can't be marked themselves. */
  readonly ledger: Ledger;
  readonly secrets: SecretValues;
  readonly settings: Settings;
}

/** What the configuration decides for kinds. */
interface Settings {
  /** Of alerting objects: `api` locks them in Grafana's UI, `none` doesn't. Undefined: `api` for new ones, existing ones keep theirs. */
  readonly provenance?: "api" | "none";
}

/** A write that a plan decided on. */
export interface Write<Resource extends object = object, Live extends LiveObject = LiveObject> {
  readonly desired: Desired<Resource>;
  /** Absent: create it. Present: update exactly this version of it. */
  readonly live?: Live;
  /** All that the same run writes of this kind, itself included. */
  readonly siblings?: readonly Desired[];
  /** A former attempt may have been carried out in part: what it made so far is nobody else's. */
  readonly resumed?: boolean;
}

/** Bringing one object back to what it was before a run. */
export interface Restore<Live extends LiveObject = LiveObject> {
  readonly kind: string;
  /** As it was; secrets stand in it as such. */
  readonly before: Live;
  /** Absent: it is made again. Present: exactly this version of it is replaced. */
  readonly live?: Live;
  /** All that the same run brings back of this kind, this one included. */
  readonly siblings?: readonly Live[];
}

/** A place that may hold a secret. `unsure`: only the current code has one there. `unproven`: only Grafana names its variable. */
export interface HiddenPlace extends SecretUse {
  readonly unsure?: true;
  readonly unproven?: true;
}

/** What bringing an object back does not bring back. */
export interface Limits {
  /** Each a sentence without its object's name. */
  readonly losses: readonly string[];
  /** Why it can't be brought back at all: a sentence with what to do. */
  readonly obstacle?: string;
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

/** The secrets of a resource. */
interface ResourceSecrets {
  readonly uses: readonly SecretUse[];
  /** Every write carries all of them; otherwise a creation does, and one that the live object lacks. */
  readonly always: boolean;
}

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
 * One Grafana kind. Everything that is particular to it is behind this interface; the engine knows no kind by name.
 *
 * `desired` and `observed` bring code and live object to the same canonical form: only these are ever compared.
 */
export interface ResourceKind<Resource extends object = object, Live extends LiveObject = LiveObject> {
  /** As people write it: `folder`, in `--only folder/toolboxai`. */
  readonly name: string;
  /** The `FORM` in which its canonical form last changed: hashes with a lower one are not comparable. Default: 1. */
  readonly form?: number;
  /** Kinds whose objects have to be there first. Nested objects of the same kind are ordered by their references. */
  readonly dependsOn: readonly string[];
  /** Writes of one queue are sent one after the other: where Grafana would lose one of two at once. */
  readonly writeQueue?: string;
  /** Its objects can't be marked: what is owned stands in the ledger. Their ids are names, not uids. */
  readonly ledger?: boolean;
  /** Its objects carry their mark in their own data, which every Grafana keeps. */
  readonly keepsMark?: boolean;
  /** The shape of what the code exports. */
  readonly schema: z.ZodType;
  /** The property that makes its resources large, which is JSON: compressed once a resource is checked. */
  readonly bulk?: string;
  readonly access: Access<Resource, Live>;

  /** The uid; derived from project, folder and title where the code leaves it out. */
  id(resource: Resource, project: string): string;
  title(resource: Resource): string;
  references(resource: Resource, project: string): Reference[];
  /** Faults that a schema can't tell, of one resource or between all of them. */
  check?(all: readonly Desired<Resource>[]): Fault[];

  /** Everything of this kind that the credentials may read, to the last page; metadata alone where bodies are large. */
  list(context: KindContext): Promise<Live[]>;
  /** The same objects, complete. Objects that are gone meanwhile are left out. */
  read?(context: KindContext, objects: readonly Live[]): Promise<Live[]>;

  /** What was applied last, and who wrote since; undefined where Grafana keeps no history, or shows none of ours. */
  past?(context: KindContext, live: Live): Promise<Past | undefined>;

  /** One object as it is now, complete; undefined if it isn't there. */
  find(context: KindContext, id: string): Promise<Live | undefined>;

  /** The canonical form of the code, beside the live object where there is one (ids are taken from it). */
  desired(desired: Omit<Desired<Resource>, "hash">, live?: Live): JsonObject;
  /** The canonical form of a complete live object. */
  observed(live: Live): JsonObject;
  /** The same, beside the code: values are hidden where the code has a secret. */
  redactLike?(observed: JsonObject, desired: Desired<Resource>): JsonObject;
  /** The secrets in the code, and where. */
  secrets?(resource: Resource): ResourceSecrets;
  /** The same secrets, told by the parts that they are in: what is written down of them beside the hashes. */
  secretPlaces?(desired: Desired<Resource>): readonly SecretUse[];
  /** A live object's canonical form with the values at these places hidden, whatever the code says now. */
  hide?(observed: JsonObject, places: readonly SecretUse[]): JsonObject;
  /** Whether a secret at one of these places, which Grafana gives back in clear, is another than its variable's. */
  secretsDiffer?(places: readonly SecretUse[], live: Live, secrets: SecretValues): boolean;
  /** The part of a canonical form that a write decides, where that isn't all of it: what a content's hash is made of. */
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
  /** Why this write can't be done by an update: a sentence with what to do. */
  obstacle?(desired: Desired<Resource>, live: Live | undefined, all: readonly Live[]): string | undefined;
  /** A side effect of this write on another object, for the plan. */
  sideEffect?(desired: Desired<Resource>, live: Live | undefined, all: readonly Live[]): string | undefined;
  /** Whether an object that isn't in the list is not there: false where these credentials may not see it. Default: it is. */
  wouldBeListed?(id: string, everything: ReadonlyMap<string, readonly LiveObject[]>): boolean;
  /** What this live object refers to, as addresses: none of it may be deleted. */
  uses?(live: Live): string[];
  /** What would be lost, or in the way, if this object were deleted; `deleted` are the addresses that go with it. */
  deleteObstacle?(
    live: Live,
    everything: ReadonlyMap<string, readonly LiveObject[]>,
    deleted: ReadonlySet<string>,
  ): string | undefined;
  /** Objects that have to be deleted before this one, as addresses. */
  containedIn?(live: Live): string | undefined;
  /** Parts that a write takes from other objects of this kind, which are not written for that: a rule, the default. */
  partsTaken?(desired: Desired<Resource>): readonly string[];
  /** Such parts, as a live object has them. */
  partsHeld?(live: Live): readonly string[];
  /** Whether Grafana renames an object of this kind wherever it is used when another one takes all its parts. */
  readonly renamesUsers?: boolean;
  /** A form that names other objects, with these names replaced. */
  renamed?(form: JsonObject, names: ReadonlyMap<string, string>): JsonObject;
  /** Whether an object is what it was but for parts that others took from it. */
  lostOnlyParts?(before: Live, live: Live): boolean;

  /** Creates or updates, with everything that makes the object ours. Throws a `Conflict` if the version is another. */
  write(context: KindContext, write: Write<Resource, Live>): Promise<void>;
  /** Writes only the mark of an object. Throws a `Conflict` if the version is another. Absent: it is in the ledger. */
  renewMark?(context: KindContext, live: Live, hashes: MarkHashes): Promise<void>;
  /** The canonical form that a write leaves, as Grafana will show it. Default: `desired`. */
  stored?(context: KindContext, write: Write<Resource, Live>): Promise<JsonObject>;
  /** What of a form separate requests write, by a name: where a run is stopped, some of it is done. */
  parts?(form: JsonObject): Readonly<Record<string, Json>>;
  /** Where a write takes several requests: whether what is there is what the first ones of this very write made of it. */
  partly?(write: Write<Resource, Live>, now: Live): boolean;
  /** Whether a deletion takes several requests: after a run that was stopped in between, half of the object is there. */
  removedInParts?(live: Live): boolean;
  /** Deletes. An object that is not there any more is a success. */
  remove(context: KindContext, live: Live): Promise<void>;

  /** A complete object as JSON with a `Secret` at each of these places, from which `revived` makes it again. */
  snapshot(live: Live, places: readonly HiddenPlace[], secrets: SecretValues): object;
  /** What `snapshot` made, with the ledger of the context as it was then. Throws a `ZodError` for anything else. */
  restoreSnapshot(context: KindContext, snapshot: unknown): Live;
  /** Secrets in a revived object. */
  secretsInSnapshot?(before: Live): readonly SecretUse[];
  /** What `observed` leaves out and `restore` brings back. */
  extraState?(live: Live): JsonObject;
  limits?(restore: Restore<Live>, around: { readonly all: readonly Live[]; readonly secrets: SecretValues }): Limits;
  /** Brings an object back, with the mark that it had, or without one. Throws a `Conflict` if the version is another. */
  restore(context: KindContext, restore: Restore<Live>): Promise<void>;
}

/** `folder/toolboxai`: how an object is named in commands, plans and messages. */
export function address(object: { readonly kind: string; readonly id: string }): string {
  return `${object.kind}/${object.id}`;
}

/** The inverse of `address`: an id may hold further slashes. */
export function parseAddress(name: string): { kind: string; id: string } {
  const slash = name.indexOf("/");
  return slash < 0 ? { kind: name, id: "" } : { kind: name.slice(0, slash), id: name.slice(slash + 1) };
}

/** A kind as the public API spells it: `contactPoint`. */
export function apiName(kind: string): string {
  return kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
