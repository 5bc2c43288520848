import { board } from "./_shared/board.ts";
import { uids } from "./_shared/links.ts";
import { activeSpans } from "./jaeger/_active-spans.ts";
import { agentTasks } from "./jaeger/_agent-tasks.ts";
import { databaseAndHttp } from "./jaeger/_database-and-http.ts";
import { dependencies } from "./jaeger/_dependencies.ts";
import { errors } from "./jaeger/_errors.ts";
import { variables } from "./jaeger/_filters.ts";
import { headline } from "./jaeger/_headline.ts";
import { latency } from "./jaeger/_latency.ts";
import { oneTrace, timeline } from "./jaeger/_timeline.ts";

// Jaeger has no metrics of traces. Rates, errors and durations come from the span metrics that the collector generates:
// see "Spans" in METRICS.md.

export default board({
  uid: uids.jaeger,
  title: "Jaeger Distributed Tracing",
  description: "Traces of one service: durations, errors, and calls between services.",
  tags: ["jaeger", "traces"],
  variables,
  headline,
  rows: [timeline, oneTrace, dependencies, latency, errors, activeSpans, databaseAndHttp, agentTasks],
});
