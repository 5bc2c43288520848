import type { MappingFacet } from "../../engine/mapping.ts";
import { mapDatasources, mapFolder } from "../mapped-references.ts";
import type { LibraryPanel } from "./builder.ts";

export const mapping: MappingFacet<LibraryPanel> = {
  resource(resource, rename, project) {
    const folder = mapFolder(resource.folder, rename, project);
    const model = mapDatasources(resource.model, rename);
    if (folder === resource.folder && model === resource.model) return resource;
    return { ...resource, ...(folder === undefined ? {} : { folder }), model };
  },
  form: (form, rename) => mapDatasources(form, rename),
};
