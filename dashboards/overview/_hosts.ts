import * as units from "@grafana/grafana-foundation-sdk/units";
import { certificateDays, freeDiskSpace, pusherFailures } from "../_shared/hosts.ts";
import { limits } from "../_shared/limits.ts";
import { timeseries } from "../_shared/panels.ts";
import { query } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redBelow, redFrom } from "../_shared/thresholds.ts";

export const hosts: Row = {
  title: "Hosts, certificates and Pusher",
  panels: [
    timeseries("Free disk space", "Share of each file system that is free. The dashed line is the alert's limit.")
      .span(8)
      .unit(units.PercentUnit)
      .thresholds(redBelow(limits.freeDiskSpace))
      .withTarget(query("A", freeDiskSpace, "{{instance}} {{mountpoint}}")),

    timeseries("Certificates", "Days until each certificate expires. The dashed line is the alert's limit.")
      .span(8)
      .unit(units.Days)
      .thresholds(redBelow(limits.certificateDays))
      .withTarget(query("A", certificateDays, "{{instance}}")),

    timeseries(
      "Pusher failures",
      "Failed connections of the backend to Pusher in ten minutes, by reason. The dashed line is the alert's limit.",
    )
      .span(8)
      .unit(units.Short)
      .thresholds(redFrom(limits.pusherFailures))
      .withTarget(query("A", pusherFailures, "{{reason}}")),
  ],
};
