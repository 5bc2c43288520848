import type { Kinds, ResourceKind } from "./resource.ts";
import type { ContainerFacet } from "./facets.ts";
import { address, type Desired, type LiveObject } from "./model.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";

// The kind whose objects contain others: folders. They also store the ledger and the lock.

type ContainerKind = ResourceKind & { readonly container: ContainerFacet };

export function containerKind(kinds: Kinds): ContainerKind {
  for (const kind of kinds.values()) if (kind.container) return kind as ContainerKind;
  throw new Error("no kind has a container facet");
}

/** The address of the container with this id. */
export function containerAddress(kinds: Kinds, id: string): string {
  return address({ kind: containerKind(kinds).name, id });
}

/** The address of the container that an object is in. */
export function containerOf(kinds: Kinds, { parent }: Pick<LiveObject, "parent">): string | undefined {
  return parent === undefined ? undefined : containerAddress(kinds, parent);
}

/** The id of the container that a container of the code is in. */
export function parentIn({ kind, references }: Pick<Desired, "kind" | "references">): string | undefined {
  return references.find((reference) => reference.kind === kind)?.id;
}

type Placed = Pick<Desired, "resource" | "references">;

/** The id of the container that the code states in this property; empty for the root. Undefined if it states none. */
export function statedPlace({ resource, references }: Placed, property: string): string | undefined {
  const stated = references.find(({ path }) => path === property)?.id;
  return stated ?? (Reflect.get(resource, property) === null ? "" : undefined);
}

/** The container after a write: the stated one, or else the current one. Empty for the root; undefined if it is not stated for a new object. */
export function placeOf(
  desired: Placed,
  property: string,
  live: Pick<LiveObject, "parent"> | undefined,
): string | undefined {
  return statedPlace(desired, property) ?? (live && (live.parent ?? ""));
}

/** The id of the container that an object is in after a write; undefined at the root. */
export function containerAfter(
  kind: Pick<ResourceKind, "placement"> | undefined,
  desired: Placed,
  live: Pick<LiveObject, "parent"> | undefined,
): string | undefined {
  return (kind?.placement && placeOf(desired, kind.placement.property, live)) || undefined;
}

/** The containers that an object is in, the outermost first. `find`: a container by its id, and the id of the one that it is in. */
export function containersAround<Container extends { readonly parent?: string | undefined }>(
  id: string | undefined,
  find: (id: string) => Container | undefined,
  depth = 0,
): Container[] {
  const own = id === undefined ? undefined : find(id);
  // Folders are at most four levels deep. A circle would never end.
  return own && depth < 10 ? [...containersAround(own.parent, find, depth + 1), own] : [];
}

/** Whether one of these containers, the outermost first, has this title or id, or they have this path: `Team A/Shop`. */
export function areIn(containers: readonly { readonly id: string; readonly title: string }[], given: string): boolean {
  const path = containers.map(({ title }) => title).join("/");
  return (
    containers.some(({ id, title }) => id === given || title === given) ||
    path === given ||
    path.startsWith(`${given}/`)
  );
}

/** The tree of these containers; a later one replaces an earlier one with the same id. */
export function treeOf(containers: Iterable<Pick<LiveObject, "id" | "parent">>): FolderTree {
  const parents = new Map([...containers].map(({ id, parent }) => [id, parent]));
  return { parentOf: (id) => parents.get(id) };
}
