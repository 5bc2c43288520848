import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { env } from "../../src/index.ts";
import { defineStack, renderStack, scrapeJobs, type StackDefinition } from "../../src/stack/index.ts";
import { SERVICE_NAMES } from "../../src/stack/names.ts";
import { definitions } from "./arbitraries.ts";

const PLACE = { directory: "/project", out: "/project/.grafana-provision/stack" };
const SECRET = "the-value-of-a-secret";

interface ComposeService {
  readonly container_name: string;
  readonly image: string;
  readonly restart: string;
  readonly privileged?: boolean;
  readonly mem_limit: string;
  readonly security_opt: readonly string[];
  readonly logging: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly secrets?: readonly string[];
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly name: string; readonly external?: boolean }>>;
  readonly volumes?: Readonly<Record<string, object>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
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
  test.each([...renderStack(defineStack(definition), PLACE).keys()])("writes %s", async (path) => {
    const text = rendered(definition).files.get(path);
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, "rendered", name, path === ".env" ? "env" : path));
  });
});

const RUNS = { numRuns: 150, seed: Number(process.env["TEST_SEED"] ?? Date.now() % 1_000_000) };

describe(`any stack, seed ${RUNS.seed} (TEST_SEED repeats it)`, () => {
  const property = (check: (definition: StackDefinition) => void) => fc.assert(fc.property(definitions, check), RUNS);

  test("renders to the same text each time, each file says whose it is, and no image is whichever is newest", () => {
    property((definition) => {
      const { files, compose } = rendered(definition);
      expect([...rendered(definition).files]).toEqual([...files]);
      for (const text of files.values()) expect(text.split("\n")[0]).toContain("Written by grafana-provision");
      for (const { image } of Object.values(compose.services)) expect(image).toMatch(/:[^/:]+$/);
      expect(JSON.stringify(compose)).not.toContain(":latest");
    });
  });

  test("has everywhere a restart policy, a memory limit, log rotation and no privilege", () => {
    property((definition) => {
      for (const service of Object.values(rendered(definition).compose.services)) {
        expect(service).toMatchObject({
          restart: "unless-stopped",
          mem_limit: expect.stringMatching(/^\d+[mg]$/),
          security_opt: ["no-new-privileges:true"],
          logging: { options: { "max-size": "10m", "max-file": "3" } },
        });
        expect(service.privileged).toBeUndefined();
      }
    });
  });

  test("is whole: what is mounted, named or waited for is there, and no port is published twice", () => {
    property((definition) => {
      const { files, compose } = rendered(definition);
      const services = Object.values(compose.services);
      const published = services.flatMap(({ ports = [] }) => ports.map((port) => port.split(":").at(-2)));
      expect(new Set(published).size).toBe(published.length);
      const folders = new Set([...files.keys()].map((path) => `./${path.split("/")[0]}`));
      const mounted = services.flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(":")[0] ?? ""));
      const own = mounted.filter((source) => source.startsWith("./"));
      expect(own.filter((source) => !folders.has(source))).toEqual([]);
      const named = mounted.filter((source) => !/^(\/|\.)/.test(source));
      expect(named.filter((name) => !Object.hasOwn(compose.volumes ?? {}, name))).toEqual([]);
      for (const { depends_on = {}, secrets = [] } of services) {
        for (const [name, { condition }] of Object.entries(depends_on)) {
          expect(compose.services).toHaveProperty([name]);
          const probed = compose.services[name]?.healthcheck !== undefined;
          expect(condition).toBe(probed ? "service_healthy" : "service_started");
        }
        for (const secret of secrets) expect(compose.secrets).toHaveProperty([secret]);
      }
    });
  });

  test("names in its configurations only containers that run, and what the definition names", () => {
    property((definition) => {
      const stack = defineStack(definition);
      const { files } = rendered(definition);
      const running = new Set([...stack.services.values()].map(({ container }) => container));
      const ended = new RegExp(`\\b[a-z-]+-${stack.name}\\b(?=:\\d)`, "g");
      for (const [path, text] of files) {
        if (path === "compose.yaml") continue;
        for (const [container] of text.matchAll(ended))
          expect(running, `${path} names ${container}`).toContain(container);
      }
      const targets = scrapeJobs(stack).flatMap(({ static_configs }) =>
        static_configs.flatMap(({ targets }) => targets),
      );
      const known = targets.filter((target) => running.has(target.split(":")[0] ?? "") || target === "localhost:9090");
      const others = targets.filter((target) => !known.includes(target));
      expect(["backend:8000", "db:9187", "host.docker.internal:8009", "https://example.org"]).toEqual(
        expect.arrayContaining(others),
      );
    });
  });

  test("keeps every $ from compose, but for the variables that it names", () => {
    property((definition) => {
      const { compose, files } = rendered(definition);
      const { grafana } = compose.services;
      const given = definition.services?.grafana;
      const mode = given ? given.environment?.["GF_APP_MODE"] : undefined;
      expect(grafana?.environment?.["GF_APP_MODE"]?.replaceAll("$$", "$")).toBe(mode);
      const single = (files.get("compose.yaml") ?? "").replaceAll("$$", "").match(/\$[^\n]*/g) ?? [];
      for (const found of single) expect(found).toMatch(/^\$\{STACK_TEST_SECRET:\?/);
    });
  });

  test("holds the value of no variable", () => {
    process.env["STACK_TEST_SECRET"] = SECRET;
    try {
      property((definition) => {
        for (const text of rendered(definition).files.values()) expect(text).not.toContain(SECRET);
      });
    } finally {
      delete process.env["STACK_TEST_SECRET"];
    }
  });
});

describe("a service that is turned off", () => {
  test.each(SERVICE_NAMES.filter((name) => name !== "promtail"))("%s leaves nothing of it behind", (name) => {
    const { compose, files } = rendered({ services: { [name]: false } });
    expect(compose.services).not.toHaveProperty([name]);
    const { container } = defineStack().services.get(name) ?? { container: "?" };
    for (const [path, text] of files) expect(text, path).not.toContain(container);
    for (const folder of Object.values(compose.services).flatMap(({ volumes = [] }) => volumes))
      expect(folder).not.toContain(`./${name}:`);
  });
});

describe("scrape jobs", () => {
  test("have their own interval, path and labels, where they are said", () => {
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

describe("compose's own settings", () => {
  test("a changed configuration changes its service in the compose file, and no other", () => {
    const before = rendered({}).compose.services;
    const after = rendered({ services: { loki: { retention: "14d" } } }).compose.services;
    expect(Object.keys(before).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))).toEqual([
      "loki",
    ]);
  });

  test("folders of the host are written relative to the compose file", () => {
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

  test("is bound to this machine alone, unless it is told otherwise", () => {
    const ports = (definition: StackDefinition) =>
      Object.values(rendered(definition).compose.services).flatMap(({ ports = [] }) => ports);
    expect(ports({}).every((port) => port.startsWith("127.0.0.1:"))).toBe(true);
    expect(ports({ bind: "::1" })[0]).toBe("[::1]:9090:9090");
    // 4317, 4318 and 8888 are both the collector's and Jaeger's: one of them publishes them.
    expect(ports({}).filter((port) => /:(4317|4318|8888)$/.test(port))).toHaveLength(3);
  });
});
