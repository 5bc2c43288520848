import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { stacked, timeseries } from "../_shared/panels.ts";
import { quantile, query, rate } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { backend } from "./_filters.ts";

const failed = rate("agent_tasks_total", `${backend}, status="error"`, ["agent"]);
const all = rate("agent_tasks_total", backend, ["agent"]);

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

    timeseries("P95 task duration", "95% of the tasks were faster.")
      .span(12)
      .unit(units.Seconds)
      .withTarget(
        query("A", quantile(0.95, "agent_task_duration_seconds", backend, ["agent"]), "{{agent}}").exemplar(true),
      ),

    timeseries("Failed tasks", "Share of failed tasks. The dashed line is the limit.")
      .span(12)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.agentErrorRatio))
      .withTarget(query("A", `${failed} / (${all} > 0)`, "{{agent}}")),
  ],
};
