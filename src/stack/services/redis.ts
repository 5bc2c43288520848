import { z } from "zod";
import { certificateSecrets, hasFiles, inContainer, SECRET, TLS_FILES } from "../access.ts";
import type { ServedAccess } from "../access-types.ts";
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

/** With a certificate in files, connections without TLS are impossible. */
function secured(access: ServedAccess): string[] {
  const tls = hasFiles(access)
    ? [
        ["--port", "0"],
        ["--tls-port", "6379"],
        ["--tls-cert-file", TLS_FILES.certificate],
        ["--tls-key-file", TLS_FILES.key],
        ["--tls-auth-clients", "no"],
      ]
    : [];
  return ["--aclfile", inContainer(SECRET.redisUsers), ...tls.flat()];
}

function probe(access: ServedAccess | undefined): string[] | string {
  if (access === undefined) return ["redis-cli", "ping"];
  const tls = hasFiles(access) ? "--tls --insecure " : "";
  // redis-cli exits with 0 after an error reply.
  return `REDISCLI_AUTH="$(cat ${inContainer(SECRET.redis)})" redis-cli ${tls}ping | grep -q PONG`;
}

export const redis = serviceType({
  name: "redis",
  title: "Redis",
  image: { repository: "redis", version: "8.8-alpine" },
  container: "redis",
  ports: { redis: { container: 6379, host: 6379, what: "Redis", protocol: "tcp" } },
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
  guard: "acl",
  check: { type: "redis", port: "redis" },
  main: "redis",
  user: 999,
  parts({ settings: { maxMemory, maxMemoryPolicy }, memory }, { access }) {
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
        ...(access === undefined ? [] : secured(access)),
      ],
      mounts: [{ type: "volume", name: "redis-data", target: "/data" }],
      ...(access === undefined
        ? {}
        : {
            secrets: [SECRET.redisUsers, SECRET.redis, ...certificateSecrets(access)],
            secretsAtStart: [SECRET.redisUsers],
          }),
      probe: probe(access),
      keepsCapabilities: true,
      readOnlyRoot: "production",
    };
  },
});
