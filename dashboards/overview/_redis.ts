import * as units from "@grafana/grafana-foundation-sdk/units";
import { limits } from "../_shared/limits.ts";
import { linkTo, uids } from "../_shared/links.ts";
import { states, timeseries } from "../_shared/panels.ts";
import { query, rate } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { redisJob } from "./_jobs.ts";

const used = `sum(redis_memory_used_bytes{${redisJob}})`;
const allowed = `(sum(redis_memory_max_bytes{${redisJob}}) > 0)`;

export const redis: Row = {
  title: "Redis",
  panels: [
    states("Redis answers", "Whether the exporter can connect to Redis.", { good: "up", bad: "down" })
      .span(8)
      .withTarget(query("A", `min(redis_up{${redisJob}})`, "Redis")),

    timeseries("Redis memory", "Memory that Redis uses, as a share of `maxmemory`. No data if that is not set.")
      .span(8)
      .unit(units.PercentUnit)
      .max(1)
      .thresholds(redFrom(limits.redisMemory))
      .withTarget(query("A", `${used} / ${allowed}`, "used")),

    timeseries("Commands of Redis", "Commands per second.")
      .span(8)
      .unit(units.OpsPerSecond)
      .withTarget(query("A", rate("redis_commands_total", redisJob), "commands"))
      .dataLinks([linkTo(uids.fastapi, "The backend's dashboard")]),
  ],
};
