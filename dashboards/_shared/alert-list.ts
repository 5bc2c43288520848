import { PanelBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Folder } from "grafana-provision";

/** What the panel "Alert list" takes, for which the SDK has no builder; as in Grafana 12.4, without what is left at its default. */
interface AlertListOptions {
  readonly viewMode: "list" | "stat";
  readonly groupMode: "default" | "custom";
  readonly groupBy: readonly string[];
  readonly maxItems: number;
  /** 1 and 2: by name, 3: by importance, 4 and 5: by time, the oldest and the newest first. */
  readonly sortOrder: 1 | 2 | 3 | 4 | 5;
  readonly dashboardAlerts: boolean;
  readonly alertName: string;
  /** Label matchers of the alerts, as in PromQL: `{severity="critical"}`. */
  readonly alertInstanceLabelFilter: string;
  readonly datasource: string;
  readonly folder?: { readonly uid: string; readonly title: string };
  readonly stateFilter: Readonly<Record<"firing" | "pending" | "recovering" | "noData" | "normal" | "error", boolean>>;
  readonly showInactiveAlerts: boolean;
}

/** The alerts of a folder that fire, are about to, or can't be evaluated: the most important first. */
export function alertList(title: string, description: string, folder: Folder): PanelBuilder {
  const options: AlertListOptions = {
    viewMode: "list",
    groupMode: "default",
    groupBy: [],
    maxItems: 20,
    sortOrder: 3,
    dashboardAlerts: false,
    alertName: "",
    alertInstanceLabelFilter: "",
    datasource: "grafana",
    ...(folder.uid ? { folder: { uid: folder.uid, title: folder.title } } : {}),
    stateFilter: { firing: true, pending: true, recovering: true, noData: true, normal: false, error: true },
    showInactiveAlerts: false,
  };
  return new PanelBuilder().type("alertlist").title(title).description(description).height(10).options(options);
}
