import * as units from "@grafana/grafana-foundation-sdk/units";
import { timeseries } from "./panels.ts";
import { query } from "./queries.ts";
import type { Row } from "./rows.ts";
import { redFrom } from "./thresholds.ts";

/**
 * CPU, memory and file descriptors of processes. All client libraries of Prometheus expose these by default.
 *
 * @param filter label matchers, for use between { and }
 * @param limits limits in bytes of memory and as a share of file descriptors
 */
export function processRow(
  filter: string,
  limits: { readonly memory?: number; readonly fileDescriptors?: number } = {},
  title = "CPU and memory usage",
): Row {
  return {
    title,
    panels: [
      timeseries("CPU usage", "100% is one core. A Python process uses at most one core.")
        .span(8)
        .unit(units.PercentUnit)
        .withTarget(query("A", `rate(process_cpu_seconds_total{${filter}}[$__rate_interval])`, "{{instance}}")),

      timeseries("Memory usage", "Resident memory of each process. The dashed line is the alert's limit.")
        .span(8)
        .unit(units.BytesSI)
        .thresholds(redFrom(limits.memory))
        .withTarget(query("A", `process_resident_memory_bytes{${filter}}`, "{{instance}}")),

      timeseries(
        "File descriptors in use",
        "Share of the maximum. Each connection uses one; at 100%, new connections are rejected.",
      )
        .span(8)
        .unit(units.PercentUnit)
        .thresholds(redFrom(limits.fileDescriptors))
        .withTarget(query("A", `process_open_fds{${filter}} / process_max_fds{${filter}}`, "{{instance}}")),
    ],
  };
}
