import type { Caller } from "../access/caller.ts";
import type { Grant } from "../access/levels.ts";
import type { ResourceAccess } from "../access/resource-access.ts";
import type { Draft, Strings } from "./metadata.ts";
import type { StoredObject } from "./objects.ts";
import type { KindNames } from "./status.ts";

/** The result of a client's write. */
export interface Written {
  readonly more?: string | undefined;
  readonly version: string;
  readonly spec: string;
  readonly annotations: Strings;
}

/** The specific rules of a kind. */
export interface KindRules {
  readonly names: KindNames;
  /** Changes the draft before all checks. */
  normalize(draft: Draft, previous: StoredObject | undefined): void;
  /** Throws if Grafana rejects the object. `previous` is undefined for a create. */
  validate(draft: Draft, previous: StoredObject | undefined, write: { dryRun: boolean; caller: Caller }): void;
  readonly access: ResourceAccess;
  /** Whether a create checks the caller's permissions first. */
  readonly checksCreateFirst?: boolean;
  /** The permissions on a new object. `upsert`: it was created by an update. */
  grants(draft: Draft, caller: Caller, how: "create" | "upsert"): readonly Grant[];
  /** Throws if the object can't be deleted. */
  validateDelete?(object: StoredObject, caller: Caller): void;
  /** Throws if Grafana fails to dry-run the create. */
  validateDryRunCreate?(draft: Draft): void;
  /** The generation in the response to a dry run of a create; 0 for none. Default: 1. */
  readonly dryRunGeneration?: number;
  /** Whether a write in this version keeps `managedFields`. Default: it does not. */
  keepsManagers?(version: string): boolean;
  /** The number of generations that a write adds. */
  generations(written: Written, previous: StoredObject): number;
  /** The error of a create with a name that exists. Default: 409. */
  alreadyExists?(name: string): Error;
  /** The error of a missing object. Default: 404. */
  notFound?(name: string): Error;
  /** Deletes the contents of an object. The caller holds the guard. */
  deleteContents?(object: StoredObject, caller: Caller): Promise<void>;
  /** Runs a write with the locks that this kind needs. */
  guard<T>(task: () => Promise<T>): Promise<T>;
}
