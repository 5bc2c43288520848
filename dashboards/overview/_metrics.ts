import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { timeseries } from "../_shared/panels.ts";
import { query } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { prometheusJob } from "./_jobs.ts";

export const metrics: Row = {
  title: "Metrics: Prometheus",
  panels: [
    timeseries(
      "Scrape duration",
      "Duration of scrapes by job. At 10 s, the dashed line, the scrape times out, and the target counts as down.",
    )
      .span(12)
      .height(12)
      .unit(units.Seconds)
      .thresholds(redFrom(limits.scrapeDuration))
      .withTarget(query("A", "max by (job) (scrape_duration_seconds)", "{{job}}")),

    timeseries("Memory by component", "Resident memory of all targets that expose it.")
      .span(12)
      .height(12)
      .unit(units.BytesSI)
      .withTarget(query("A", "sum by (job) (process_resident_memory_bytes)", "{{job}}")),

    timeseries("Series", "Series in Prometheus' memory. A jump indicates a label with too many values.")
      .span(24)
      .height(6)
      .unit(units.Short)
      .withTarget(query("A", `sum(prometheus_tsdb_head_series{${prometheusJob}})`, "series")),
  ],
};
