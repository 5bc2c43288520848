import fc from "fast-check";
import { env } from "../../src/index.ts";
import type { StackDefinition } from "../../src/stack/index.ts";
import { serviceTypes } from "../../src/stack/services/index.ts";

/** The environment variable of all secrets in generated definitions. */
export const VARIABLE = "STACK_TEST_SECRET";

const duration = fc.constantFrom("5s", "15s", "1m", "90s", "12h", "7d", "2w");
/** Characters that YAML parsers fold, strip, escape or reject. */
const UNUSUAL = [" ", "\t", "\n", "\r", "\u0085", "\u00a0", "\u2028", "\u2029", "\ufeff", "\u0001", "\u007f", "\uffff"];
/** Strings with characters that are special in YAML, Compose or the collector. */
const text = fc.oneof(
  fc.string({
    minLength: 1,
    maxLength: 20,
    unit: fc.constantFrom("a", "B", "1", "$", "{", "}", " ", ":", "#", '"', "'", "\\", "é", "\n", "%", "-"),
  }),
  fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom("a", "#", "\n", ...UNUSUAL, "\u{1f600}") }),
  // YAML uses different styles for long strings with line breaks.
  fc.string({ minLength: 60, maxLength: 120, unit: fc.constantFrom("a", "b", " ", "\n", ...UNUSUAL) }),
  fc.constantFrom(
    "on",
    "1_000",
    "12:30",
    "0x1f",
    "null",
    "~",
    "$HOME",
    "${HOME}",
    "$$",
    "${HOME:?no}",
    "{{ . }}",
    "=",
    "<<",
    "0o7",
    "2001-12-14",
    "1e3",
  ),
);
const environment = fc.dictionary(fc.constantFrom("MODE", "_A1", "LEVEL"), fc.oneof(text, fc.constant(env(VARIABLE))), {
  maxKeys: 3,
});
const common = {
  scrapeInterval: fc.constantFrom("30s", "1m"),
  memory: fc.constantFrom("64m", "512m", "2g"),
  version: fc.constantFrom("v1.2.3", "3.0"),
  image: fc.constantFrom("mirror.example.org:5000/own/image:1.0", `own/image@sha256:${"0".repeat(64)}`),
  environment,
};

function settings(own: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(false as const) },
    { weight: 3, arbitrary: fc.record({ ...common, ...own }, { requiredKeys: [] }) },
  );
}

const names = serviceTypes.map(({ name }) => name);

/** Unique host ports per service; some are defaults and some are not published. */
const ports = fc
  .record({
    first: fc.integer({ min: 20_000, max: 65_000 }),
    choices: fc.array(fc.constantFrom("default", "other", "none"), { minLength: 1, maxLength: 20 }),
  })
  .map(({ first, choices }) => {
    let index = 0;
    return Object.fromEntries(
      serviceTypes.map((type) => {
        const chosen = Object.keys(type.ports).flatMap((port) => {
          const choice = choices[index++ % choices.length];
          return choice === "default" ? [] : [[port, choice === "none" ? false : first + index] as const];
        });
        return [type.name, Object.fromEntries(chosen)] as const;
      }),
    );
  });

const services = fc.record(
  {
    prometheus: settings({ retention: duration, retentionSize: fc.constantFrom("10g", "500m") }),
    grafana: settings({ adminUser: fc.constantFrom("root", "$user"), dashboardNewLayouts: fc.boolean() }),
    loki: settings({ retention: fc.constantFrom("24h", "7d", "2w") }),
    alloy: settings({}),
    promtail: settings({}),
    "otel-collector": settings({ sampling: fc.constantFrom(0, 0.5, 25, 100) }),
    jaeger: settings({
      storage: fc.constantFrom(
        "memory",
        "badger",
        { elasticsearch: "https://es.example.org:9200/a$b" },
        { elasticsearch: "http://host.docker.internal:9200", username: "${user}" },
      ),
      maxTraces: fc.constantFrom(1, 1_000_000),
    }),
    redis: settings({ maxMemory: fc.constantFrom("16m", "60m"), maxMemoryPolicy: fc.constant("allkeys-lru") }),
    "redis-exporter": settings({ redis: fc.constant("cache:6379") }),
    alertmanager: settings({ webhook: fc.constant("http://host.docker.internal:8009/alerts?a=$b") }),
    "node-exporter": settings({}),
    "blackbox-exporter": settings({ targets: fc.constant(["https://example.org/?a=$b"]), interval: duration }),
    "fastapi-backend": fc.record(common, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

type Generated = Partial<Record<(typeof names)[number], false | Record<string, unknown>>>;

/** Makes independently generated settings consistent with each other. */
function consistent(generated: Generated, collector: "alloy" | "promtail", isExample: boolean): Generated {
  const { jaeger, redis, loki } = generated;
  const others = { ...generated };
  const unselected = [collector === "alloy" ? "promtail" : "alloy", ...(isExample ? [] : ["fastapi-backend"])] as const;
  for (const name of unselected) delete others[name as (typeof names)[number]];
  const exporter = others["redis-exporter"];
  return {
    ...others,
    ...(loki === false && others[collector] ? { [collector]: false } : {}),
    ...(redis === false && exporter && exporter["redis"] === undefined ? { "redis-exporter": false } : {}),
    ...(jaeger && typeof jaeger["storage"] === "object"
      ? { jaeger: { ...jaeger, environment: { ELASTICSEARCH_PASSWORD: env(VARIABLE) } } }
      : {}),
    ...(names.every((name) => others[name] === false || unselected.includes(name)) ? { prometheus: {} } : {}),
  };
}

/** Valid definitions. */
export const definitions: fc.Arbitrary<StackDefinition> = fc
  .tuple(
    fc.record(
      {
        name: fc.constantFrom("acme", "a", "team-7"),
        network: fc.oneof(fc.constant("shared"), fc.record({ name: fc.constant("apps"), external: fc.boolean() })),
        bind: fc.constantFrom("127.0.0.1", "0.0.0.0", "::1", "192.168.1.7"),
        registry: fc.constantFrom("mirror.example.org", "localhost:5000/hub"),
        environment: text,
        scrapeInterval: duration,
        evaluationInterval: duration,
        hostGateway: fc.constantFrom("host-gateway", "172.17.0.1", "fd00::1"),
        logRotation: fc.record({ maxSize: fc.constant("1m"), maxFiles: fc.constant(9) }, { requiredKeys: [] }),
        scrape: fc.constantFrom([], [{ job: "db", targets: ["db:9187"], interval: "1m", labels: { tier: "$data" } }]),
        backend: fc.constantFrom(false as const, "example" as const, { target: "backend:8000", job: "api" }),
        logs: fc.record(
          {
            collector: fc.constantFrom("alloy", "promtail"),
            containers: fc.constantFrom(false as const, "/var/lib/docker/containers"),
            application: fc.constantFrom(false as const, "./logs", "/srv/app logs", "./lo$gs", "../${HOME}"),
            tenant: fc.constantFrom("other", "a.b-c_d"),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    ),
    services,
    ports,
  )
  .map(([definition, generated, chosen]) => {
    const isExample = definition.backend === "example";
    const kept = consistent(generated, definition.logs?.collector ?? "alloy", isExample);
    const published = Object.entries(kept).map(([name, one]) => [name, one && { ...one, ports: chosen[name] }]);
    const { application, ...logs } = definition.logs ?? {};
    return {
      ...definition,
      // The example writes its logs to a volume.
      ...(isExample && application ? { logs } : {}),
      services: Object.fromEntries(published),
    };
  });
