import { z } from "zod";
import { serviceType, type CommonSettings } from "../service.ts";
import { Bytes, kibibytes } from "../settings.ts";

export interface RedisSettings extends CommonSettings<"redis"> {
  /** Memory limit for data; must be below `memory`. Default: half of `memory`. */
  readonly maxMemory?: string;
  /** Eviction policy at that limit. Default: `"noeviction"`. */
  readonly maxMemoryPolicy?:
    | "noeviction"
    | "allkeys-lru"
    | "allkeys-lfu"
    | "allkeys-random"
    | "volatile-lru"
    | "volatile-lfu"
    | "volatile-random"
    | "volatile-ttl";
}

export const redis = serviceType({
  name: "redis",
  title: "Redis",
  image: { repository: "redis", version: "8.8-alpine" },
  container: "redis",
  ports: { redis: { container: 6379, host: 6379, what: "Redis" } },
  memory: "512m",
  settings: z.strictObject({
    maxMemory: Bytes.exactOptional(),
    maxMemoryPolicy: z
      .enum([
        "noeviction",
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
      ])
      .default("noeviction"),
  }),
  after: [],
  check: { type: "redis", port: "redis" },
  main: "redis",
  parts({ settings: { maxMemory, maxMemoryPolicy }, memory }) {
    return {
      command: [
        "redis-server",
        "--bind",
        "0.0.0.0",
        // Protected mode would reject other containers, since there is no password. Access is limited by the published port.
        "--protected-mode",
        "no",
        "--dir",
        "/data",
        "--appendonly",
        "yes",
        "--maxmemory",
        maxMemory === undefined ? `${Math.floor(kibibytes(memory) / 2)}kb` : `${maxMemory}b`,
        "--maxmemory-policy",
        maxMemoryPolicy,
      ],
      mounts: [{ type: "volume", name: "redis-data", target: "/data" }],
      probe: ["redis-cli", "ping"],
      keepsCapabilities: true,
    };
  },
});
