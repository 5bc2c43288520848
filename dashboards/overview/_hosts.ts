import * as units from "@grafana/grafana-foundation-sdk/units";
import { certificateDays, freeDiskSpace, pusherFailures } from "../_shared/hosts.ts";
import { limits } from "../_shared/limits.ts";
import { timeseries } from "../_shared/panels.ts";
import { query } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redBelow, redFrom } from "../_shared/thresholds.ts";

/** Names that fit into a legend: the host without its port, and the site without its scheme. */
const named = (expr: string, pattern: string) => `label_replace(${expr}, "instance", "$1", "instance", "${pattern}")`;

export const hosts: Row = {
  title: "Hosts, certificates and Pusher",
  panels: [
    timeseries("Free disk space", "Share of each file system that is free. The dashed line is the alert's limit.")
      .span(10)
      .unit(units.PercentUnit)
      .thresholds(redBelow(limits.freeDiskSpace))
      .withTarget(query("A", named(freeDiskSpace, "([^:]*).*"), "{{instance}} {{mountpoint}}")),

    timeseries("Certificates", "Days until each certificate expires. The dashed line is the alert's limit.")
      .span(7)
      // Grafana shows its own unit of days as weeks.
      .unit("suffix:d")
      .thresholds(redBelow(limits.certificateDays))
      .withTarget(query("A", named(certificateDays, "(?:https?://)?(.*)"), "{{instance}}")),

    timeseries(
      "Pusher failures",
      "Failed connections of the backend to Pusher in ten minutes, by reason. The dashed line is the alert's limit.",
    )
      .span(7)
      .unit(units.Short)
      .thresholds(redFrom(limits.pusherFailures))
      .withTarget(query("A", pusherFailures, "{{reason}}")),
  ],
};
