import { address } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { textOf } from "../../util/json.ts";
import { reference } from "../reference.ts";
import { folderUid, type Folder } from "./builder.ts";
import { comparison, desiredForm, observedForm } from "./canonical.ts";
import { checks } from "./checks.ts";
import { findFolder, listFolders, readFolders, type LiveFolder } from "./live.ts";
import { access, container } from "./permissions.ts";
import { removeFolder } from "./remove.ts";
import { rollback } from "./rollback.ts";
import { FolderSchema } from "./schema.ts";
import { foreign } from "./foreign.ts";
import { source } from "./source.ts";
import { renewMark, writeFolder } from "./write.ts";
import { mappable, mapping } from "./mapping.ts";
import { completePermissions, folderPath } from "../object-permissions/new-object.ts";

export const folderKind: ResourceKind<Folder, LiveFolder> = {
  name: "folder",
  dependsOn: [],
  marking: "annotations",
  idIs: "uid",
  schema: FolderSchema,
  access,

  id: folderUid,
  title: ({ title }) => title.trim(),
  references: ({ parent }, project) => (parent ? [reference(parent, "parent", folderUid(parent, project))] : []),

  list: listFolders,
  find: findFolder,

  desired: desiredForm,
  observed: observedForm,

  write: writeFolder,
  remove: removeFolder,
  rollback,

  checks,
  comparison,
  container,
  deletion: {
    obstacle(live, everything, deleted) {
      const inside = [...everything].flatMap(([kind, objects]) =>
        objects
          .filter((object) => object.parent === live.id)
          .map((object) => address({ kind, id: object.id }))
          .filter((name) => !deleted.has(name)),
      );
      if (inside.length === 0) return undefined;
      const shown = inside.slice(0, 3).join(", ") + (inside.length > 3 ? ` and ${inside.length - 3} more` : "");
      return `it contains ${shown}, which ${inside.length === 1 ? "is" : "are"} not deleted`;
    },
  },
  mappable,
  mapping,
  placement: { property: "parent" },
  existing: {
    async create(client, uid) {
      await client.send({ method: "POST", path: "/api/folders", body: { uid, title: `${uid} (existing)` } });
    },
  },
  reading: { bodies: readFolders },
  foreign,
  source,
  view: {
    section: { title: "Folders and datasources", rank: 400 },
    risks: { deletion: "is deleted, with its permissions" },
    facts: ({ description }) => [textOf(description)],
  },
  writing: {
    renewMark,
    complete: (context, { id, parent }) => completePermissions(context, { path: folderPath(id), parent }),
    // The legacy API moves a folder with a separate request.
    parts: ({ parent, ...rest }) => ({ content: rest, parent: parent || null }),
  },
};
