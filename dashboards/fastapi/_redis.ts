import * as units from "@grafana/grafana-foundation-sdk/units";
import { allNames, stacked, timeseries } from "../_shared/panels.ts";
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
    stacked("Commands", "Commands per second.")
      .span(8)
      .unit(units.OpsPerSecond)
      .legend(allNames())
      .withTarget(query("A", calls, "{{cmd}}")),

    timeseries("Average time by command", "Time in Redis, without the network. The exporter has no quantiles.")
      .span(8)
      .unit(units.Seconds)
      .legend(allNames())
      .withTarget(query("A", `${seconds} / (${calls} > 0)`, "{{cmd}}")),

    timeseries(
      "Hit ratio",
      "Share of lookups that found a key. If it falls, the cache is cold, or keys are evicted too early.",
    )
      .span(8)
      .unit(units.PercentUnit)
      .max(1)
      .withTarget(query("A", `${hits} / (${hits} + ${misses} > 0)`, "Hits")),

    timeseries("Memory", "Memory that Redis uses. The dashed line is `maxmemory`, if it is set.")
      .span(8)
      .unit(units.BytesSI)
      .withTarget(query("A", `sum(redis_memory_used_bytes{${redis}})`, "used"))
      .withTarget(query("B", `sum(redis_memory_max_bytes{${redis}}) > 0`, "limit"))
      .overrideByName("limit", asBound()),

    timeseries("Clients", "Connected clients, and clients that wait in a blocking command such as BLPOP.")
      .span(8)
      .unit(units.Short)
      .withTarget(query("A", `sum(redis_connected_clients{${redis}})`, "connected"))
      .withTarget(query("B", `sum(redis_blocked_clients{${redis}})`, "blocked")),

    timeseries(
      "Keys removed",
      "Expired keys reached their time to live. Evicted keys were removed because of `maxmemory`.",
    )
      .span(8)
      .unit(units.OpsPerSecond)
      .withTarget(query("A", rate("redis_expired_keys_total", redis), "expired"))
      .withTarget(query("B", rate("redis_evicted_keys_total", redis), "evicted")),
  ],
};
