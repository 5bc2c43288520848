import type { ContainerFacet } from "../../engine/facets.ts";
import type { Need } from "../../engine/permissions.ts";
import type { Access } from "../../engine/resource.ts";
import { folderScope, folderScopes, type FolderTree } from "../../grafana/folder-scopes.ts";
import type { Folder } from "./builder.ts";
import { parentAfter } from "./canonical.ts";
import type { LiveFolder } from "./live.ts";

export const access: Access<Folder, LiveFolder> = {
  read: { action: "folders:read" },
  readsAll: { action: "folders:read", scopes: ["folders:*"] },
  write: (desired, live, folders) => writeNeed(desired.id, parentAfter(desired, live) || undefined, live, folders),
  restore: ({ id, parent }, live, folders) => writeNeed(id, parent, live, folders),
  remove: ({ id }, folders) => ({ action: "folders:delete", scopes: folderScopes(id, folders) }),
};

export const container: ContainerFacet = {
  scope: folderScope,
  covers: (action) => /^(folders|dashboards|alert\.rules|library\.panels):/.test(action),
  changeNeed: (id, tree) => ({ action: "folders:write", scopes: folderScopes(id, tree) }),
  createNeed,
};

function createNeed(parent: string | undefined, folders: FolderTree): Need {
  return { action: "folders:create", scopes: folderScopes(parent, folders) };
}

function writeNeed(id: string, parent: string | undefined, live: LiveFolder | undefined, folders: FolderTree): Need {
  const create = createNeed(parent, folders);
  if (!live) return create;
  const write = { action: "folders:write", scopes: folderScopes(id, folders) };
  return live.parent === parent ? write : { all: [write, create] };
}
