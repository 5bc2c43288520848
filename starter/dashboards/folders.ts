import { folder } from "grafana-provision";

export const team = folder({
  uid: "my-team",
  title: "my-team",
  description: "Its dashboards and alerts are code: change them in the repository.",
});
