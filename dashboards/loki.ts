import { board } from "./_shared/board.ts";
import { uids } from "./_shared/links.ts";
import { agents } from "./loki/_agents.ts";
import { apiRequests } from "./loki/_api-requests.ts";
import { database } from "./loki/_database.ts";
import { errors } from "./loki/_errors.ts";
import { variables } from "./loki/_filters.ts";
import { headline } from "./loki/_headline.ts";
import { security } from "./loki/_security.ts";
import { sources } from "./loki/_sources.ts";
import { volume } from "./loki/_volume.ts";

// "Log lines" in METRICS.md describes what the lines must contain.

export default board({
  uid: uids.loki,
  title: "Loki Logs Visualization",
  description: "Log files of the application, output of the containers, and log lines that arrive over OTLP.",
  tags: ["loki", "logs"],
  variables,
  headline,
  rows: [volume, errors, sources, apiRequests, database, agents, security],
});
