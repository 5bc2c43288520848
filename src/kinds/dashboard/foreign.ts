import type { ForeignFacet } from "../../engine/foreign.ts";

export const foreign: ForeignFacet = {
  manifests: [
    { group: "dashboard.grafana.app", kind: "Dashboard" },
    { group: "grizzly.grafana.com", kind: "Dashboard" },
  ],
  terraform: {
    grafana_dashboard: (attribute) => attribute("uid"),
    grafana_apps_dashboard_dashboard: (attribute) => attribute("metadata.uid"),
  },
};
