/** Types that a kind of this tool manages, with the function that defines their objects. */
export const KNOWN: Readonly<Record<string, { readonly kind: string; readonly use: string }>> = {
  "dashboard.grafana.app/Dashboard": { kind: "dashboard", use: "dashboard" },
  "folder.grafana.app/Folder": { kind: "folder", use: "folder" },
  "iam.grafana.app/ServiceAccount": { kind: "service-account", use: "serviceAccount" },
  "iam.grafana.app/Team": { kind: "team", use: "team" },
  "iam.grafana.app/TeamBinding": { kind: "team", use: "team" },
  "playlist.grafana.app/Playlist": { kind: "playlist", use: "playlist" },
};

/** Types whose objects Grafana names itself, so that the code can't name them. Their dry runs write. */
export const NAMED_BY_GRAFANA: Readonly<Record<string, string>> = {
  "notifications.alerting.grafana.app/Receiver": "contactPoint",
  "notifications.alerting.grafana.app/RoutingTree": "notificationPolicy",
  "notifications.alerting.grafana.app/TemplateGroup": "messageTemplate",
  "notifications.alerting.grafana.app/TimeInterval": "muteTiming",
  "rules.alerting.grafana.app/AlertRule": "ruleGroup",
  "rules.alerting.grafana.app/RecordingRule": "ruleGroup",
};

/** The only group whose dry runs write nothing, wherever Grafana stores the objects. Legacy storage ignores `dryRun` of folders and playlists. */
export const DRY_RUNS = "dashboard.grafana.app";
