import type { ObjectVersion } from "./history.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import type { StoredForm } from "./stored-form.ts";

/** What a write sends: an object as it is to be. */
export interface ObjectToWrite {
  /** The API version of the spec. Default: the version that the collection is read in. */
  readonly apiVersion?: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** All folders, or all dashboards, of one Grafana: in the same shape, whichever API serves them. */
export interface Collection {
  /**
   * Everything that the credentials may read, to the last page. `metadataAlone`: bodies are not needed. An object without
   * `spec`, or without a `resourceVersion`, is not whole.
   */
  list(options: { readonly metadataAlone: boolean }): Promise<KubernetesObject[]>;
  /** These, whole; those that are gone meanwhile are left out. */
  read(names: readonly string[]): Promise<KubernetesObject[]>;
  /** One, whole; undefined if it isn't there. */
  find(name: string): Promise<KubernetesObject | undefined>;
  /** Throws a `Conflict` if the name is taken. */
  create(object: ObjectToWrite): Promise<void>;
  /** Replaces exactly the version that was read; throws a `Conflict` if it is another by now. */
  update(object: ObjectToWrite, live: KubernetesObject): Promise<void>;
  /**
   * How an object is stored that was read whole, where that is another schema. `cannotBeClassic`: whether a spec is one that
   * no conversion makes. Absent where there is only one schema.
   */
  storedForm?(
    object: KubernetesObject,
    cannotBeClassic: (spec: StoredForm["spec"]) => boolean,
  ): Promise<StoredForm | undefined>;
  /** What Grafana would make of a write, which it does not do. */
  dryRun?(object: ObjectToWrite, live: KubernetesObject | undefined): Promise<KubernetesObject>;
  /** Deletes exactly the version that was read. One that isn't there any more is a success. */
  remove(live: KubernetesObject): Promise<void>;
  /**
   * What one was, newest first, the current version among them; `until`: no further than to this generation. Undefined
   * where these credentials may not read it. Absent where Grafana keeps no versions of this kind.
   */
  readonly history?: (name: string, until?: number) => Promise<ObjectVersion[] | undefined>;
  /** Whether this API takes a folder's description and never gives it back. */
  readonly undescribed?: boolean;
  /**
   * Merges into the annotations of one, whose others stay; null takes one away. `apiVersion`: the version that the object is
   * stored in, if it is not the one that the collection is read in. Absent if Grafana keeps no annotations.
   */
  annotate?(
    name: string,
    annotations: Readonly<Record<string, string | null>>,
    resourceVersion?: string,
    apiVersion?: string,
  ): Promise<void>;
}
