import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { timeseries } from "../_shared/panels.ts";
import { orNone, query, rate } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { grafanaJob } from "./_jobs.ts";

/** Requests to datasources with an error as response. */
const failed = `${grafanaJob}, code!~"2.."`;

export const grafana: Row = {
  title: "Grafana",
  panels: [
    timeseries(
      "Failed queries",
      "Failed requests to datasources per second: those with an error as response, and those without a response.",
    )
      .span(12)
      .unit(units.RequestsPerSecond)
      .thresholds(redFrom(limits.lost))
      .withTarget(
        query(
          "A",
          orNone(
            rate("grafana_datasource_request_total", failed, ["datasource"]),
            `grafana_datasource_request_total{${failed}}`,
            rate("grafana_datasource_request_total", grafanaJob),
            "datasource",
            "all",
          ),
          "{{datasource}}: error",
        ),
      )
      // A datasource that can't be reached has no response, so only its plugin counts the failure.
      .withTarget(
        query(
          "B",
          rate("grafana_plugin_request_total", `${grafanaJob}, status="error"`, ["plugin_id"]),
          "{{plugin_id}}: no response",
        ),
      ),

    timeseries("Failed rule evaluations", "Failed evaluations of alert rules per second. These rules can't fire.")
      .span(12)
      .unit(units.OpsPerSecond)
      .thresholds(redFrom(limits.lost))
      .withTarget(query("A", rate("grafana_alerting_rule_evaluation_failures_total", grafanaJob), "failures")),
  ],
};
