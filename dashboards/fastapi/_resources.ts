import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_limits.ts";
import { redFrom, timeseries } from "../_panels.ts";
import { query } from "../_queries.ts";
import type { Row } from "../_rows.ts";
import { backend } from "./_filters.ts";

export const resources: Row = {
  title: "CPU and memory usage",
  panels: [
    timeseries("CPU usage", "100% is one core. Python code of one process uses one core at most.")
      .span(8)
      .unit(units.PercentUnit)
      .withTarget(query("A", `rate(process_cpu_seconds_total{${backend}}[$__rate_interval])`, "{{instance}}")),

    timeseries("Memory usage", "Resident memory of each process. The dashed line is the alert's limit.")
      .span(8)
      .unit(units.BytesSI)
      .thresholds(redFrom(limits.memory))
      .withTarget(query("A", `process_resident_memory_bytes{${backend}}`, "{{instance}}")),

    timeseries(
      "File descriptors in use",
      "Share of what the process may open. Every connection takes one; at 100% new ones are refused.",
    )
      .span(8)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.fileDescriptors))
      .withTarget(query("A", `process_open_fds{${backend}} / process_max_fds{${backend}}`, "{{instance}}")),
  ],
};
