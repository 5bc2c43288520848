import { alertCount, alertList } from "../_shared/alert-list.ts";
import { states } from "../_shared/panels.ts";
import { query } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { toolboxai } from "../folders.ts";

/** Without the scheme of monitored sites, so that their names fit. */
const targets = 'label_replace(min by (job, instance) (up), "instance", "$1", "instance", "(?:https?://)?(.*)")';

export const alertsAndTargets: Row = {
  title: "Alerts and targets",
  panels: [
    alertList("Alerts", "Alerts of this folder that are firing, pending or can't be evaluated.", toolboxai)
      .span(19)
      .height(10),

    // Not a query, because Prometheus may be what is down.
    alertCount("Number", "The number of alerts in the list, also of those that it has no room for.", toolboxai)
      .span(5)
      .height(10),

    states(
      "Targets",
      "The result of the scrapes of each target: prometheus, fastapi-backend, grafana, loki, jaeger, otel-collector, redis-exporter.",
      {
        good: "up",
        bad: "down",
      },
    )
      .span(24)
      .height(12)
      // Grafana computes too small a width and cuts the longest name.
      .axisWidth(300)
      .withTarget(query("A", targets, "{{job}} {{instance}}")),
  ],
};
