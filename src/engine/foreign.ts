import type { Secret } from "../secrets/secret.ts";
import type { Json, JsonObject } from "../util/json.ts";

/** The attributes of a Terraform resource that are read. Others can contain secrets. */
export type TerraformAttribute = "uid" | "name" | "folder_uid" | "metadata.uid";

/** A Kubernetes-style manifest, such as gcx and Grizzly write them. */
export interface Manifest {
  readonly name: string;
  /** The uid of the folder; `null`: the root. Absent if the manifest does not state one. */
  readonly folder?: string | null;
  readonly spec: JsonObject;
}

/** What the conversion of a foreign object needs. */
export interface ForeignContext {
  /** The container with these titles, the outermost first, as a resource. It is created if no file defines it. */
  container(titles: readonly string[], uid?: string): object;
  /** The value with variables of the environment replaced, as Grafana reads it from a provisioning file. A variable whose name means a credential is a fault. */
  interpolated(value: Json): Json;
  /** A secret in place of a credential: of the variable that the text names, or else of a new one. `wanted`: words for its name. */
  secret(text: string, wanted: string): Secret;
  /** Whether the text is only a reference to a variable of the environment: `$NAME`, `${NAME}` or `$__env{NAME}`. */
  readonly isVariable: (text: string) => boolean;
  /** Whether a value contains a reference to a variable whose name means a credential. */
  readonly namesCredential: (value: Json) => boolean;
  /** Reports a part of the object that the code lacks. `why`: a sentence. */
  leaveOut(part: string, why: string): void;
}

/** A resource, or why there is none: a sentence. */
export type ForeignResult = { readonly value: object } | { readonly left: string };

/** Objects of a kind in a provisioning file of Grafana. */
interface ProvisionedList {
  /** The property with the list: `datasources`. */
  readonly property: string;
  read(entry: JsonObject, context: ForeignContext): ForeignResult;
}

/** Manifests of one kind. */
export interface ManifestReader {
  /** `folder.grafana.app` */
  readonly group: string;
  readonly kind: string;
  /** Absent: they are documents, which the kind reads in any form. */
  readonly read?: (manifest: Manifest, context: ForeignContext) => ForeignResult;
}

/** Objects of this kind in the files and states of other tools, for `import`. */
export interface ForeignFacet {
  readonly manifests?: readonly ManifestReader[];
  readonly provisioned?: ProvisionedList;
  /** The id of an object from the attributes in a Terraform state, by the type of the resource without its API version. */
  readonly terraform?: Readonly<Record<string, (attribute: (name: TerraformAttribute) => string) => string>>;
  /** Combines two resources with the same title, which the other tool stores separately. */
  readonly combine?: (one: object, other: object) => object;
}
