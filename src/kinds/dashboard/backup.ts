import type { BackupFacet } from "../../engine/backup-facet.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import type { LiveDashboard } from "./live-dashboard.ts";

/** The schema of specs without a stored form. */
const CLASSIC = "dashboard.grafana.app/v1beta1";

/** The file has the manifest of Grafana's API, in the schema in which Grafana stores the dashboard. */
export const backup: BackupFacet<LiveDashboard> = {
  file: {
    write({ metadata = {}, spec = {}, stored }): JsonObject {
      const { apiVersion = CLASSIC, spec: own = spec } = isObject(stored) ? stored : {};
      return { apiVersion, kind: "Dashboard", metadata, spec: own };
    },
    read({ apiVersion = CLASSIC, metadata = {}, spec = {} }): JsonObject {
      return isV2(textOf(apiVersion)) ? { metadata, stored: { apiVersion, spec } } : { metadata, spec };
    },
  },
};

function isV2(apiVersion: string): boolean {
  return /\/v2(?:\D|$)/.test(apiVersion);
}
