import { board } from "./_shared/board.ts";
import { uids } from "./_shared/links.ts";
import { agents } from "./fastapi/_agents.ts";
import { connections } from "./fastapi/_connections.ts";
import { database } from "./fastapi/_database.ts";
import { variables } from "./fastapi/_filters.ts";
import { headline } from "./fastapi/_headline.ts";
import { redisOperations } from "./fastapi/_redis.ts";
import { requests } from "./fastapi/_requests.ts";
import { resources } from "./fastapi/_resources.ts";
import { statusCodes } from "./fastapi/_status-codes.ts";

// METRICS.md lists the metrics that the backend must expose.

export default board({
  uid: uids.fastapi,
  title: "FastAPI Application Metrics",
  description: "The ToolboxAI backend: its HTTP traffic, the process, its database, Redis and the agents.",
  tags: ["fastapi", "prometheus"],
  variables,
  headline,
  // Add rows here, and panels in the files of their rows.
  rows: [requests, statusCodes, connections, resources, database, redisOperations, agents],
});
