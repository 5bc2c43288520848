import { folderOf } from "./k8s/metadata.ts";
import type { ObjectCollection, StoredObject } from "./k8s/objects.ts";

/** The direct children of a folder; "" is the root. */
export function childrenOf(folders: ObjectCollection, parent: string): StoredObject[] {
  return [...folders.all()].filter((folder) => folderOf(folder.metadata) === parent);
}

/** The ancestors of a folder, starting below the root. Ends at a missing folder. */
export function ancestorsOf(folders: ObjectCollection, parent: string): string[] {
  const names: string[] = [];
  for (let name = parent; name !== "" && !names.includes(name);) {
    names.unshift(name);
    const folder = folders.get(name);
    name = folder === undefined ? "" : folderOf(folder.metadata);
  }
  return names;
}

/** The number of levels of a folder with its descendants. */
export function heightOf(folders: ObjectCollection, name: string): number {
  const below = childrenOf(folders, name).map((child) => heightOf(folders, child.metadata.name));
  return 1 + Math.max(0, ...below);
}
