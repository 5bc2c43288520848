import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { redRow, type Work } from "../_shared/red.ts";
import { backendJob } from "./_jobs.ts";

/** All requests of the backend: the dashboard "FastAPI Application Metrics" takes them apart. */
export const requests: Work = {
  noun: "requests",
  counter: "http_requests_total",
  histogram: "http_request_duration_seconds",
  filter: backendJob,
  failed: 'status=~"5.."',
  by: ["method"],
  unit: units.RequestsPerSecond,
  limits: { errorRatio: limits.errorRatio, duration: limits.responseTime },
};

export const backend = redRow(requests, "Backend");
