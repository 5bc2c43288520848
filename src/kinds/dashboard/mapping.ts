import type { MappingFacet } from "../../engine/mapping.ts";
import { mapDatasources, mapFolder } from "../mapped-references.ts";
import type { AnyDashboard } from "./builder.ts";
import { idOf } from "./references.ts";

export const mapping: MappingFacet<AnyDashboard> = {
  resource(resource, rename, project) {
    const folder = mapFolder(resource.folder, rename, project);
    const spec = mapDatasources(resource.spec, rename);
    if (folder === resource.folder && spec === resource.spec) return resource;
    // A uid that is derived from the folder stays the same, because other resources refer to it.
    const uid = idOf(resource, project);
    return { ...resource, uid, ...(folder === undefined ? {} : { folder }), spec } as AnyDashboard;
  },
  form: (form, rename) => mapDatasources(form, rename),
};
