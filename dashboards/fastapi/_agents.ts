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
    // By the minute: agents take seconds to minutes for a task, and 0.02 a second says little.
    stacked("Tasks finished", "Tasks that each agent finished in a minute, failed ones included.")
      .span(12)
      .unit(units.OpsPerMinute)
      .withTarget(query("A", `60 * ${all}`, "{{agent}}")),

    stacked("Tasks in progress", "Tasks that each agent works on. A level that only rises is a backlog, or a leak.")
      .span(12)
      .unit(units.Short)
      .withTarget(query("A", `sum by (agent) (agent_tasks_in_progress{${backend}})`, "{{agent}}")),

    timeseries("P95 task duration", "95% of each agent's tasks were finished faster.")
      .span(12)
      .unit(units.Seconds)
      .withTarget(
        query("A", quantile(0.95, "agent_task_duration_seconds", backend, ["agent"]), "{{agent}}").exemplar(true),
      ),

    timeseries("Failed tasks", "Share of each agent's tasks that failed. The dashed line is where it is too much.")
      .span(12)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.agentErrorRatio))
      .withTarget(query("A", `${failed} / (${all} > 0)`, "{{agent}}")),
  ],
};
