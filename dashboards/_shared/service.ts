import type { Dashboard } from "grafana-provision";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { board, type Board } from "./board.ts";
import { limits } from "./limits.ts";
import { stat } from "./panels.ts";
import { processRow } from "./process.ts";
import { now } from "./queries.ts";
import { redRow, redStats, type Work } from "./red.ts";
import { redBelow } from "./thresholds.ts";
import { metricLabel } from "./variables.ts";

export interface Service extends Pick<Board, "uid" | "title" | "description" | "tags"> {
  /** Its scrape job in Prometheus. */
  readonly job: string;
  /** Its unit of work. Default: HTTP requests, with the metrics in METRICS.md. */
  readonly work?: Omit<Work, "filter">;
  /** Additional rows. `filter` has the label matchers of the job and the selected instances. */
  readonly rows?: (filter: string) => Board["rows"];
}

/** HTTP requests, with the metrics in METRICS.md. */
export const HTTP: Omit<Work, "filter"> = {
  noun: "requests",
  counter: "http_requests_total",
  histogram: "http_request_duration_seconds",
  failed: 'status=~"5.."',
  by: ["method", "path"],
  unit: units.RequestsPerSecond,
  limits: { errorRatio: limits.errorRatio, duration: limits.responseTime },
};

/** A shorter word: "Failed requests" does not fit above a quarter of the page. */
const CALLS = { ...HTTP, noun: "calls" };

/** The dashboard of a service: availability, rate, failures, duration and use of resources. */
export function serviceDashboard({ job, work = CALLS, rows = () => [], ...about }: Service): Dashboard {
  const filter = `job="${job}", instance=~"$instance"`;
  const all: Work = { ...work, filter };
  return board({
    ...about,
    variables: [metricLabel("instance", "Instance", "up", `job="${job}"`).allValue(".*")],
    headline: [
      stat("Instances up", "Share of the instances that Prometheus can scrape.")
        .unit(units.PercentUnit)
        .thresholds(redBelow(1))
        .withTarget(now("A", `avg(up{${filter}})`, "Up")),
      ...redStats(all),
    ].map((panel) => panel.span(6)),
    rows: [redRow(all), ...rows(filter), processRow(filter, limits)],
  });
}
