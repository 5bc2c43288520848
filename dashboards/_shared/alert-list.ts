import { PanelBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Folder } from "grafana-provision";

/** The options of the panel "Alert list" in Grafana 12.4, for which the SDK has no builder. Omits options with default values. */
interface AlertListOptions {
  readonly viewMode: "list" | "stat";
  readonly groupMode: "default" | "custom";
  readonly groupBy: readonly string[];
  readonly maxItems: number;
  /** 1 and 2: by name, 3: by importance, 4: oldest first, 5: newest first. */
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

/** The alerts of a folder that are firing, pending or can't be evaluated, the most important first. */
export function alertList(title: string, description: string, folder: Folder): PanelBuilder {
  return panel(title, description, "list", folder);
}

/** The number of these alerts. Grafana counts them itself, so that the number is right without any datasource. */
export function alertCount(title: string, description: string, folder: Folder): PanelBuilder {
  return panel(title, description, "stat", folder);
}

function panel(
  title: string,
  description: string,
  viewMode: AlertListOptions["viewMode"],
  folder: Folder,
): PanelBuilder {
  const options: AlertListOptions = {
    viewMode,
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
