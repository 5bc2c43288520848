import type { Collection, ObjectToWrite } from "../../../grafana/collection.ts";
import { LENIENT, type GrafanaConnection, type KubernetesApi } from "../../../grafana/connection.ts";
import { UnsupportedGrafana } from "../../../grafana/errors.ts";
import { EXIT } from "../../../util/errors.ts";
import type { JsonObject } from "../../../util/json.ts";
import { toV2 } from "./shapes.ts";

/** `v2` is not tested with a server: it follows the types of the Foundation SDK and Grafana's documentation. */
const DASHBOARDS_V2: KubernetesApi = {
  group: "dashboard.grafana.app",
  resource: "dashboards",
  kind: "Dashboard",
  versions: ["v2", "v2beta1"],
  query: LENIENT,
  hasPermissions: true,
  // Grafana drops properties that its version doesn't know, and the mark must describe what is stored.
  returnsSpec: true,
};

/** The dashboards in schema v2; undefined if Grafana serves no supported version of it. */
export function dashboardsV2(grafana: GrafanaConnection): Promise<Collection | undefined> {
  return grafana.collection(DASHBOARDS_V2);
}

/** The same for a write. Throws `UnsupportedGrafana` (exit 6). */
export async function writableV2(grafana: GrafanaConnection): Promise<Collection> {
  const dashboards = await dashboardsV2(grafana);
  if (dashboards) return dashboards;
  throw new UnsupportedGrafana(unservedText(grafana), {
    exitCode: EXIT.unsupportedGrafana,
    hint: `${UNSERVED_HINT.charAt(0).toUpperCase()}${UNSERVED_HINT.slice(1)}.`,
  });
}

/** The object to send, in the shape of the served version. */
export function requestOf(dashboards: Collection, object: ObjectToWrite): ObjectToWrite {
  return servesFinalV2(dashboards) ? { ...object, spec: toV2(object.spec as JsonObject) } : object;
}

/** Whether these are dashboards of `v2`, not of `v2beta1`. */
export function servesFinalV2({ apiVersion }: Collection): boolean {
  return apiVersion?.endsWith("/v2") === true;
}

export function unservedText({ version }: Pick<GrafanaConnection, "version">): string {
  return `Grafana ${version} does not serve dashboards in schema v2 (dashboard.grafana.app/v2beta1 or v2)`;
}

export const UNSERVED_HINT = "upgrade Grafana to version 12.2 or later, or define the dashboard in the classic schema";
