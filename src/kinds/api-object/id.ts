import type { ApiObject } from "./builder.ts";

export const KIND = "api-object";

/** A type of objects: `playlist.grafana.app/Playlist`. */
export function typeOf({ apiVersion, objectKind }: Pick<ApiObject, "apiVersion" | "objectKind">): string {
  return `${groupOf(apiVersion)}/${objectKind}`;
}

/** The group in `playlist.grafana.app/v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.slice(0, apiVersion.lastIndexOf("/"));
}

/** The version in `playlist.grafana.app/v1`. */
export function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.lastIndexOf("/") + 1);
}

/** `playlist.grafana.app/Playlist/wall`. Has no version, so that the object stays the same in another one. */
export function idOf(object: Pick<ApiObject, "apiVersion" | "objectKind" | "metadata">): string {
  return `${typeOf(object)}/${object.metadata.name}`;
}

/** The parts of an id. */
export function parseId(id: string): { readonly group: string; readonly kind: string; readonly name: string } {
  const [group = "", kind = "", name = ""] = id.split("/");
  return { group, kind, name };
}
