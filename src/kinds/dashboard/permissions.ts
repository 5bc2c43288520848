import type { Need } from "../../engine/permissions.ts";
import type { Access } from "../../engine/resource.ts";
import { folderScopes, type FolderTree } from "../../grafana/folder-scopes.ts";
import type { AnyDashboard } from "./builder.ts";
import type { LiveDashboard } from "./live-dashboard.ts";
import { folderIn } from "../reference.ts";

export const access: Access<AnyDashboard, LiveDashboard> = {
  read: { action: "dashboards:read" },
  readsAll: { action: "dashboards:read", scopes: ["folders:*", "dashboards:*"] },
  write: (desired, live, folders) => writeNeed(folderIn(desired, live) || undefined, live, folders),
  restore: (before, live, folders) => writeNeed(before.parent, live, folders),
  remove: (live, folders) => ({ action: "dashboards:delete", scopes: scopesOf(live, folders) }),
};

function writeNeed(folder: string | undefined, live: LiveDashboard | undefined, folders: FolderTree): Need {
  const create = { action: "dashboards:create", scopes: folderScopes(folder, folders) };
  if (!live) return create;
  const write = { action: "dashboards:write", scopes: scopesOf(live, folders) };
  return live.parent === folder ? write : { all: [write, create] };
}

function scopesOf(live: LiveDashboard, folders: FolderTree): string[] {
  return [...folderScopes(live.parent, folders), `dashboards:uid:${live.id}`];
}
