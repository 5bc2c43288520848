import type { ObjectVersion } from "./history.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import type { StoredForm } from "./stored-form.ts";

/** The object that a write sends. */
export interface ObjectToWrite {
  /** The API version of the spec. Default: the version that the collection is read in. */
  readonly apiVersion?: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly finalizers?: string[];
    readonly ownerReferences?: Readonly<Record<string, unknown>>[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
  /** As in `KubernetesObject`. */
  readonly others?: Readonly<Record<string, unknown>>;
}

/** The folders or the dashboards of a Grafana, in the same shape for every API. */
export interface Collection {
  /**
   * Lists all objects that the credentials can read. `metadataOnly`: bodies are not needed. An object without a `spec` or a
   * `resourceVersion` is incomplete.
   */
  list(options: { readonly metadataOnly: boolean }): Promise<KubernetesObject[]>;
  /** All complete objects, page by page: all of them may not fit into memory. */
  pages(): AsyncIterable<readonly KubernetesObject[]>;
  /** Reads complete objects. Objects that do not exist are omitted. */
  read(names: readonly string[]): Promise<KubernetesObject[]>;
  /** Reads one complete object; undefined if it does not exist. */
  find(name: string): Promise<KubernetesObject | undefined>;
  /** Returns the response, if the API has one with the written object. Throws `Conflict` if the name is taken. */
  create(object: ObjectToWrite): Promise<KubernetesObject | undefined>;
  /** Replaces the version that was read. Returns as `create`. Throws `Conflict` if the object has changed since. */
  update(object: ObjectToWrite, live: KubernetesObject): Promise<KubernetesObject | undefined>;
  /**
   * Reads the stored form of a complete object if it is stored in another schema. `cannotBeClassic`: whether a spec can't be
   * the result of a conversion. Absent if there is only one schema.
   */
  storedForm?(
    object: KubernetesObject,
    cannotBeClassic: (spec: StoredForm["spec"]) => boolean,
  ): Promise<StoredForm | undefined>;
  /** Returns what Grafana would store, without writing it. */
  dryRun?(object: ObjectToWrite, live: KubernetesObject | undefined): Promise<KubernetesObject>;
  /** Deletes the version that was read. Succeeds if the object does not exist. */
  remove(live: KubernetesObject): Promise<void>;
  /**
   * Reads the versions of an object, newest first, including the current one. `until`: stops at this generation. Undefined
   * if the credentials can't read them. Absent if Grafana keeps no versions of this kind.
   */
  readonly history?: (name: string, until?: number) => Promise<ObjectVersion[] | undefined>;
  /** Whether this API accepts a folder's description but never returns it. */
  readonly undescribed?: boolean;
  /** The API version that objects are read and written in. Absent in the legacy API. */
  readonly apiVersion?: string;
  /**
   * Merges annotations into those of an object; null removes one. `apiVersion`: the version that the object is stored in, if
   * it differs from the version of the collection. Absent if Grafana keeps no annotations.
   */
  annotate?(
    name: string,
    annotations: Readonly<Record<string, string | null>>,
    resourceVersion?: string,
    apiVersion?: string,
  ): Promise<void>;
}
