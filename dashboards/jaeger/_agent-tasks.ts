import * as units from "@grafana/grafana-foundation-sdk/units";
import { search } from "../_shared/jaeger.ts";
import { limits } from "../_shared/limits.ts";
import { longDurations, timeseries } from "../_shared/panels.ts";
import { failuresByType, quantile, query } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { traceTable } from "../_shared/trace-panels.ts";
import { spans } from "./_filters.ts";
import { traceLinks } from "./_timeline.ts";

/** Tasks of agents, with any span name. */
const tasks = 'service_name="$service", gen_ai_agent_name!=""';
const by = ["gen_ai_agent_name"];

export const agentTasks: Row = {
  title: "Agent task traces",
  panels: [
    longDurations("P95 duration of agent tasks", "95% of the traced tasks were faster.", 1)
      .span(12)
      .withTarget(query("A", quantile(0.95, spans.histogram, tasks, by), "{{gen_ai_agent_name}}").exemplar(true)),

    timeseries(
      "Failed agent tasks",
      "Share of the traced tasks of the last 15 minutes that ended with an error. Fewer than 10 count as 10. Agents without failures in this time range are omitted.",
    )
      .span(12)
      .unit(units.PercentUnit)
      .thresholds(redFrom(limits.agentErrorRatio))
      .withTarget(
        query("A", failuresByType({ ...spans, filter: tasks, by, range: "15m", least: 10 }), "{{gen_ai_agent_name}}"),
      ),

    traceTable("Traces with agent tasks", "The newest traces that contain a task of an agent.", { hasLimit: false })
      .span(24)
      .withTarget(
        search({
          service: "$service",
          tags: "gen_ai.operation.name=invoke_agent",
          minDuration: "$min_duration",
          limit: 20,
        }),
      )
      .dataLinks(traceLinks),
  ],
};
