import type { LiveObject } from "../../engine/model.ts";
import type { Need } from "../../engine/permissions.ts";
import type { Access } from "../../engine/resource.ts";
import { folderScopes, type FolderTree } from "../../grafana/folder-scopes.ts";
import type { LibraryPanel } from "./builder.ts";
import type { LiveLibraryPanel } from "./live.ts";
import { folderIn } from "../reference.ts";

export const access: Access<LibraryPanel, LiveLibraryPanel> = {
  read: { action: "library.panels:read" },
  readsAll: { action: "library.panels:read", scopes: ["folders:*", "library.panels:*"] },
  write: (desired, live, folders) => writeNeed(live, folderIn(desired) || undefined, folders),
  restore: ({ parent }, live, folders) => writeNeed(live, parent, folders),
  remove: (live, folders) => need("delete", live, folders),
};

function writeNeed(live: LiveObject | undefined, folder: string | undefined, folders: FolderTree): Need {
  return live
    ? need("write", live, folders)
    : { action: "library.panels:create", scopes: folderScopes(folder, folders) };
}

function need(verb: "delete" | "write", { id, parent }: LiveObject, folders: FolderTree): Need {
  return { action: `library.panels:${verb}`, scopes: [...folderScopes(parent, folders), `library.panels:uid:${id}`] };
}
