import { z } from "zod";
import { ownJob, serviceType, type CommonSettings, type Service } from "../service.ts";
import { Target } from "../settings.ts";

export interface RedisExporterSettings extends CommonSettings {
  /**
   * Another Redis than the stack's own: `"host.docker.internal:6379"`. One with a password is given as
   * `environment: { REDIS_ADDR: env("…") }`. Without either, and without the stack's own, it doesn't run.
   */
  readonly redis?: string;
}

/** Its own variable for whom it asks. */
const ADDRESS = "REDIS_ADDR";

export const redisExporter = serviceType({
  name: "redis-exporter",
  title: "Redis exporter",
  // The image without -alpine has no shell, and so no probe.
  image: { repository: "oliver006/redis_exporter", version: "v1.89.0-alpine" },
  container: "redis-exporter",
  ports: { http: { container: 9121, host: 9121, what: "HTTP" } },
  memory: "64m",
  settings: z.strictObject({ redis: Target.exactOptional() }),
  needs: (own) => (asksAnother(own) ? undefined : "redis"),
  after: ["redis"],
  check: { type: "http", port: "http", path: "/health" },
  main: "http",
  parts(own, stack) {
    const address = own.settings.redis ?? stack.address("redis", "redis");
    return {
      ...(address === undefined ? {} : { environment: { [ADDRESS]: `redis://${address}` } }),
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9121/health"],
      asksHost: asksAnother(own),
    };
  },
  scrape: (_own, stack) => ownJob("redis-exporter", stack.address("redis-exporter", "http")),
});

function asksAnother({ settings, environment }: Service<RedisExporterSettings>): boolean {
  return settings.redis !== undefined || Object.hasOwn(environment, ADDRESS);
}
