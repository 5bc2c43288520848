import { z } from "zod";
import { hasFiles, inContainer, SECRET } from "../access.ts";
import { ownJob, serviceType, type CommonSettings, type Service } from "../service.ts";
import { Target } from "../settings.ts";

export interface RedisExporterSettings extends CommonSettings {
  /**
   * Address of a Redis outside the stack: `"host.docker.internal:6379"`. For one with a password, use
   * `environment: { REDIS_ADDR: env("…") }`. Default: the stack's Redis; if that is disabled, so is the exporter.
   */
  readonly redis?: string;
}

/** The exporter's environment variable for the address of Redis. */
const ADDRESS = "REDIS_ADDR";

export const redisExporter = serviceType({
  name: "redis-exporter",
  title: "Redis exporter",
  // Health checks need a shell, which only the -alpine image has.
  image: { repository: "oliver006/redis_exporter", version: "v1.89.0-alpine" },
  container: "redis-exporter",
  ports: { http: { container: 9121, host: 9121, what: "HTTP" } },
  memory: "64m",
  settings: z.strictObject({ redis: Target.exactOptional() }),
  needs: (own) => (isExternal(own) ? undefined : "redis"),
  after: ["redis"],
  check: { type: "http", port: "http", path: "/health" },
  main: "http",
  user: 59_000,
  parts(own, stack) {
    const address = own.settings.redis ?? stack.address("redis", "redis");
    const { access } = stack;
    const secured = access !== undefined && !isExternal(own);
    const scheme = secured && hasFiles(access) ? "rediss" : "redis";
    return {
      environment: {
        ...(address === undefined ? {} : { [ADDRESS]: `${scheme}://${address}` }),
        ...(secured ? { REDIS_PASSWORD_FILE: inContainer(SECRET.redisExporter) } : {}),
        // The certificate has the name of the published host, and the exporter can't expect another name than it connects to.
        ...(scheme === "rediss" ? { REDIS_EXPORTER_SKIP_TLS_VERIFICATION: "true" } : {}),
      },
      ...(secured ? { secrets: [SECRET.redisExporter], secretsAtStart: [SECRET.redisExporter] } : {}),
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9121/health"],
      connectsToHost: isExternal(own),
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => ownJob("redis-exporter", stack.address("redis-exporter", "http")),
});

function isExternal({ settings, environment }: Service<RedisExporterSettings>): boolean {
  return settings.redis !== undefined || Object.hasOwn(environment, ADDRESS);
}
