import { folder } from "grafana-provision";

export const team = folder({
  uid: "my-team",
  title: "my-team",
  description: "Dashboards and alerts in this folder are managed as code. Change them in the repository.",
});
