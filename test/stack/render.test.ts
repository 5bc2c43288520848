import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { env } from "../../src/index.ts";
import { contextOf } from "../../src/stack/context.ts";
import {
  defineStack,
  renderStack,
  scrapeJobs,
  stackDatasources,
  type Stack,
  type StackDefinition,
} from "../../src/stack/index.ts";
import type { Service } from "../../src/stack/service.ts";
import { GENERATED, runs } from "../helpers/seed.ts";
import { definitions, VARIABLE } from "./arbitraries.ts";

const PLACE = { directory: "/project", out: "/project/.grafana-provision/stack" };
const SECRET = "the-value-of-a-secret";

interface ComposeService {
  readonly container_name: string;
  readonly image?: string;
  readonly build?: { readonly context: string; readonly args: Readonly<Record<string, string>> };
  readonly restart: string;
  readonly mem_limit: string;
  readonly security_opt: readonly string[];
  readonly logging: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly secrets?: readonly string[];
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly name: string; readonly external?: boolean }>>;
  readonly volumes?: Readonly<Record<string, object>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

interface CollectorFile {
  readonly receivers: object;
  readonly processors: object;
  readonly exporters: object;
  readonly connectors?: object;
  readonly service: {
    readonly pipelines: Readonly<
      Record<string, Readonly<Record<"receivers" | "processors" | "exporters", readonly string[]>>>
    >;
  };
}

function rendered(definition: StackDefinition): { files: ReadonlyMap<string, string>; compose: ComposeFile } {
  const files = renderStack(defineStack(definition), PLACE);
  return { files, compose: parse(files.get("compose.yaml") ?? "") as ComposeFile };
}

const VARIANTS: Readonly<Record<string, StackDefinition>> = {
  default: {},
  other: {
    name: "acme",
    network: { name: "apps", external: true },
    bind: "0.0.0.0",
    registry: "mirror.example.org",
    environment: "staging",
    backend: { job: "api", target: "api:8000", interval: "5s" },
    logs: { collector: "promtail", application: "/srv/logs" },
    services: {
      prometheus: { retention: "30d", retentionSize: "20g", ports: { http: false } },
      grafana: { version: "13.0.1", environment: { GF_SMTP_ENABLED: "true", GF_SMTP_PASSWORD: env("SMTP_PASSWORD") } },
      "otel-collector": { sampling: 10 },
      jaeger: { storage: "badger" },
      redis: { image: "valkey/valkey:8.1", maxMemoryPolicy: "allkeys-lru" },
      alertmanager: { webhook: "http://api:8000/alerts" },
      "blackbox-exporter": { targets: ["https://acme.example.org"] },
    },
  },
};

describe.each(Object.entries(VARIANTS))("the %s stack", (name, definition) => {
  test.each([...renderStack(defineStack(definition), PLACE).keys()])("renders %s", async (path) => {
    const text = rendered(definition).files.get(path);
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, "rendered", name, path.replace(/^\./, "")));
  });
});

const RUNS = { numRuns: runs(150) };

/** A value after Compose's interpolation: `$$` is `$`, any other `$` starts a variable. */
function interpolated(value: string): string {
  return value.replaceAll(/\$(\$|\{(\w+):\?[^}]*\}|)/g, (found, rest: string, variable: string | undefined) => {
    if (rest === "$") return "$";
    if (variable === VARIABLE) return SECRET;
    throw new Error(`${found} in ${value} is not a variable of the definition`);
  });
}

/** The settings of a service as its definition has them, with variables replaced. */
function expected(service: Service, stack: Stack) {
  const { command, environment, probe, mounts = [] } = service.type.parts(service, contextOf(stack));
  const given = Object.entries(service.environment).map(([name, value]) => [
    name,
    typeof value === "string" ? value : SECRET,
  ]);
  const folders = mounts.flatMap((mount) => (mount.type === "host" ? [resolve(PLACE.directory, mount.path)] : []));
  return { command, environment: { ...environment, ...Object.fromEntries(given) }, probe, folders };
}

/** The same settings, read from the compose file. */
function actual({ command, environment = {}, healthcheck, volumes = [] }: ComposeService) {
  const folders = volumes.map((volume) => volume.split(":")[0] ?? "").filter((source) => /^(\/|\.\.)/.test(source));
  return {
    command: command?.map(interpolated),
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, interpolated(value)])),
    probe: healthcheck?.test.slice(1).map(interpolated),
    folders: folders.map((folder) => resolve(PLACE.out, interpolated(folder))),
  };
}

function read(files: ReadonlyMap<string, string>, path: string): unknown {
  return parse(files.get(path) ?? "", { version: "1.1" });
}

/** All strings in a value. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

describe("a generated stack", GENERATED, () => {
  const property = (check: (definition: StackDefinition) => void) => fc.assert(fc.property(definitions, check), RUNS);

  test("renders deterministically, with a header in each file and pinned images", () => {
    property((definition) => {
      const { files, compose } = rendered(definition);
      expect([...rendered(definition).files]).toEqual([...files]);
      for (const text of files.values()) expect(text.split("\n")[0]).toContain("Written by grafana-provision");
      for (const { image, build } of Object.values(compose.services))
        expect(image ?? build?.args["BASE_IMAGE"]).toMatch(/:[^/:]+$/);
      expect(JSON.stringify(compose)).not.toContain(":latest");
    });
  });

  test("gives each service a restart policy, a memory limit and log rotation, and no privileges", () => {
    property((definition) => {
      const { maxSize = "10m", maxFiles = 3 } = definition.logRotation ?? {};
      for (const service of Object.values(rendered(definition).compose.services)) {
        expect(service).toMatchObject({
          restart: "unless-stopped",
          mem_limit: expect.stringMatching(/^\d+[mg]$/),
          security_opt: ["no-new-privileges:true"],
          logging: { driver: "json-file", options: { "max-size": maxSize, "max-file": String(maxFiles) } },
        });
        expect(service).not.toHaveProperty("privileged");
        expect(service).not.toHaveProperty("cap_add");
      }
    });
  });

  test("defines all mounts, secrets and dependencies, and publishes no port twice", () => {
    property((definition) => {
      const { files, compose } = rendered(definition);
      const services = Object.values(compose.services);
      const published = services.flatMap(({ ports = [] }) => ports.map((port) => port.split(":").at(-2)));
      expect(new Set(published).size).toBe(published.length);
      // `writeStack` removes old files only from these directories.
      for (const path of files.keys())
        expect(["compose.yaml", ".env", ".gitignore", ...Object.keys(compose.services)]).toContain(path.split("/")[0]);
      const folders = new Set([...files.keys()].map((path) => `./${path.split("/")[0]}`));
      const mounted = services.flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(":")[0] ?? ""));
      const own = mounted.filter((source) => source.startsWith("./"));
      expect(own.filter((source) => !folders.has(source))).toEqual([]);
      const named = mounted.filter((source) => !/^(\/|\.)/.test(source));
      expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes ?? {})));
      for (const { depends_on = {}, secrets = [], container_name } of services) {
        expect(services.filter((other) => other.container_name === container_name)).toHaveLength(1);
        for (const [name, { condition }] of Object.entries(depends_on)) {
          expect(compose.services).toHaveProperty([name]);
          const probed = compose.services[name]?.healthcheck !== undefined;
          expect(condition).toBe(probed ? "service_healthy" : "service_started");
        }
        for (const secret of secrets) expect(compose.secrets).toHaveProperty([secret]);
      }
    });
  });

  test("refers only to enabled services and to addresses in the definition", () => {
    property((definition) => {
      const stack = defineStack(definition);
      const { files, compose } = rendered(definition);
      const running = new Set(Object.values(compose.services).map(({ container_name }) => container_name));
      const ended = new RegExp(`\\b[a-z-]+-${stack.name}\\b(?=:\\d)`, "g");
      for (const [path, text] of files) {
        for (const [container] of text.matchAll(ended))
          expect(running, `${path} refers to ${container}`).toContain(container);
      }
      for (const { url } of stackDatasources(stack)) expect(running).toContain(new URL(url).hostname);

      const targets = scrapeJobs(stack).flatMap(({ static_configs }) =>
        static_configs.flatMap(({ targets }) => targets),
      );
      const others = targets.filter(
        (target) => !running.has(target.split(":")[0] ?? "") && target !== "localhost:9090",
      );
      const backend = definition.backend === false ? [] : [stack.backend?.target];
      expect([...backend, "db:9187", "https://example.org/?a=$b"]).toEqual(expect.arrayContaining(others));
      const { scrape_configs } = (read(files, "prometheus/prometheus.yml") ?? {}) as { scrape_configs?: unknown };
      expect(scrape_configs).toEqual(stack.services.has("prometheus") ? scrapeJobs(stack) : undefined);
    });
  });

  test("preserves all strings and variables in the compose file", () => {
    property((definition) => {
      const stack = defineStack(definition);
      const { files, compose } = rendered(definition);
      expect(read(files, "compose.yaml"), "as YAML 1.1 and as YAML 1.2").toEqual(compose);
      for (const service of stack.services.values()) {
        const one = compose.services[service.name];
        expect(one && actual(one)).toEqual(expected(service, stack));
      }
    });
  });

  test("escapes variables in the configuration of the collector and of Jaeger", () => {
    property((definition) => {
      const stack = defineStack(definition);
      const { files } = rendered(definition);
      const literals = [stack.environment, "https://es.example.org:9200/a$b", "${user}"];
      const texts = ["otel-collector/otel-collector.yaml", "jaeger/jaeger.yaml"].flatMap((path) =>
        strings(read(files, path)),
      );
      const own = texts.filter((text) => text.includes("$") && text !== "${env:ELASTICSEARCH_PASSWORD}");
      for (const text of own) {
        expect(text.replaceAll("$$", "")).not.toContain("$");
        expect(literals).toContain(text.replaceAll("$$", "$"));
      }
      const escaped = stack.environment.replaceAll("$", () => "$$");
      expect(texts.includes(escaped)).toBe(stack.services.has("otel-collector"));
    });
  });

  test("does not contain the values of environment variables", () => {
    process.env[VARIABLE] = SECRET;
    onTestFinished(() => {
      delete process.env[VARIABLE];
    });
    const named: boolean[] = [];
    property((definition) => {
      const texts = [...rendered(definition).files.values()];
      for (const text of texts) expect(text).not.toContain(SECRET);
      named.push(texts.some((text) => text.includes(VARIABLE)));
    });
    expect(named).toContain(true);
  });
});

describe.each(["alloy", "promtail"] as const)("with %s, a disabled service", (collector) => {
  const names = [...defineStack({ logs: { collector } }).services.keys()];

  test.each(names)("%s does not appear in any file", (name) => {
    const definition = { logs: { collector }, services: { [name]: false } };
    const stack = defineStack(definition);
    const { compose, files } = rendered(definition);
    expect(compose.services).not.toHaveProperty([name]);
    const { container } = defineStack({ logs: { collector } }).services.get(name) ?? { container: "?" };
    for (const [path, text] of files) {
      expect(text, path).not.toContain(container);
      expect(path).not.toMatch(new RegExp(`^${name}/`));
    }
    for (const service of Object.values(compose.services)) {
      expect(service.depends_on ?? {}).not.toHaveProperty([name]);
      // Volumes are named after their service.
      for (const volume of service.volumes ?? []) expect(volume).not.toMatch(new RegExp(`^(\\./)?${name}[:-]`));
    }
    expect(JSON.stringify([scrapeJobs(stack), stackDatasources(stack)])).not.toContain(container);
    // The collector rejects pipelines with missing or undefined components.
    for (const path of ["otel-collector/otel-collector.yaml", "jaeger/jaeger.yaml"]) {
      if (!files.has(path)) continue;
      const { service, connectors, ...parts } = read(files, path) as CollectorFile;
      for (const [pipeline, ends] of Object.entries(service.pipelines)) {
        expect(ends.exporters.length, pipeline).toBeGreaterThan(0);
        for (const kind of ["receivers", "processors", "exporters"] as const) {
          const defined = { ...parts[kind], ...(kind === "processors" ? {} : connectors) };
          expect(Object.keys(defined), `${path}: ${pipeline}`).toEqual(expect.arrayContaining([...ends[kind]]));
        }
      }
      const used = Object.values(service.pipelines).flatMap(({ exporters }) => exporters);
      expect(new Set(used)).toEqual(new Set(Object.keys({ ...parts.exporters, ...connectors })));
    }
  });

  test("disables the services that depend on it", () => {
    const services = (off: object) => [...defineStack({ logs: { collector }, services: off }).services.keys()];
    expect(services({ loki: false })).not.toContain(collector);
    expect(services({ redis: false })).not.toContain("redis-exporter");
    expect(services({ redis: false, "redis-exporter": { redis: "cache:6379" } })).toContain("redis-exporter");
    const environment = { REDIS_ADDR: env("CACHE_URL") };
    expect(services({ redis: false, "redis-exporter": { environment } })).toContain("redis-exporter");
  });
});

describe("scrape jobs", () => {
  test("have the interval, path and labels of the definition", () => {
    const stack = defineStack({
      scrape: [
        { job: "db", targets: ["db:9187", "db2:9187"], interval: "1m", metricsPath: "/m", labels: { tier: "data" } },
      ],
      services: { loki: { scrapeInterval: "45s" } },
    });
    expect(scrapeJobs(stack)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ job_name: "loki", scrape_interval: "45s" }),
        {
          job_name: "db",
          metrics_path: "/m",
          scrape_interval: "1m",
          static_configs: [{ targets: ["db:9187", "db2:9187"], labels: { tier: "data" } }],
        },
      ]),
    );
    expect(scrapeJobs(stack).find(({ job_name }) => job_name === "grafana")).not.toHaveProperty("scrape_interval");
  });
});

describe('with backend: "example"', () => {
  const example = (definition: StackDefinition = {}) => {
    const { compose } = rendered({ backend: "example", ...definition });
    const service = compose.services["fastapi-backend"];
    if (service === undefined) throw new Error("the backend is no service");
    return { compose, service, stack: defineStack({ backend: "example", ...definition }) };
  };

  test("the image is built from the package, on a base image that is a setting", async () => {
    const { build, image } = example().service;
    expect(image).toBeUndefined();
    const directory = resolve(PLACE.out, build?.context ?? "");
    expect(await readdir(directory)).toEqual(expect.arrayContaining(["Dockerfile", "backend", "requirements.txt"]));
    const base = (definition: StackDefinition) => example(definition).service.build?.args["BASE_IMAGE"];
    expect(base({})).toMatch(/^python:3\./);
    expect(base({ registry: "mirror.example.org" })).toMatch(/^mirror\.example\.org\/python:3\./);
    expect(base({ services: { "fastapi-backend": { version: "3.11-slim" } } })).toBe("python:3.11-slim");
    const settings = { image: "localhost/debian-python:12" };
    expect(base({ registry: "mirror.example.org", services: { "fastapi-backend": settings } })).toBe(settings.image);
  });

  test("it is not privileged, and writes only to its volumes", () => {
    expect(example().service).toMatchObject({
      read_only: true,
      tmpfs: ["/tmp"],
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      mem_limit: "512m",
      volumes: ["fastapi-backend-data:/app/data", "fastapi-backend-logs:/app/logs"],
      ports: ["127.0.0.1:8009:8009"],
    });
  });

  test("Prometheus scrapes it, and it sends to the collector and uses Redis of the stack", () => {
    const { service, stack } = example();
    expect(stack.backend).toBeUndefined();
    expect(scrapeJobs(stack).filter(({ job_name }) => job_name === "fastapi-backend")).toEqual([
      {
        job_name: "fastapi-backend",
        metrics_path: "/metrics",
        scrape_interval: "10s",
        static_configs: [{ targets: ["fastapi-backend-toolboxai:8009"] }],
      },
    ]);
    expect(service.environment).toEqual({
      REDIS_URL: "redis://redis-toolboxai:6379/0",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://otel-toolboxai:4318",
    });
    const alone = {
      redis: false,
      "otel-collector": false,
      "fastapi-backend": { environment: { SIMULATE: "true" } },
    } as const;
    expect(example({ services: alone }).service.environment).toEqual({ SIMULATE: "true" });
  });

  test.each(["alloy", "promtail"] as const)("%s reads its log files", (collector) => {
    const volume = "fastapi-backend-logs:/app/logs:ro";
    const { compose } = example({ logs: { collector } });
    expect(compose.services[collector]?.volumes).toContain(volume);
    // The container that mounts an empty volume first gives it an owner.
    expect(compose.services[collector]?.depends_on).toHaveProperty(["fastapi-backend"]);
    const off = example({ logs: { collector, application: false } }).compose.services[collector];
    expect(off?.volumes).not.toContain(volume);
  });
});

describe("the compose file", () => {
  test("changes only for the service whose configuration changes", () => {
    const before = rendered({}).compose.services;
    const after = rendered({ services: { loki: { retention: "14d" } } }).compose.services;
    expect(Object.keys(before).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))).toEqual([
      "loki",
    ]);
  });

  test("has host directories relative to itself", () => {
    const collector = rendered({ logs: { application: "./logs", containers: "/srv/containers" } }).compose.services[
      "alloy"
    ];
    expect(collector?.volumes).toEqual([
      "./alloy:/etc/alloy:ro,z",
      "alloy-data:/var/lib/alloy/data",
      "/srv/containers:/var/lib/docker/containers:ro",
      "../../logs:/app/logs:ro",
    ]);
  });

  test("publishes ports only on the loopback address unless `bind` is set", () => {
    const ports = (definition: StackDefinition) =>
      Object.values(rendered(definition).compose.services).flatMap(({ ports = [] }) => ports);
    expect(ports({}).every((port) => port.startsWith("127.0.0.1:"))).toBe(true);
    expect(ports({ bind: "::1" })[0]).toBe("[::1]:9090:9090");
    // The collector and Jaeger both listen on 4317, 4318 and 8888; only the collector publishes them.
    expect(ports({}).filter((port) => /:(4317|4318|8888)$/.test(port))).toHaveLength(3);
  });
});
