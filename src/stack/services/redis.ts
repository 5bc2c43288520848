import { z } from "zod";
import { serviceType, type CommonSettings } from "../service.ts";
import { Bytes, kibibytes } from "../settings.ts";

export interface RedisSettings extends CommonSettings<"redis"> {
  /** How much its data may take; below the container's memory. Default: half of it. */
  readonly maxMemory?: string;
  /** What happens when they take as much: Redis' own names. Default: `"noeviction"`. */
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
        // Without a password Redis would answer its own container alone. Who else may ask is decided by what is published.
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
