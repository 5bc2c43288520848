import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { env } from "../../src/index.ts";
import { InvalidCodeError, type Fault } from "../../src/util/errors.ts";
import { defineStack, type StackDefinition } from "../../src/stack/index.ts";
import { ENGINES } from "../../src/stack/engine.ts";
import { SERVICE_NAMES } from "../../src/stack/names.ts";
import { faultsIn } from "../cli/support.ts";
import { testProject } from "../helpers/cli.ts";

const INVALID = "stack-setting-invalid";

function allFaults(definition: unknown): readonly Fault[] {
  try {
    defineStack(definition as StackDefinition);
  } catch (error) {
    if (!(error instanceof InvalidCodeError)) throw error;
    expect(error.code).toBe("stack-definition-invalid");
    return error.faults;
  }
  return [];
}

/** The codes of a definition's faults, by path. */
function faultsOf(definition: unknown): Record<string, string | undefined> {
  const faults = allFaults(definition);
  const codes = Object.fromEntries(faults.map(({ path = "", code }) => [path, code]));
  expect(Object.keys(codes), "one fault per path").toHaveLength(faults.length);
  return codes;
}

/** Message and hint of the fault at a path. */
function textOf(definition: unknown, at: string): string {
  const fault = allFaults(definition).find(({ path }) => path === at);
  return `${fault?.message} ${fault?.hint}`;
}

describe("defaults", () => {
  it("match the monitored system", () => {
    const stack = defineStack();
    expect(stack).toMatchObject({
      name: "toolboxai",
      network: { name: "toolboxai-monitoring", external: false },
      bind: "127.0.0.1",
      scrapeInterval: "15s",
      backend: { job: "fastapi-backend", target: "host.docker.internal:8009", interval: "10s" },
    });
    const containers = [...stack.services.values()].map(({ container, ports }) => [container, Object.values(ports)]);
    expect(Object.fromEntries(containers)).toEqual({
      "prometheus-toolboxai": [9090],
      "grafana-toolboxai": [3000],
      "grafana-loki-toolboxai": [3100],
      "alloy-toolboxai": [12345],
      "otel-toolboxai": [4317, 4318, 8888, 8889],
      "jaegertracing-toolboxai": [16686, 13133],
      "redis-toolboxai": [6379],
      "redis-exporter-toolboxai": [9121],
      "alertmanager-toolboxai": [9093],
      "node-exporter-toolboxai": [9100],
      "blackbox-exporter-toolboxai": [9115],
    });
  });

  it("derive names from the stack name", () => {
    const stack = defineStack({ name: "acme" });
    expect(stack.network.name).toBe("acme-monitoring");
    expect(stack.logs.tenant).toBe("acme");
    expect(stack.services.get("jaeger")?.container).toBe("jaegertracing-acme");
  });
});

describe("images", () => {
  it("come from the registry, except for full image references", () => {
    const { services } = defineStack({
      registry: "mirror.example.org:5000/hub",
      services: {
        prometheus: { version: "v3.13.0" },
        redis: { image: "valkey/valkey:8.1" },
        loki: { image: `grafana/loki@sha256:${"a".repeat(64)}` },
      },
    });
    expect(services.get("prometheus")?.image).toBe("mirror.example.org:5000/hub/prom/prometheus:v3.13.0");
    expect(services.get("grafana")?.image).toMatch(/^mirror\.example\.org:5000\/hub\/grafana\/grafana:\d/);
    expect(services.get("redis")?.image).toBe("valkey/valkey:8.1");
    expect(services.get("loki")?.image).toBe(`grafana/loki@sha256:${"a".repeat(64)}`);
  });

  it.each([
    [{ image: "prom/prometheus" }, "image"],
    [{ image: "localhost:5000/prom/prometheus" }, "image"],
    [{ image: "prom/prometheus:latest" }, "image"],
    [{ image: "Prom/Prometheus:v3" }, "image"],
    [{ image: "prom/prometheus:v3 --privileged" }, "image"],
    [{ image: "" }, "image"],
    [{ version: "latest" }, "version"],
    [{ version: "v3:1" }, "version"],
  ])("%o is rejected because it does not pin a version", (prometheus, property) => {
    expect(faultsOf({ services: { prometheus } })).toEqual({ [`services.prometheus.${property}`]: INVALID });
  });
});

describe("an invalid definition", () => {
  test("reports all faults at once", () => {
    expect(
      faultsOf({
        nam: "acme",
        network: "a b",
        bind: "localhost",
        registry: "https://registry.example.org",
        scrapeInterval: "5 minutes",
        hostGateway: "gateway",
        backend: { target: "http://backend:8009" },
        logs: { application: "logs", tenant: "a b" },
        logRotation: { maxFiles: 0 },
        scrape: [{ job: "", targets: ["db:0"] }],
        services: {
          promethues: {},
          prometheus: { retention: "15 days", memory: "1gb", ports: { http: 70_000, grpc: 9095 } },
          grafana: { environment: { "A-B": "x" } },
          jaeger: { storage: "cassandra" },
          loki: { retention: "0s" },
          redis: true,
          "otel-collector": { sampling: 101 },
          "redis-exporter": { redis: "redis", ports: { http: 9115 } },
          "node-exporter": { memory: "5m", environment: { SOME_TOKEN: "x" } },
          promtail: {},
          alertmanager: { webhook: "https://user:password@example.org" },
          "blackbox-exporter": { targets: ["example.com"] },
        },
      }),
    ).toEqual({
      nam: INVALID,
      network: INVALID,
      bind: INVALID,
      registry: INVALID,
      scrapeInterval: INVALID,
      hostGateway: INVALID,
      "backend.target": INVALID,
      "logs.application": INVALID,
      "logs.tenant": INVALID,
      "logRotation.maxFiles": INVALID,
      "scrape[0].job": INVALID,
      "scrape[0].targets[0]": INVALID,
      "services.promethues": INVALID,
      "services.prometheus.retention": INVALID,
      "services.prometheus.memory": INVALID,
      "services.prometheus.ports.http": INVALID,
      "services.prometheus.ports.grpc": INVALID,
      "services.grafana.environment.A-B": INVALID,
      "services.jaeger.storage": INVALID,
      "services.loki.retention": INVALID,
      "services.node-exporter.memory": INVALID,
      "services.node-exporter.environment.SOME_TOKEN": "stack-secret-in-definition",
      "services.promtail": "stack-collector-conflict",
      "services.redis": INVALID,
      "services.otel-collector.sampling": INVALID,
      "services.redis-exporter.redis": INVALID,
      "services.alertmanager.webhook": INVALID,
      "services.blackbox-exporter.targets[0]": INVALID,
      "services.blackbox-exporter.ports.http": "stack-port-conflict",
    });
  });

  test("does not report faults that follow from an invalid setting", () => {
    expect(
      faultsOf({
        backend: { job: "" },
        scrape: [{ job: "fastapi-backend", targets: ["other:8009"] }],
        logs: { collector: "fluentd" },
        services: {
          prometheus: { ports: { http: 0 } },
          grafana: { ports: { http: 9090 } },
          redis: { memory: "2gb", maxMemory: "1g" },
          promtail: {},
        },
      }),
    ).toEqual({
      "backend.job": INVALID,
      "logs.collector": INVALID,
      "services.prometheus.ports.http": INVALID,
      "services.redis.memory": INVALID,
    });
  });

  test("checks the rest of the definition if a setting is missing", () => {
    expect(
      faultsOf({
        network: { external: true },
        services: { jaeger: { storage: {} }, grafana: { ports: { http: 9090 } } },
      }),
    ).toEqual({
      "network.name": INVALID,
      "services.jaeger.storage.elasticsearch": INVALID,
      "services.grafana.ports.http": "stack-port-conflict",
    });
  });

  test.each([
    ["", Promise.resolve({ name: "acme" }), "Promise"],
    ["services", { services: new Map([["redis", false]]) }, "Map"],
    ["services.redis", { services: { redis: Promise.resolve({}) } }, "Promise"],
    ["services.redis.environment.MODE", { services: { redis: { environment: { MODE: "a\0" } } } }, "NUL"],
    ["environment", { environment: "\ud83d" }, "surrogate"],
    ["scrape[0]", { scrape: [new Map([["job", "db"]])] }, "Map"],
  ])("a value at %j that can't be written to a file is rejected", (path, definition, reason) => {
    expect(faultsOf(definition)).toEqual({ [path]: INVALID });
    expect(textOf(definition, path)).toContain(reason);
  });

  test.each([5, "stack", null, [], () => {}])("%o is rejected as a whole", (definition) => {
    expect(faultsOf(definition)).toEqual({ "": INVALID });
  });

  test("an unknown service is reported with a suggestion or the available services", () => {
    const [typo, unknown] = [{ services: { "redis-exporte": {} } }, { services: { mysql: {} } }];
    expect(faultsOf(typo)).toEqual({ "services.redis-exporte": INVALID });
    expect(textOf(typo, "services.redis-exporte")).toContain("redis-exporter");
    for (const name of SERVICE_NAMES) expect(textOf(unknown, "services.mysql")).toContain(name);
  });

  test("a stack without services is rejected", () => {
    const services = Object.fromEntries(SERVICE_NAMES.map((name) => [name, false]));
    expect(faultsOf({ services })).toEqual({ services: "stack-no-services" });
  });

  test("settings that contradict the backend are rejected", () => {
    const [conflict, path] = ["stack-backend-conflict", "services.fastapi-backend"];
    for (const backend of [undefined, false, { target: "api:8000" }])
      expect(faultsOf({ backend, services: { "fastapi-backend": { memory: "1g" } } })).toEqual({ [path]: conflict });
    expect(faultsOf({ backend: "example", services: { "fastapi-backend": false } })).toEqual({ [path]: conflict });
    expect(faultsOf({ backend: "example", logs: { application: "./logs" } })).toEqual({ "logs.application": conflict });
    expect(faultsOf({ services: { "fastapi-backend": false } })).toEqual({});
    expect(faultsOf({ backend: "example", logs: { application: false } })).toEqual({});
  });

  test.each(["exmaple", "http://127.0.0.1:8009", 5, true, null, ["example"]])("backend: %j is rejected", (backend) => {
    expect(faultsOf({ backend })).toEqual({ backend: INVALID });
    expect(textOf({ backend }, "backend")).toContain('"example"');
    expect(faultsOf({ backend, services: { "fastapi-backend": { memory: "1g" } } })).toEqual({ backend: INVALID });
  });

  test("settings of the example backend are checked like those of other services", () => {
    const own = (settings: object) => faultsOf({ backend: "example", services: { "fastapi-backend": settings } });
    const path = (rest: string) => `services.fastapi-backend.${rest}`;
    expect(own({ image: "python" })).toEqual({ [path("image")]: INVALID });
    expect(own({ version: "latest", memory: "1gb", workers: 2 })).toEqual({
      [path("version")]: INVALID,
      [path("memory")]: INVALID,
      [path("workers")]: INVALID,
    });
    expect(own({ environment: { PORT: "80", HOST: "::" } })).toEqual({
      [path("environment.PORT")]: "stack-variable-reserved",
      [path("environment.HOST")]: "stack-variable-reserved",
    });
    expect(own({ environment: { SECRET_KEY: "abc", DATABASE_URL: "postgresql://a:b@db/c" } })).toEqual({
      [path("environment.SECRET_KEY")]: "stack-secret-in-definition",
      [path("environment.DATABASE_URL")]: "stack-secret-in-definition",
    });
    expect(own({ ports: { http: 9090 } })).toEqual({ [path("ports.http")]: "stack-port-conflict" });
    expect(faultsOf({ backend: "example", scrape: [{ job: "fastapi-backend", targets: ["api:8000"] }] })).toEqual({
      "scrape[0].job": "stack-job-duplicate",
    });
  });

  test("two services on the same host port are both named", () => {
    const twice = { services: { grafana: { ports: { http: 9090 } }, "otel-collector": { ports: { metrics: 9093 } } } };
    expect(faultsOf(twice)).toEqual({
      "services.grafana.ports.http": "stack-port-conflict",
      "services.alertmanager.ports.http": "stack-port-conflict",
    });
    expect(textOf(twice, "services.grafana.ports.http")).toMatch(/9090 .*services\.prometheus\.ports\.http/);
    expect(textOf(twice, "services.alertmanager.ports.http")).toMatch(
      /9093 .*services\.otel-collector\.ports\.metrics/,
    );
    expect(faultsOf({ services: { prometheus: false, grafana: { ports: { http: 9090 } } } })).toEqual({});
    expect(
      faultsOf({ services: { prometheus: { ports: { http: false } }, grafana: { ports: { http: 9090 } } } }),
    ).toEqual({});
  });

  test("duplicate job names are rejected", () => {
    const job = { job: "loki", targets: ["other:3100"] };
    expect(
      faultsOf({ scrape: [job, { job: "db", targets: ["db:9187"] }, { job: "db", targets: ["db:9188"] }] }),
    ).toEqual({
      "scrape[0].job": "stack-job-duplicate",
      "scrape[2].job": "stack-job-duplicate",
    });
    expect(faultsOf({ scrape: [job], services: { loki: false } })).toEqual({});
    expect(faultsOf({ scrape: [{ job: "db", targets: ["http://db"], labels: { __x: "a" } }] })).toEqual({
      "scrape[0].targets[0]": INVALID,
      "scrape[0].labels.__x": INVALID,
    });
  });

  test("Redis' memory limit must be below that of its container", () => {
    expect(faultsOf({ services: { redis: { maxMemory: "1g", memory: "512m" } } })).toEqual({
      "services.redis.maxMemory": "stack-redis-memory-exceeded",
    });
    expect(faultsOf({ services: { redis: { maxMemory: "1g", memory: "2g" } } })).toEqual({});
  });

  test("an Elasticsearch user requires a password", () => {
    const storage = { elasticsearch: "https://es.example.org:9200", username: "jaeger" };
    expect(faultsOf({ services: { jaeger: { storage } } })).toEqual({
      "services.jaeger.environment.ELASTICSEARCH_PASSWORD": "stack-elasticsearch-password-missing",
    });
    const environment = { ELASTICSEARCH_PASSWORD: env("ES_PASSWORD") };
    expect(faultsOf({ services: { jaeger: { storage, environment } } })).toEqual({});
    expect(faultsOf({ services: { jaeger: { storage: { elasticsearch: storage.elasticsearch } } } })).toEqual({});
  });

  test("Loki's retention is at least 24 hours", () => {
    expect(faultsOf({ services: { loki: { retention: "23h59m" } } })).toEqual({ "services.loki.retention": INVALID });
    expect(faultsOf({ services: { loki: { retention: "1d" } } })).toEqual({});
  });

  test.each(["GF_SECURITY_ADMIN_USER", "GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD__FILE"])(
    "%s is reserved",
    (name) => {
      for (const value of ["x", env("X")])
        expect(faultsOf({ services: { grafana: { environment: { [name]: value } } } })).toEqual({
          [`services.grafana.environment.${name}`]: "stack-variable-reserved",
        });
      expect(faultsOf({ services: { loki: { environment: { [name]: env("X") } } } })).toEqual({});
    },
  );

  test("settings of a service whose dependency is disabled are rejected", () => {
    expect(faultsOf({ services: { redis: false, "redis-exporter": { memory: "128m" } } })).toEqual({
      "services.redis-exporter": "stack-dependency-off",
    });
    expect(faultsOf({ services: { loki: false, alloy: {} } })).toEqual({
      "services.alloy": "stack-dependency-off",
    });
    expect(faultsOf({ services: { redis: false, loki: false } })).toEqual({});
  });

  test("a password in any URL is rejected", () => {
    const environment = (value: unknown) => ({
      services: { "redis-exporter": { environment: { REDIS_ADDR: value } } },
    });
    for (const value of ["redis://:hunter2@cache:6379", "postgres://u:p@db/x?y"])
      expect(faultsOf(environment(value))).toEqual({
        "services.redis-exporter.environment.REDIS_ADDR": "stack-secret-in-definition",
      });
    for (const value of ["redis://cache:6379", "https://example.org:443/a@b", "https://user@example.org", env("X")])
      expect(faultsOf(environment(value))).toEqual({});
  });

  test("a plain-text value of a variable named like a secret is rejected", () => {
    for (const name of [
      "GF_SECURITY_SECRET_KEY",
      "AWS_SECRET_ACCESS_KEY",
      "MYSQL_PWD",
      "DB_PASS",
      "KEY_PASSPHRASE",
      "GF_SMTP_PASSWORD",
      "REDIS_PASSWORD",
      "API_TOKEN",
      "AWS_SECRET",
      "SOME_API_KEY",
      "PRIVATE_KEY",
    ]) {
      expect(faultsOf({ services: { grafana: { environment: { [name]: "x" } } } })).toEqual({
        [`services.grafana.environment.${name}`]: "stack-secret-in-definition",
      });
      expect(faultsOf({ services: { grafana: { environment: { [name]: env(name) } } } })).toEqual({});
    }
    expect(
      faultsOf({
        services: {
          grafana: {
            environment: { GF_SMTP_PASSWORD__FILE: "/run/x", GF_KEYS: "x", PWD: "/x", BYPASS: "1", A_TOKEN: "" },
          },
        },
      }),
    ).toEqual({});
  });

  test("settings of the log collector that is not selected are rejected", () => {
    expect(faultsOf({ services: { promtail: {} } })).toEqual({
      "services.promtail": "stack-collector-conflict",
    });
    expect(faultsOf({ logs: { collector: "promtail" }, services: { promtail: {} } })).toEqual({});
  });
});

describe("the command line", () => {
  test.each([
    ["no default export", "export const stack = {};", "default export"],
    ["an exception", 'throw new Error("boom");', "boom"],
    ["a promise", "export default Promise.resolve({ name: 'acme' });", "Promise"],
    ["a map", "export default { services: new Map() };", "Map"],
    ["a function", "export default () => ({});", "function"],
    ["an invalid plain object", 'export default { services: { redis: { memory: "1" } } };', "512m"],
  ])("names the file with %s, exits with 65 and writes nothing", async (_what, text, message) => {
    const project = await testProject({ "stack.config.ts": text });
    for (const command of ["stack:render", "stack:up", "stack:down", "stack:status"]) {
      const result = await project.run([command]);
      expect(result.code, command).toBe(65);
      expect(faultsIn(result)).toEqual([
        expect.objectContaining({ level: "error", message: expect.stringContaining(message) }),
      ]);
      expect(result.stderr).toContain(join(project.directory, "stack.config.ts"));
    }
    expect(await readdir(project.directory)).not.toContain(".grafana-provision");
  });

  test("reports all faults at once with file and path", async () => {
    const project = await testProject({
      "stack.config.ts": `import { env } from "grafana-provision";
import { defineStack } from "grafana-provision/stack";
export default defineStack({
  registry: "https://mirror.example.org",
  bind: "everywhere",
  scrapeInterval: "15 seconds",
  services: {
    loki: { image: "grafana/loki" },
    jaeger: { version: "latest", memory: "1" },
    prometeus: {},
    grafana: { ports: { http: 9093 }, environment: { GF_SMTP_PASSWORD: "hunter2", GF_DATABASE_PASSWORD: env("DB") } },
    promtail: {},
  },
});
`,
    });
    const result = await project.run(["stack:render"]);
    expect(result.code).toBe(65);
    const file = join(project.directory, "stack.config.ts");
    const paths = [
      "registry",
      "bind",
      "scrapeInterval",
      "services.loki.image",
      "services.jaeger.version",
      "services.jaeger.memory",
      "services.prometeus",
      "services.alertmanager.ports.http",
      "services.grafana.environment.GF_SMTP_PASSWORD",
      "services.promtail",
    ];
    const places = faultsIn(result).map(({ place }) => place);
    expect(places.toSorted()).toEqual(paths.map((path) => `${file} ${path}`).toSorted());
    expect(result.stderr).toContain(`${paths.length} faults`);
    expect(result.stderr).toMatch(/prometeus.*\bprometheus\b/);
    expect(result.stderr + result.stdout).not.toContain("hunter2");
    expect(await readdir(project.directory)).not.toContain(".grafana-provision");
  });

  test("a missing --config file exits with 64", async () => {
    const project = await testProject();
    const { code, stderr } = await project.run(["stack:render", "--config", "monitoring.ts"]);
    expect([code, stderr]).toEqual([64, expect.stringContaining("monitoring.ts")]);
  });

  test("without a container engine stack:up fails and writes nothing", async () => {
    const project = await testProject();
    const empty = await mkdtemp(join(tmpdir(), "grafana-provision-empty-"));
    onTestFinished(() => rm(empty, { recursive: true }));
    const { code, stderr } = await project.run(["stack:up"], { PATH: empty });
    expect(code).toBe(1);
    for (const engine of ENGINES) expect(stderr).toContain(`${engine}: `);
    expect(await readdir(project.directory)).not.toContain(".grafana-provision");
  });
});
