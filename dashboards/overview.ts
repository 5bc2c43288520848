import { board } from "./_shared/board.ts";
import { uids } from "./_shared/links.ts";
import { alertsAndTargets } from "./overview/_alerts-and-targets.ts";
import { backend } from "./overview/_backend.ts";
import { grafana } from "./overview/_grafana.ts";
import { headline } from "./overview/_headline.ts";
import { hosts } from "./overview/_hosts.ts";
import { logging } from "./overview/_logging.ts";
import { metrics } from "./overview/_metrics.ts";
import { redis } from "./overview/_redis.ts";
import { tracing } from "./overview/_tracing.ts";

export default board({
  uid: uids.overview,
  title: "ToolboxAI Overview",
  description: "Firing alerts, targets that are down, and the state of the backend and of the monitoring itself.",
  tags: ["overview"],
  headline,
  rows: [alertsAndTargets, backend, metrics, logging, tracing, redis, hosts, grafana],
});
