import type { ExistingFolder, Folder } from "../folder/builder.ts";

/** An object of Grafana's Kubernetes-style API, of any type that this Grafana serves. */
export interface ApiObject {
  readonly kind: "api-object";
  readonly apiVersion: string;
  /** The `kind` of the object: `Example`. */
  readonly objectKind: string;
  readonly metadata: ApiObjectOptions["metadata"];
  readonly spec: Readonly<Record<string, unknown>>;
  readonly folder?: Folder | ExistingFolder | null;
  readonly dependsOn?: readonly ApiObject[];
  readonly ignore?: readonly string[];
  readonly allowKnownKind?: boolean;
}

/** The properties of `resource`. */
export interface ApiObjectOptions {
  /** The group and the version: `example.grafana.app/v1alpha1`. All objects of a type must have the same version. */
  readonly apiVersion: string;
  /** The type: `Example`. */
  readonly kind: string;
  readonly metadata: {
    /** Identifies the object among those of its type. */
    readonly name: string;
    /** Added to the object. The tool keeps what other clients added under other names. */
    readonly annotations?: Readonly<Record<string, string>>;
    /** Added to the object. The tool keeps what other clients added under other names. */
    readonly labels?: Readonly<Record<string, string>>;
  };
  /** The complete content. Empty values (`""`, `0`, `false`, `null`, `[]`, `{}`) are the same as missing ones. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** The folder of the object, if objects of the type can be in folders; `null`: the root. Without this property, an existing object stays where it is. */
  readonly folder?: Folder | ExistingFolder | null;
  /** Objects that must exist first. */
  readonly dependsOn?: readonly ApiObject[];
  /** Properties that Grafana sets: `["spec.revision"]`. They are neither compared nor changed. */
  readonly ignore?: readonly string[];
  /** Allows a type that has a function of its own, such as `playlist`. */
  readonly allowKnownKind?: boolean;
}

/**
 * Defines an object of any type that Grafana serves under `/apis` and that has no function of its own.
 *
 * @example export default resource({ apiVersion: "example.grafana.app/v1alpha1", kind: "Example", metadata: { name: "first" }, spec: { firstField: "text" } });
 */
export function resource({ kind: objectKind, ...options }: ApiObjectOptions): ApiObject {
  return { kind: "api-object", objectKind, ...options };
}
