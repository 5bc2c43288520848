import * as units from "@grafana/grafana-foundation-sdk/units";
import { loki } from "../../datasources/loki.ts";
import { limits } from "../_shared/limits.ts";
import { toSameTime } from "../_shared/links.ts";
import { logMetric, perMinute } from "../_shared/logql.ts";
import { events, PER_SECOND, timeseries } from "../_shared/panels.ts";
import { orNone, query, rate } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { alloyJob, lokiJob, promtailJob } from "./_jobs.ts";

const received = rate("loki_distributor_bytes_received_total", lokiJob);

/** Requests to Loki that it can't answer. */
const failed = `${lokiJob}, status_code=~"5.."`;

/** Only one of them collects the logs. */
const sentBy = {
  alloy: rate("loki_write_sent_entries_total", alloyJob),
  promtail: rate("promtail_sent_entries_total", promtailJob),
};

export const logging: Row = {
  title: "Logs: Loki and its collector",
  panels: [
    timeseries("Ingestion", "Bytes of log lines that Loki received per second.")
      .span(8)
      .unit(units.BytesPerSecondSI)
      .withTarget(query("A", received, "received"))
      .dataLinks([toSameTime.logs]),

    timeseries("Discarded by Loki", "Lost lines that Loki rejected, by reason: too old, too many, too long.")
      .span(8)
      .unit(PER_SECOND)
      .thresholds(redFrom(limits.lost))
      .withTarget(
        query(
          "A",
          orNone(
            rate("loki_discarded_samples_total", lokiJob, ["reason"]),
            `loki_discarded_samples_total{${lokiJob}}`,
            received,
            "reason",
            "none",
          ),
          "{{reason}}",
        ),
      ),

    timeseries("Failed requests to Loki", "Requests to Loki with 5xx per second, for writes and reads.")
      .span(8)
      .unit(units.RequestsPerSecond)
      .thresholds(redFrom(limits.lost))
      .withTarget(
        query(
          "A",
          orNone(
            rate("loki_request_duration_seconds_count", failed, ["route"]),
            `loki_request_duration_seconds_count{${failed}}`,
            rate("loki_request_duration_seconds_count", lokiJob),
            "route",
            "none",
          ),
          "{{route}}",
        ),
      ),

    events(
      "Lines by source",
      "Received lines per minute by the collector's job. If a source has no lines, its logs are no longer collected.",
    )
      .datasource(loki.ref)
      .span(8)
      .withTarget(logMetric("A", perMinute('{job=~".+"}', ["job"]), "{{job}}")),

    timeseries("Lines sent", "Lines that the log collector, Alloy or Promtail, sent to Loki per second.")
      .span(8)
      .unit(PER_SECOND)
      .withTarget(query("A", sentBy.alloy, "Alloy"))
      .withTarget(query("B", sentBy.promtail, "Promtail")),

    timeseries("Lines dropped", "Lost lines that the log collector dropped, by reason.")
      .span(8)
      .unit(PER_SECOND)
      .thresholds(redFrom(limits.lost))
      .withTarget(
        query(
          "A",
          orNone(
            rate("loki_write_dropped_entries_total", alloyJob, ["reason"]),
            `loki_write_dropped_entries_total{${alloyJob}}`,
            sentBy.alloy,
            "reason",
            "none",
          ),
          "{{reason}}",
        ),
      )
      .withTarget(
        query(
          "B",
          orNone(
            rate("promtail_dropped_entries_total", promtailJob, ["reason"]),
            `promtail_dropped_entries_total{${promtailJob}}`,
            sentBy.promtail,
            "reason",
            "none",
          ),
          "{{reason}}",
        ),
      ),
  ],
};
