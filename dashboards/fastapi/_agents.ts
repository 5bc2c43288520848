import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { longDurations, stacked, timeseries } from "../_shared/panels.ts";
import { failuresByType, quantile, query, rate, type Outcomes } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { backend } from "./_filters.ts";

const all = rate("agent_tasks_total", backend, ["agent"]);

/** Counted over the same range as in the alert, because agents finish only a few tasks per minute. */
const outcomes: Outcomes = {
  counter: "agent_tasks_total",
  filter: backend,
  failed: 'status="error"',
  by: ["agent"],
  range: "15m",
  least: 10,
};

export const agents: Row = {
  title: "Agent task processing",
  panels: [
    // Per minute, because a task takes seconds to minutes, so rates per second are very small.
    stacked("Tasks finished", "Finished tasks per minute, including failures.")
      .span(12)
      .unit(units.OpsPerMinute)
      .withTarget(query("A", `60 * ${all}`, "{{agent}}")),

    stacked("Tasks in progress", "Running tasks of each agent. A value that only rises indicates a backlog or a leak.")
      .span(12)
      .unit(units.Short)
      .withTarget(query("A", `sum by (agent) (agent_tasks_in_progress{${backend}})`, "{{agent}}")),

    longDurations("P95 task duration", "95% of the tasks were faster.", 1)
      .span(12)
      .withTarget(
        query("A", quantile(0.95, "agent_task_duration_seconds", backend, ["agent"]), "{{agent}}").exemplar(true),
      ),

    timeseries(
      "Failed tasks",
      "Share of the tasks of the last 15 minutes that failed. Fewer than 10 count as 10. Agents without failures in this time range are omitted. The dashed line is the limit.",
    )
      .span(12)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.agentErrorRatio))
      .withTarget(query("A", failuresByType(outcomes), "{{agent}}")),
  ],
};
