import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { env } from "../../src/index.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";
import { defineStack, type StackDefinition } from "../../src/stack/index.ts";
import { SERVICE_NAMES } from "../../src/stack/names.ts";
import { faultsIn } from "../cli/support.ts";
import { testProject } from "../helpers/cli.ts";

/** Every fault of a definition, by its path. */
function faultsOf(definition: unknown): Record<string, string> {
  try {
    defineStack(definition as StackDefinition);
  } catch (error) {
    if (!(error instanceof InvalidCodeError)) throw error;
    const paths = error.faults.map(({ path }) => path);
    if (new Set(paths).size < paths.length)
      throw new Error(`two faults at one place: ${paths.join(", ")}`, { cause: error });
    return Object.fromEntries(error.faults.map(({ path = "", message }) => [path, message]));
  }
  return {};
}

describe("what is left out", () => {
  it("is as the monitored system has it", () => {
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

  it("follows the name", () => {
    const stack = defineStack({ name: "acme" });
    expect(stack.network.name).toBe("acme-monitoring");
    expect(stack.logs.tenant).toBe("acme");
    expect(stack.services.get("jaeger")?.container).toBe("jaegertracing-acme");
  });
});

describe("images", () => {
  it("come from one registry, unless one is given whole", () => {
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
    [{ image: "prom/prometheus" }, "image", "has no tag"],
    [{ image: "localhost:5000/prom/prometheus" }, "image", "has no tag"],
    [{ image: "prom/prometheus:latest" }, "image", "another version tomorrow"],
    [{ image: "Prom/Prometheus:v3" }, "image", "is no image"],
    [{ image: "prom/prometheus:v3 --privileged" }, "image", "is no image"],
    [{ image: "" }, "image", "is no image"],
    [{ version: "latest" }, "version", "another version tomorrow"],
    [{ version: "v3:1" }, "version", "is no tag"],
  ])("%o names no version", (prometheus, property, message) => {
    expect(faultsOf({ services: { prometheus } })).toEqual({
      [`services.prometheus.${property}`]: expect.stringContaining(message),
    });
  });
});

describe("a wrong definition", () => {
  test("tells everything that is wrong at once", () => {
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
      nam: "there is no such property: is name meant?",
      network: "is no name of a network",
      bind: expect.stringContaining("is no address of this machine"),
      registry: expect.stringContaining("without https://"),
      scrapeInterval: expect.stringContaining("is no duration"),
      hostGateway: expect.stringContaining("nor an address"),
      "backend.target": expect.stringContaining("without http://"),
      "logs.application": expect.stringContaining("begins with / or ./"),
      "logs.tenant": expect.any(String),
      "logRotation.maxFiles": expect.any(String),
      "scrape[0].job": expect.any(String),
      "scrape[0].targets[0]": "has no port from 1 to 65535",
      "services.promethues": "there is no such property",
      "services.prometheus.retention": expect.stringContaining("is no duration"),
      "services.prometheus.memory": expect.stringContaining("is no size"),
      "services.prometheus.ports.http": "from 1 to 65535",
      "services.prometheus.ports.grpc": "there is no such property",
      "services.grafana.environment.A-B": "is no name of a variable",
      "services.jaeger.storage": expect.stringContaining('neither "memory", "badger" nor'),
      "services.loki.retention": expect.stringContaining("is no duration"),
      "services.node-exporter.memory": expect.stringContaining("is less than the 6m"),
      "services.node-exporter.environment.SOME_TOKEN": expect.stringContaining("is a secret"),
      "services.promtail": expect.stringContaining("alloy collects the logs"),
      "services.redis": "expected object, received boolean",
      "services.otel-collector.sampling": "from 0 to 100",
      "services.redis-exporter.redis": expect.stringContaining("is no address"),
      "services.alertmanager.webhook": expect.stringContaining("holds a user or a password"),
      "services.blackbox-exporter.targets[0]": "is no http or https URL",
      "services.blackbox-exporter.ports.http": "9115 is published by services.redis-exporter.ports.http already",
    });
  });

  test("tells nothing of what depends on something wrong", () => {
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
      "backend.job": expect.any(String),
      "logs.collector": expect.any(String),
      "services.prometheus.ports.http": "from 1 to 65535",
      "services.redis.memory": expect.stringContaining("is no size"),
    });
  });

  test("goes on with what is right, where something is missing", () => {
    expect(
      faultsOf({
        network: { external: true },
        services: { jaeger: { storage: {} }, grafana: { ports: { http: 9090 } } },
      }),
    ).toEqual({
      "network.name": expect.stringContaining("is missing"),
      "services.jaeger.storage.elasticsearch": "is no http or https URL",
      "services.grafana.ports.http": expect.stringContaining("is published by services.prometheus"),
    });
  });

  test.each([
    ["", Promise.resolve({ name: "acme" }), "is a Promise, and no plain object: await it"],
    ["services", { services: new Map([["redis", false]]) }, "is a Map, and no plain object"],
    ["services.redis", { services: { redis: Promise.resolve({}) } }, "is a Promise, and no plain object: await it"],
    [
      "services.redis.environment.MODE",
      { services: { redis: { environment: { MODE: "a\0" } } } },
      "contains a NUL character or half of a character; remove it",
    ],
    ["environment", { environment: "\ud83d" }, "contains a NUL character or half of a character; remove it"],
    ["scrape[0]", { scrape: [new Map([["job", "db"]])] }, "is a Map, and no plain object"],
  ])("%j holds nothing that could be read", (path, definition, message) => {
    expect(faultsOf(definition)).toEqual({ [path]: message });
  });

  test.each([5, "stack", null, [], () => {}])("%o is none", (definition) => {
    expect(Object.keys(faultsOf(definition)), "the whole of it").toEqual([""]);
  });

  test("a service that isn't there is told with those that are", () => {
    expect(faultsOf({ services: { "redis-exporte": {} } })).toEqual({
      "services.redis-exporte": "there is no such property: is redis-exporter meant?",
    });
  });

  test("a stack without a service is refused", () => {
    const services = Object.fromEntries(SERVICE_NAMES.map((name) => [name, false]));
    expect(faultsOf({ services })).toEqual({ services: "every service is turned off: nothing would run" });
  });

  test("two services on one port of the host are told with both", () => {
    expect(
      faultsOf({ services: { grafana: { ports: { http: 9090 } }, "otel-collector": { ports: { metrics: 9093 } } } }),
    ).toEqual({
      "services.grafana.ports.http": "9090 is published by services.prometheus.ports.http already",
      "services.alertmanager.ports.http": "9093 is published by services.otel-collector.ports.metrics already",
    });
    expect(faultsOf({ services: { prometheus: false, grafana: { ports: { http: 9090 } } } })).toEqual({});
    expect(
      faultsOf({ services: { prometheus: { ports: { http: false } }, grafana: { ports: { http: 9090 } } } }),
    ).toEqual({});
  });

  test("a second job of one name is refused", () => {
    const job = { job: "loki", targets: ["other:3100"] };
    expect(
      faultsOf({ scrape: [job, { job: "db", targets: ["db:9187"] }, { job: "db", targets: ["db:9188"] }] }),
    ).toEqual({
      "scrape[0].job": "there is a job loki already",
      "scrape[2].job": "there is a job db already",
    });
    expect(faultsOf({ scrape: [job], services: { loki: false } })).toEqual({});
    expect(faultsOf({ scrape: [{ job: "db", targets: ["http://db"], labels: { __x: "a" } }] })).toEqual({
      "scrape[0].targets[0]": expect.stringContaining("is no address"),
      "scrape[0].labels.__x": "is no name of a label",
    });
  });

  test("Redis may not have more than its container", () => {
    expect(faultsOf({ services: { redis: { maxMemory: "1g", memory: "512m" } } })).toEqual({
      "services.redis.maxMemory": "1g is no less than the 512m that its container has",
    });
    expect(faultsOf({ services: { redis: { maxMemory: "1g", memory: "2g" } } })).toEqual({});
  });

  test("Jaeger is given the password of its user, where it has one", () => {
    const storage = { elasticsearch: "https://es.example.org:9200", username: "jaeger" };
    expect(faultsOf({ services: { jaeger: { storage } } })).toEqual({
      "services.jaeger.environment.ELASTICSEARCH_PASSWORD": "is missing: the password of jaeger",
    });
    const environment = { ELASTICSEARCH_PASSWORD: env("ES_PASSWORD") };
    expect(faultsOf({ services: { jaeger: { storage, environment } } })).toEqual({});
    expect(faultsOf({ services: { jaeger: { storage: { elasticsearch: storage.elasticsearch } } } })).toEqual({});
  });

  test("Loki keeps lines for a day at least", () => {
    const message = "is less than 24h, the shortest that Loki knows";
    expect(faultsOf({ services: { loki: { retention: "23h59m" } } })).toEqual({ "services.loki.retention": message });
    expect(faultsOf({ services: { loki: { retention: "1d" } } })).toEqual({});
  });

  test.each(["GF_SECURITY_ADMIN_USER", "GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD__FILE"])(
    "%s is the stack's own",
    (name) => {
      for (const value of ["x", env("X")])
        expect(faultsOf({ services: { grafana: { environment: { [name]: value } } } })).toEqual({
          [`services.grafana.environment.${name}`]: "is set by the stack itself",
        });
      expect(faultsOf({ services: { loki: { environment: { [name]: env("X") } } } })).toEqual({});
    },
  );

  test("settings of what is of no use are refused", () => {
    expect(faultsOf({ services: { redis: false, "redis-exporter": { memory: "128m" } } })).toEqual({
      "services.redis-exporter": "has settings, but is of no use without redis, which is turned off",
    });
    expect(faultsOf({ services: { loki: false, alloy: {} } })).toEqual({
      "services.alloy": "has settings, but is of no use without loki, which is turned off",
    });
    expect(faultsOf({ services: { redis: false, loki: false } })).toEqual({});
  });

  test("a password in a URL is refused, wherever it stands", () => {
    const environment = (value: unknown) => ({
      services: { "redis-exporter": { environment: { REDIS_ADDR: value } } },
    });
    for (const value of ["redis://:hunter2@cache:6379", "postgres://u:p@db/x?y"])
      expect(faultsOf(environment(value))).toEqual({
        "services.redis-exporter.environment.REDIS_ADDR": "holds a password, and would stand in compose.yaml",
      });
    for (const value of ["redis://cache:6379", "https://example.org:443/a@b", "https://user@example.org", env("X")])
      expect(faultsOf(environment(value))).toEqual({});
  });

  test("a secret in clear is refused, by its name", () => {
    const message = "is a secret, and would stand in compose.yaml";
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
        [`services.grafana.environment.${name}`]: message,
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

  test("settings of the log collector that doesn't run are refused", () => {
    expect(faultsOf({ services: { promtail: {} } })).toEqual({
      "services.promtail": expect.stringContaining("alloy collects the logs"),
    });
    expect(faultsOf({ logs: { collector: "promtail" }, services: { promtail: {} } })).toEqual({});
  });
});

describe("the command line", () => {
  test.each([
    ["no default export", "export const stack = {};", "the definition has no default export"],
    ["something that throws", 'throw new Error("boom");', "throws when it is loaded: boom"],
    ["what has to be awaited", "export default Promise.resolve({ name: 'acme' });", "is a Promise"],
    ["a map", "export default { services: new Map() };", "is a Map"],
    ["a function", "export default () => ({});", "expected object, received function"],
    ["a wrong plain object", 'export default { services: { redis: { memory: "1" } } };', "is no size"],
  ])("says where %s is, ends with 65 and writes nothing", async (_what, text, message) => {
    const project = await testProject({ "stack.config.ts": text });
    for (const command of ["stack:render", "stack:up", "stack:down", "stack:status"]) {
      const result = await project.run([command]);
      expect(result.code, command).toBe(65);
      expect(faultsIn(result)).toEqual([
        expect.objectContaining({ level: "error", message: expect.stringContaining(message) }),
      ]);
      expect(result.stderr).toContain(join(project.directory, "stack.config.ts"));
      expect(result.stderr).toContain("nothing was started");
    }
    expect(await readdir(project.directory)).not.toContain(".grafana-provision");
  });

  test("says everything that is wrong at once, each with its place", async () => {
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
    expect(result.stderr).toContain(`${paths.length} faults in the stack's definition; nothing was started`);
    expect(result.stderr).toContain("is prometheus meant?");
    expect(result.stderr + result.stdout).not.toContain("hunter2");
    expect(await readdir(project.directory)).not.toContain(".grafana-provision");
  });

  test("a definition that --config names and isn't there ends with 64", async () => {
    const project = await testProject();
    const { code, stderr } = await project.run(["stack:render", "--config", "monitoring.ts"]);
    expect([code, stderr]).toEqual([64, expect.stringContaining("There is no file")]);
  });

  test("without a container engine nothing is written, and it says what to install", async () => {
    const project = await testProject();
    const empty = await mkdtemp(join(tmpdir(), "grafana-provision-empty-"));
    onTestFinished(() => rm(empty, { recursive: true }));
    const { code, stderr } = await project.run(["stack:up"], { PATH: empty });
    expect(code).toBe(1);
    for (const text of [
      "docker compose: not installed",
      "podman compose: not installed",
      "docker-compose: not installed",
    ])
      expect(stderr).toContain(text);
    expect(stderr).toContain("Install Docker with its compose plugin");
    expect(await readdir(project.directory)).not.toContain(".grafana-provision");
  });
});
