import type { StoredObject } from "./objects.ts";
import type { KindNames } from "./status.ts";
import type { List } from "./storage.ts";

/** Spec and status of an object in one API version, as JSON text. */
export interface View {
  readonly spec: string;
  readonly status?: string;
  /** Further properties of the object, each with its value: `"custom":{}`. */
  readonly more?: string;
}

/** Converts a stored object to an API version. */
export type Convert = (object: StoredObject, version: string) => View;

/** Full objects, or only metadata, as requested by `Accept`. */
export type Form = "object" | "metadata";

/** Parses `Accept: application/json;as=PartialObjectMetadata[List];g=meta.k8s.io;v=v1`. */
export function formOf(accept: string | undefined): Form {
  const first = (accept ?? "").split(",")[0] ?? "";
  const wanted = /;\s*as=(\w+)/.exec(first)?.[1];
  return wanted === "PartialObjectMetadata" || wanted === "PartialObjectMetadataList" ? "metadata" : "object";
}

export function render(names: KindNames, version: string, object: StoredObject, convert: Convert, form: Form): string {
  const { resourceVersion, generation } = object.metadata;
  // Grafana omits empty fields: the version in a dry run, the generation of a row in a list.
  const missing = {
    ...(resourceVersion === "" ? { resourceVersion: undefined } : {}),
    ...(generation === 0 ? { generation: undefined } : {}),
  };
  const metadata = JSON.stringify({ ...object.metadata, ...missing });
  if (form === "metadata") {
    return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${metadata}}`;
  }
  const view = convert(object, version);
  const status = view.status === undefined ? "" : `,"status":${view.status}`;
  return `{"kind":"${names.kind}","apiVersion":"${names.group}/${version}","metadata":${metadata},"spec":${view.spec}${status}${view.more === undefined ? "" : `,${view.more}`}}`;
}

export function renderList(
  names: KindNames,
  version: string,
  items: readonly string[],
  metadata: List["metadata"],
  form: Form,
): string {
  const head =
    form === "metadata"
      ? `"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1"`
      : `"kind":"${names.kind}List","apiVersion":"${names.group}/${version}"`;
  // In an empty list, `items` is null for metadata and [] for objects.
  const body = form === "metadata" && items.length === 0 ? "null" : `[${items.join(",")}]`;
  return `{${head},"metadata":${JSON.stringify(metadata)},"items":${body}}`;
}
