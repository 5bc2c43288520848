import { currentAlerts } from "../../alerts/read.ts";
import { countOf } from "../../util/plural.ts";
import type { Row, Topic } from "../model.ts";
import { vectorOf } from "../prometheus.ts";

/** What fires now, in Grafana and in Prometheus. */
export const alerts: Topic = {
  id: "alerts",
  title: "Alerts that fire",
  columns: [
    { key: "from", title: "Rules of" },
    { key: "name", title: "Alert" },
    { key: "severity", title: "Severity" },
    { key: "state", title: "State" },
    { key: "since", title: "Since", unit: "time" },
    { key: "labels", title: "Labels" },
    { key: "notified", title: "Notified" },
  ],
  async find(asking) {
    const ofGrafana = await asking.grafana("alerts of Grafana", async (grafana) => {
      const { alerts, unread } = await currentAlerts(grafana, Date.now());
      for (const what of unread) asking.note(what);
      return alerts.filter(({ state }) => state !== "pending");
    });
    const ofPrometheus = await asking.prometheus("alerts of Prometheus' own rules", (read) =>
      vectorOf(read, 'ALERTS_FOR_STATE and ignoring(alertstate) ALERTS{alertstate="firing"}', asking.to),
    );
    if (!ofGrafana && !ofPrometheus) return undefined;
    const rows = [
      ...(ofGrafana ?? []).map(
        ({ name, severity = "", state, since = "", labels, contactPoints, suppressed }): Row => ({
          from: "Grafana",
          name,
          severity,
          state: suppressed ? `${state}, silenced or muted` : state,
          since,
          labels: labelsText(labels),
          notified: contactPoints.map((one) => one.name).join(", "),
        }),
      ),
      ...(ofPrometheus ?? []).map(({ labels, value }): Row => ({
        from: "Prometheus",
        name: labels["alertname"] ?? "",
        severity: labels["severity"] ?? "",
        state: "firing",
        since: new Date(value * 1000).toISOString(),
        labels: labelsText(labels),
        notified: "",
      })),
    ];
    const loud =
      (ofGrafana ?? []).filter(({ suppressed }) => !suppressed).length +
      (ofPrometheus ?? []).filter(({ labels }) => labels["alertname"] !== WATCHDOG).length;
    const quiet = (ofGrafana ?? []).filter(({ suppressed }) => suppressed).length;
    const silent = quiet === 0 ? "" : ` ${quiet} of them ${quiet === 1 ? "is" : "are"} silenced or muted.`;
    return {
      rows,
      attention: loud > 0,
      summary:
        rows.length === 0
          ? "No alert fires."
          : `${countOf(rows.length, "alert")} ${rows.length === 1 ? "fires" : "fire"}.${silent}`,
    };
  },
};

/** Fires always, to show that Prometheus evaluates rules. */
const WATCHDOG = "Watchdog";

/** Labels that have columns of their own, or say nothing. */
const OTHER = new Set(["alertname", "severity", "alertstate", "grafana_folder", "rulename", "__name__"]);

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name]) => !OTHER.has(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}
