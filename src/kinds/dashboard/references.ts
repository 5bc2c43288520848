import type { Reference } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { folderUid } from "../folder/builder.ts";
import { deriveUid, reference } from "../reference.ts";
import type { Dashboard, DashboardModel } from "./builder.ts";
import { libraryPanelReferences } from "./library-panels.ts";
import { datasourceUses } from "./model/datasource-uses.ts";

export const idOf: ResourceKind<Dashboard>["id"] = ({ uid, spec, folder }, project) =>
  uid ?? (spec.uid || deriveUid(spec.title ?? "", [project, "dashboard", folder ? folderUid(folder, project) : ""]));

export const referencesOf: ResourceKind<Dashboard>["references"] = ({ folder, spec, plain = false }, project) => [
  ...(folder ? [reference(folder, "folder", folderUid(folder, project))] : []),
  ...datasourceReferences(spec, plain),
  ...libraryPanelReferences(spec, plain),
];

function datasourceReferences(spec: DashboardModel, plain: boolean): Reference[] {
  return datasourceUses(spec).map(({ path, name, existing }) => ({
    kind: "datasource",
    id: name,
    path: `spec.${path}`,
    existing,
    untyped: plain,
    property: { name: "ref", example: "datasource: prometheus.ref" },
  }));
}
