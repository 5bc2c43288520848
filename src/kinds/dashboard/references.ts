import type { DeletionFacet } from "../../engine/facets.ts";
import { address, type Reference } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { folderUid } from "../folder/builder.ts";
import { deriveUid } from "../../util/derived-uid.ts";
import { reference } from "../reference.ts";
import type { Dashboard } from "./builder.ts";
import { libraryPanelReferences } from "./library-panels.ts";
import type { LiveDashboard } from "./live-dashboard.ts";
import { datasourceUses } from "./model/datasource-uses.ts";

export const idOf: ResourceKind<Dashboard>["id"] = ({ uid, spec, folder }, project) =>
  uid ?? (spec.uid || deriveUid(spec.title ?? "", [project, "dashboard", folder ? folderUid(folder, project) : ""]));

export const referencesOf: ResourceKind<Dashboard>["references"] = ({ folder, spec, plain = false }, project) => [
  ...(folder ? [reference(folder, "folder", folderUid(folder, project))] : []),
  ...datasourceReferences(spec, plain),
  ...libraryPanelReferences(spec, plain),
];

function datasourceReferences(spec: object, plain: boolean): Reference[] {
  return datasourceUses(spec).map(({ path, name, existing }) => ({
    kind: "datasource",
    id: name,
    path: `spec.${path}`,
    existing,
    untyped: plain,
    property: { name: "ref", example: "datasource: prometheus.ref" },
  }));
}

/** A dashboard in schema v2 is read in the classic schema, which has the same references. */
export const deletion: DeletionFacet<LiveDashboard> = {
  uses: ({ object }) => usesOf(object),
  bodyUses: {
    kinds: ["datasource", "library-panel"],
    async read({ grafana }, objects) {
      const found = await grafana.dashboards.read(objects.map(({ id }) => id));
      return new Map(found.map((object) => [object.metadata.name, usesOf(object)]));
    },
  },
};

function usesOf({ spec = {} }: KubernetesObject): string[] {
  return [...datasourceReferences(spec, true), ...libraryPanelReferences(spec, true)].map(address);
}
