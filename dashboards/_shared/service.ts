import type { Dashboard } from "grafana-provision";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { board, type Board } from "./board.ts";
import { limits } from "./limits.ts";
import { stat } from "./panels.ts";
import { processRow } from "./process.ts";
import { query } from "./queries.ts";
import { redRow, redStats, type Work } from "./red.ts";
import { redBelow } from "./thresholds.ts";
import { metricLabel } from "./variables.ts";

export interface Service extends Pick<Board, "uid" | "title" | "description" | "tags"> {
  /** The job that Prometheus scrapes it as. */
  readonly job: string;
  /** What it does, and how it counts that. Default: it answers HTTP requests, with the metrics of METRICS.md. */
  readonly work?: Omit<Work, "filter">;
  /** Beside what every service has. Their queries take `filter`: label matchers of the job and the chosen instances. */
  readonly rows?: (filter: string) => Board["rows"];
}

/** Requests over HTTP, as METRICS.md has services count them. */
export const HTTP: Omit<Work, "filter"> = {
  noun: "requests",
  counter: "http_requests_total",
  histogram: "http_request_duration_seconds",
  failed: 'status=~"5.."',
  by: ["method", "path"],
  unit: units.RequestsPerSecond,
  limits: { errorRatio: limits.errorRatio, duration: limits.responseTime },
};

/** The dashboard of a service: whether it is up, what it is asked, what fails, how long it takes, and what that costs. */
export function serviceDashboard({ job, work = HTTP, rows = () => [], ...about }: Service): Dashboard {
  const filter = `job="${job}", instance=~"$instance"`;
  const all: Work = { ...work, filter };
  return board({
    ...about,
    variables: [metricLabel("instance", "Instance", "up", `job="${job}"`).allValue(".*")],
    headline: [
      stat("Instances up", "Share of the instances that Prometheus can scrape.")
        .unit(units.PercentUnit)
        .thresholds(redBelow(1))
        .withTarget(query("A", `avg(up{${filter}})`, "Up")),
      ...redStats(all),
    ].map((panel) => panel.span(6)),
    rows: [redRow(all), ...rows(filter), processRow(filter, limits)],
  });
}
