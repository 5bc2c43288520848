import fc from "fast-check";
import { env } from "../../src/index.ts";
import type { StackDefinition } from "../../src/stack/index.ts";

const duration = fc.constantFrom("5s", "15s", "1m", "90s", "12h", "7d", "2w");
const text = fc.string({
  minLength: 1,
  maxLength: 20,
  unit: fc.constantFrom("a", "B", "1", "$", "{", "}", " ", ":", "#", '"', "'", "\\", "é"),
});
const common = {
  scrapeInterval: fc.constantFrom("30s", "1m"),
  memory: fc.constantFrom("64m", "512m", "2g"),
  version: fc.constantFrom("v1.2.3", "3.0"),
};

function settings(own: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(false as const) },
    {
      weight: 3,
      arbitrary: fc.record({ ...common, ...own }, { requiredKeys: [] }),
    },
  );
}

/** Definitions that are right, from none of its settings to all of them. */
export const definitions: fc.Arbitrary<StackDefinition> = fc
  .record(
    {
      name: fc.constantFrom("acme", "a", "team-7"),
      network: fc.oneof(fc.constant("shared"), fc.record({ name: fc.constant("apps"), external: fc.boolean() })),
      bind: fc.constantFrom("127.0.0.1", "0.0.0.0", "::1", "192.168.1.7"),
      registry: fc.constantFrom("mirror.example.org", "localhost:5000/hub"),
      environment: text,
      scrapeInterval: duration,
      scrape: fc.constantFrom([], [{ job: "db", targets: ["db:9187"], interval: "1m", labels: { tier: "data" } }]),
      backend: fc.oneof(fc.constant(false as const), fc.constant({ target: "backend:8000", job: "api" })),
      logs: fc.record(
        {
          collector: fc.constantFrom("alloy", "promtail"),
          containers: fc.constantFrom(false as const, "/var/lib/docker/containers"),
          application: fc.constantFrom(false as const, "./logs", "/srv/app logs"),
        },
        { requiredKeys: [] },
      ),
      services: fc.record(
        {
          prometheus: settings({ retention: duration, retentionSize: fc.constantFrom("10g", "500m") }),
          grafana: settings({
            environment: fc.record({ GF_APP_MODE: text, GF_SMTP_PASSWORD: fc.constant(env("STACK_TEST_SECRET")) }),
          }),
          loki: settings({ retention: duration }),
          "otel-collector": settings({ sampling: fc.constantFrom(0, 0.5, 25, 100) }),
          jaeger: settings({
            storage: fc.constantFrom("memory", "badger", { elasticsearch: "https://es.example.org:9200" } as const),
          }),
          redis: settings({ maxMemory: fc.constantFrom("16m", "60m") }),
          "redis-exporter": settings({ redis: fc.constant("cache:6379") }),
          alertmanager: settings({ webhook: fc.constant("http://host.docker.internal:8009/alerts?a=$b") }),
          "node-exporter": settings({}),
          "blackbox-exporter": settings({ targets: fc.constant(["https://example.org"]) }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  .map((definition) => definition as StackDefinition);
