import type { DeletionFacet } from "../../engine/facets.ts";
import { address, type Reference } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { folderUid } from "../folder/builder.ts";
import { deriveUid } from "../../util/derived-uid.ts";
import { reference } from "../reference.ts";
import type { AnyDashboard } from "./builder.ts";
import { libraryPanelReferences } from "./library-panels.ts";
import type { LiveDashboard } from "./live-dashboard.ts";
import { datasourceUses } from "./model/datasource-uses.ts";
import { datasourceReferencesV2, libraryPanelReferencesV2 } from "./v2/references.ts";

export const idOf: ResourceKind<AnyDashboard>["id"] = ({ uid, spec, folder }, project) =>
  (uid ?? uidIn(spec)) || deriveUid(spec.title ?? "", [project, "dashboard", folder ? folderUid(folder, project) : ""]);

/** The uid in a classic model. */
export function uidIn(spec: AnyDashboard["spec"]): string | undefined {
  return "uid" in spec ? spec.uid : undefined;
}

export const referencesOf: ResourceKind<AnyDashboard>["references"] = (
  { folder, spec, schema, plain = false, allowMissing = false },
  project,
) => [
  ...(folder ? [reference(folder, "folder", folderUid(folder, project))] : []),
  ...partReferences(spec, schema, plain || allowMissing).map(({ required, ...one }) =>
    allowMissing || required === undefined ? one : { ...one, required },
  ),
];

/** The datasources and library panels in a body. */
function partReferences(spec: object, schema: AnyDashboard["schema"], plain: boolean): Reference[] {
  return schema === "v2"
    ? [...datasourceReferencesV2(spec, plain), ...libraryPanelReferencesV2(spec, plain)]
    : [...datasourceReferences(spec, plain), ...libraryPanelReferences(spec, plain)];
}

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

/** Grafana's conversion to the classic schema keeps the references. If it fails, the response contains the stored body. */
function usesOf({ spec, stored, status }: KubernetesObject): string[] {
  const inV2 = stored?.spec ?? status?.conversion?.source?.spec;
  const references = inV2 ? partReferences(inV2, "v2", true) : partReferences(spec ?? {}, undefined, true);
  return references.map(address);
}
