import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "grafana-provision";
import { addRows } from "./_rows.ts";
import { agents } from "./fastapi/_agents.ts";
import { connections } from "./fastapi/_connections.ts";
import { database } from "./fastapi/_database.ts";
import { variables } from "./fastapi/_filters.ts";
import { overview } from "./fastapi/_overview.ts";
import { redisOperations } from "./fastapi/_redis.ts";
import { requests } from "./fastapi/_requests.ts";
import { resources } from "./fastapi/_resources.ts";
import { statusCodes } from "./fastapi/_status-codes.ts";
import { toolboxai } from "./folders.ts";

// The metrics that the backend has to expose for this: METRICS.md.

const board = new DashboardBuilder("FastAPI Application Metrics")
  .uid("fastapi")
  .description("The ToolboxAI backend: its HTTP traffic, the process, its database, Redis and the agents.")
  .tags(["toolboxai", "fastapi", "prometheus"])
  .time({ from: "now-1h", to: "now" })
  .refresh("30s")
  // The cursor stands at the same time in every panel: what else happened when the errors began?
  .tooltip(DashboardCursorSync.Crosshair)
  .variables(variables)
  .link(
    new DashboardLinkBuilder("ToolboxAI dashboards")
      .type(DashboardLinkType.Dashboards)
      .tags(["toolboxai"])
      .asDropdown(true)
      .keepTime(true),
  );

for (const panel of overview) board.withPanel(panel);

// A panel is added in its row's file, a row here.
addRows(board, [requests, statusCodes, connections, resources, database, redisOperations, agents]);

export default dashboard({ folder: toolboxai, spec: board });
