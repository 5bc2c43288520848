import { folder } from "grafana-provision";

export const toolboxai = folder({
  uid: "toolboxai",
  title: "ToolboxAI",
  description: "Monitoring of ToolboxAI. Its dashboards are code: change them in the repository.",
});
