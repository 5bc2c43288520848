import * as units from "@grafana/grafana-foundation-sdk/units";
import { stacked, timeseries } from "../_shared/panels.ts";
import { query, rate } from "../_shared/queries.ts";
import type { Row } from "../_shared/rows.ts";
import { asBound } from "../_shared/thresholds.ts";
import { redis } from "./_filters.ts";

const hits = rate("redis_keyspace_hits_total", redis);
const misses = rate("redis_keyspace_misses_total", redis);

const calls = rate("redis_commands_total", redis, ["cmd"]);
const seconds = rate("redis_commands_duration_seconds_total", redis, ["cmd"]);

export const redisOperations: Row = {
  title: "Redis operations metrics",
  panels: [
    stacked("Commands", "Commands that Redis ran in a second.")
      .span(8)
      .unit(units.OpsPerSecond)
      .withTarget(query("A", calls, "{{cmd}}")),

    timeseries("Average time by command", "Time in Redis itself, without the network. The exporter knows no quantiles.")
      .span(8)
      .unit(units.Seconds)
      .withTarget(query("A", `${seconds} / (${calls} > 0)`, "{{cmd}}")),

    timeseries(
      "Hit ratio",
      "Share of look-ups that found their key. A fall means a cold cache, or keys evicted too early.",
    )
      .span(8)
      .unit(units.PercentUnit)
      .max(1)
      .withTarget(query("A", `${hits} / (${hits} + ${misses} > 0)`, "Hits")),

    timeseries("Memory", "Memory that Redis uses. The dashed line is `maxmemory`, and absent where that is unlimited.")
      .span(8)
      .unit(units.BytesSI)
      .withTarget(query("A", `sum(redis_memory_used_bytes{${redis}})`, "used"))
      .withTarget(query("B", `sum(redis_memory_max_bytes{${redis}}) > 0`, "limit"))
      .overrideByName("limit", asBound()),

    timeseries("Clients", "Connected clients, and those that wait in a blocking command such as BLPOP.")
      .span(8)
      .unit(units.Short)
      .withTarget(query("A", `sum(redis_connected_clients{${redis}})`, "connected"))
      .withTarget(query("B", `sum(redis_blocked_clients{${redis}})`, "blocked")),

    timeseries("Keys removed", "Expired keys reached the end of their life; evicted ones had to make room for others.")
      .span(8)
      .unit(units.OpsPerSecond)
      .withTarget(query("A", rate("redis_expired_keys_total", redis), "expired"))
      .withTarget(query("B", rate("redis_evicted_keys_total", redis), "evicted")),
  ],
};
