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

// The metrics that the backend has to expose for this: METRICS.md.

export default board({
  uid: uids.fastapi,
  title: "FastAPI Application Metrics",
  description: "The ToolboxAI backend: its HTTP traffic, the process, its database, Redis and the agents.",
  tags: ["fastapi", "prometheus"],
  variables,
  headline,
  // A panel is added in its row's file, a row here.
  rows: [requests, statusCodes, connections, resources, database, redisOperations, agents],
});
