import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { linkTo, uids } from "../_shared/links.ts";
import { PER_SECOND, stat } from "../_shared/panels.ts";
import { now, rate } from "../_shared/queries.ts";
import { redStats } from "../_shared/red.ts";
import { redBelow, redFrom } from "../_shared/thresholds.ts";
import { requests } from "./_backend.ts";
import { collectorJob, grafanaJob } from "./_jobs.ts";

const failures = ["spans", "metric_points", "log_records"].map(
  (signal) => `(${rate(`otelcol_exporter_send_failed_${signal}`, collectorJob)} or vector(0))`,
);

export const headline = [
  stat(
    "Alerts firing",
    "Firing alerts in Grafana, including those of other teams. The list below contains only this team's.",
  )
    .span(8)
    .unit(units.Short)
    .thresholds(redFrom(1))
    .withTarget(now("A", `sum(grafana_alerting_alerts{${grafanaJob}, state="alerting"})`, "Firing")),

  stat("Targets up", "Share of Prometheus' targets that are up.")
    .span(8)
    .unit(units.PercentUnit)
    .thresholds(redBelow(1))
    .withTarget(now("A", "avg(up)", "Up")),

  ...redStats(requests).map((panel) => panel.span(8).dataLinks([linkTo(uids.fastapi, "The backend's dashboard")])),

  stat("Telemetry lost", "Spans, metrics and log lines per second that the OpenTelemetry collector could not send.")
    .span(8)
    .unit(PER_SECOND)
    .thresholds(redFrom(limits.lost))
    .withTarget(now("A", `${failures.join(" + ")} and on () (up{${collectorJob}} == 1)`, "Lost")),
];
