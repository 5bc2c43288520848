import { folderScopes } from "../../grafana/folder-scopes.ts";
import { folderOf } from "../../ownership/annotations.ts";
import { folderUid } from "../folder/builder.ts";
import { mapFolder } from "../mapped-references.ts";
import { reference } from "../reference.ts";
import { folderPermissions, type FolderPermissions } from "./builder.ts";
import { permissionsKind } from "./kind.ts";
import { folderPath } from "./new-object.ts";
import { FolderPermissionsSchema } from "./schema.ts";

export const folderPermissionsKind = permissionsKind<FolderPermissions>({
  name: "folder-permissions",
  permitted: "folders",
  path: folderPath,
  of: "folder",
  schema: FolderPermissionsSchema,
  target: ({ folder }, project) => reference(folder, "folder", folderUid(folder, project)),
  title: ({ folder }) => ("existing" in folder ? folder.uid : folder.title.trim()),
  mapping: {
    resource: (resource, rename, project) => ({ ...resource, folder: mapFolder(resource.folder, rename, project) }),
    form: (form) => form,
  },
  scopes: folderScopes,
  createNeed: { action: "folders:create" },
  creatorInFolder: false,
  collection: ({ grafana }) => grafana.folders,
  builder: ({ own }) => own("folderPermissions", folderPermissions),
  async isAtRoot({ grafana }, id) {
    const folder = await grafana.folders.find(id);
    return folder && !folderOf(folder);
  },
});
