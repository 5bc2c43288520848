import { z } from "zod";
import { ownJob, serviceType, type CommonSettings } from "../service.ts";
import { Target } from "../settings.ts";

export interface RedisExporterSettings extends CommonSettings {
  /** Another Redis than the stack's own: `"host.docker.internal:6379"`. */
  readonly redis?: string;
}

export const redisExporter = serviceType({
  name: "redis-exporter",
  title: "Redis exporter",
  // The image without -alpine has no shell, and so no probe.
  image: { repository: "oliver006/redis_exporter", version: "v1.89.0-alpine" },
  container: "redis-exporter",
  ports: { http: { container: 9121, host: 9121, what: "HTTP" } },
  memory: "64m",
  settings: z.strictObject({ redis: Target.exactOptional() }),
  after: ["redis"],
  check: { type: "http", port: "http", path: "/health" },
  main: "http",
  parts({ settings }, stack) {
    const address = settings.redis ?? stack.address("redis", "redis");
    return {
      ...(address === undefined ? {} : { environment: { REDIS_ADDR: `redis://${address}` } }),
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9121/health"],
      asksHost: settings.redis !== undefined,
    };
  },
  scrape: (_own, stack) => ownJob("redis-exporter", stack.address("redis-exporter", "http")),
});
