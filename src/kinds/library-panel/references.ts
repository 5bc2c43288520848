import { address } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { datasourceUses } from "../dashboard/model/datasource-uses.ts";
import { folderUid } from "../folder/builder.ts";
import { reference } from "../reference.ts";
import type { LibraryPanel } from "./builder.ts";
import type { LiveLibraryPanel } from "./live.ts";

export const referencesOf: ResourceKind<LibraryPanel>["references"] = ({ folder, model }, project) => [
  ...(folder ? [reference(folder, "folder", folderUid(folder, project))] : []),
  ...datasourceUses(model).map(({ path, name, existing }) => ({
    kind: "datasource",
    id: name,
    path: `model.${path}`,
    existing,
    property: { name: "ref", example: "datasource: prometheus.ref" },
  })),
];

/** The uids of the datasources that a model queries. */
export function libraryPanelSources(model: unknown): string[] {
  return datasourceUses(model).map(({ name }) => name);
}

/** The addresses of the datasources that a library panel queries. */
export function usesOf({ model }: LiveLibraryPanel): string[] {
  return libraryPanelSources(model).map((id) => address({ kind: "datasource", id }));
}
