import type { ForeignFacet, ForeignResult, Manifest } from "../../engine/foreign.ts";
import { isObject, textOf } from "../../util/json.ts";
import { existingFolder } from "../folder/foreign.ts";

export const foreign: ForeignFacet = {
  manifests: [{ group: "grizzly.grafana.com", kind: "LibraryElement", read: elementOf }],
  terraform: { grafana_library_panel: (attribute) => attribute("uid") },
};

/** The number of the library's panels in its API. */
const PANEL = 1;

function elementOf({ name, spec }: Manifest): ForeignResult {
  if ((spec["kind"] ?? PANEL) !== PANEL) return { left: "it is a variable; this tool supports only library panels" };
  const folder = textOf(spec["folderUid"]);
  const { libraryPanel: _, ...model } = isObject(spec["model"]) ? spec["model"] : {};
  return {
    value: {
      kind: "library-panel",
      uid: textOf(spec["uid"]) || name,
      name: textOf(spec["name"]),
      folder: folder === "" ? null : existingFolder(folder),
      model,
    },
  };
}
