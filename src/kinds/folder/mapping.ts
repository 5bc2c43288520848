import type { MappableFacet, MappingFacet } from "../../engine/mapping.ts";
import { mapFolder } from "../mapped-references.ts";
import { folderUid, type Folder } from "./builder.ts";
import type { LiveFolder } from "./live.ts";

export const mappable: MappableFacet<LiveFolder> = { setting: "folders" };

export const mapping: MappingFacet<Folder> = {
  resource(resource, rename, project) {
    const parent = mapFolder(resource.parent, rename, project);
    if (parent === resource.parent || parent === undefined) return resource;
    // A uid that is derived from the parent stays the same, because other resources refer to it.
    return { ...resource, uid: folderUid(resource, project), parent };
  },
  form: (form) => form,
};
