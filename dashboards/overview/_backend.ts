import { redRow, type Work } from "../_shared/red.ts";
import { HTTP } from "../_shared/service.ts";
import { backendJob } from "./_jobs.ts";

/** All requests to the backend. The dashboard "FastAPI Application Metrics" has the details. */
export const requests: Work = { ...HTTP, filter: backendJob, by: ["method"] };

export const backend = redRow(requests, "Backend");
