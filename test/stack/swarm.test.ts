import { execFile, spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { env } from "../../src/index.ts";
import { defineStack, renderStack, type StackDefinition } from "../../src/stack/index.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { GENERATED, runs } from "../helpers/seed.ts";
import { definitions, VARIABLE } from "./arbitraries.ts";
import { COMPLETE } from "./production.ts";

const PLACE = { directory: "/project", out: "/project/.grafana-provision/swarm" };
const run = promisify(execFile);

interface SwarmService {
  readonly image: string;
  readonly networks: { readonly monitoring: { readonly aliases: readonly string[] } };
  readonly ports?: readonly { readonly target: number; readonly published: number; readonly mode: string }[];
  readonly volumes?: readonly { readonly type: string; readonly source?: string; readonly target: string }[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly secrets?: readonly string[];
  readonly extra_hosts?: readonly string[];
  readonly deploy: {
    readonly mode: string;
    readonly placement?: { readonly constraints: readonly string[] };
    readonly update_config: { readonly order: string; readonly failure_action: string };
    readonly resources: { readonly limits: Readonly<Record<string, unknown>>; readonly reservations: object };
    readonly restart_policy: object;
  };
}

interface SwarmFile {
  readonly version: string;
  readonly services: Readonly<Record<string, SwarmService>>;
  readonly networks: { readonly monitoring: object };
  readonly volumes?: Readonly<Record<string, object>>;
  readonly configs?: Readonly<Record<string, { readonly name: string; readonly file: string }>>;
  readonly secrets?: Readonly<Record<string, { readonly name: string; readonly file: string }>>;
}

/** An application outside of the stack that containers of a swarm can reach. */
const BASE: StackDefinition = { backend: { target: "api:8009" } };

function swarm(definition: StackDefinition): { files: ReadonlyMap<string, string>; stack: SwarmFile } {
  const files = renderStack(defineStack(definition), { ...PLACE, target: "swarm" });
  return { files, stack: parse(files.get("stack.yaml") ?? "") as SwarmFile };
}

function faultsOf(definition: StackDefinition): Record<string, string | undefined> {
  try {
    swarm(definition);
  } catch (error) {
    if (!(error instanceof InvalidCodeError)) throw error;
    return Object.fromEntries(error.faults.map(({ path = "", code }) => [path, code]));
  }
  return {};
}

/** Keys that `docker stack deploy` ignores, rejects or reports as deprecated. */
const UNSUPPORTED =
  "build cgroup_parent container_name depends_on devices extends ipc links mem_limit network_mode pid pids_limit privileged restart security_opt tmpfs";

const PRODUCTION: StackDefinition = {
  ...COMPLETE,
  bind: "0.0.0.0",
  services: {
    ...COMPLETE.services,
    alertmanager: {
      ...COMPLETE.services.alertmanager,
      receivers: { mail: { email: ["ops@example.org"] } },
      routes: [],
      escalation: { after: "30m", receiver: "mail" },
    },
  },
};

describe("a stack for Swarm", () => {
  test("runs stateful services on the node with their label, and those that read the host on each node", () => {
    const { services } = swarm(BASE).stack;
    const pinned = Object.entries(services).flatMap(([name, { deploy }]) =>
      (deploy.placement?.constraints ?? []).map((constraint) => [name, constraint]),
    );
    expect(Object.fromEntries(pinned)).toEqual({
      prometheus: "node.labels.toolboxai.prometheus == true",
      grafana: "node.labels.toolboxai.grafana == true",
      loki: "node.labels.toolboxai.loki == true",
      redis: "node.labels.toolboxai.redis == true",
      alertmanager: "node.labels.toolboxai.alertmanager == true",
    });
    const ofMode = (mode: string) => Object.keys(services).filter((name) => services[name]?.deploy.mode === mode);
    expect(ofMode("global")).toEqual(["alloy", "node-exporter"]);
    const badger = swarm({ ...BASE, services: { jaeger: { storage: "badger" } } }).stack.services["jaeger"];
    expect(badger?.deploy.placement?.constraints).toEqual(["node.labels.toolboxai.jaeger == true"]);
    const database = { server: "db:5432", user: "grafana", passwordFile: "./keys/db" };
    const shared = swarm({ ...BASE, services: { grafana: { database } } }).stack.services["grafana"];
    expect(shared?.deploy.placement).toBeUndefined();
  });

  test("starts new containers first unless they need the data or the port of the old one, and rolls back", () => {
    const { services } = swarm(BASE).stack;
    for (const [name, { deploy }] of Object.entries(services)) {
      const first = deploy.placement !== undefined || deploy.mode === "global" ? "stop-first" : "start-first";
      expect(deploy.update_config, name).toMatchObject({ order: first, failure_action: "rollback" });
      expect(deploy.restart_policy, name).toMatchObject({ condition: "any" });
    }
  });

  test("has the same names for addresses as with Docker Compose, and the same configuration for single containers", () => {
    const { files, stack } = swarm(BASE);
    const compose = renderStack(defineStack(BASE), PLACE);
    for (const service of defineStack(BASE).services.values())
      expect(stack.services[service.name]?.networks.monitoring.aliases).toEqual([service.container]);
    const same = [...files].filter(([path, text]) => compose.get(path) === text).map(([path]) => path);
    expect(same).toEqual(
      expect.arrayContaining(["loki/loki.yaml", "jaeger/jaeger.yaml", "otel-collector/otel-collector.yaml"]),
    );
  });

  test("Prometheus scrapes each container of a service on each node", () => {
    const { scrape_configs: jobs } = parse(swarm(BASE).files.get("prometheus/prometheus.yml") ?? "") as {
      scrape_configs: Record<string, unknown>[];
    };
    const job = (name: string) => jobs.find(({ job_name }) => job_name === name);
    expect(job("node-exporter")).toEqual({
      job_name: "node-exporter",
      metrics_path: "/metrics",
      dns_sd_configs: [{ names: ["tasks.node-exporter"], type: "A", port: 9100 }],
    });
    expect(job("alloy")).toMatchObject({ dns_sd_configs: [{ names: ["tasks.alloy"], port: 12345 }] });
    expect(job("loki")).toMatchObject({ static_configs: [{ targets: ["grafana-loki-toolboxai:3100"] }] });
    expect(job("fastapi-backend")).toMatchObject({ static_configs: [{ targets: ["api:8009"] }] });
  });

  test("promtool accepts the configuration", async (context) => {
    context.skip(spawnSync("which", ["promtool"]).status !== 0, "promtool is not installed");
    const made = await testProject({ "prometheus.yml": swarm(BASE).files.get("prometheus/prometheus.yml") ?? "" });
    const checked = await run("promtool", ["check", "config", join(made.directory, "prometheus.yml")]);
    expect(checked.stdout).toContain("SUCCESS");
  });

  test("names configurations by their content", () => {
    const names = (definition: StackDefinition) =>
      Object.fromEntries(Object.entries(swarm(definition).stack.configs ?? {}).map(([key, { name }]) => [key, name]));
    const before = names(BASE);
    const after = names({ ...BASE, services: { loki: { retention: "14d" } } });
    expect(before["loki-loki.yaml"]).toMatch(/^toolboxai-loki\.yaml-[0-9a-f]{12}$/);
    expect(Object.keys(before).filter((key) => before[key] !== after[key])).toEqual(["loki-loki.yaml"]);
  });

  test("publishes ports only if they may be published on all addresses", () => {
    const portsOf = (definition: StackDefinition) =>
      Object.values(swarm(definition).stack.services).flatMap(({ ports = [] }) => ports);
    expect(portsOf(BASE)).toEqual([]);
    const open = portsOf({ ...BASE, bind: "0.0.0.0" });
    expect(open).toContainEqual({ target: 3000, published: 3000, protocol: "tcp", mode: "ingress" });
    expect(open).toContainEqual({ target: 9100, published: 9100, protocol: "tcp", mode: "host" });
  });

  test("maps host.docker.internal only to an IP address, and rejects definitions that need it", () => {
    expect(faultsOf({})).toEqual({ "backend.target": "stack-target-conflict" });
    expect(swarm({ hostGateway: "10.0.0.5" }).stack.services["prometheus"]?.extra_hosts).toEqual([
      "host.docker.internal:10.0.0.5",
    ]);
    const webhook = { alertmanager: { webhook: "http://host.containers.internal:8009/alerts" } };
    expect(faultsOf({ ...BASE, hostGateway: "10.0.0.5", services: webhook })).toEqual({
      "alertmanager/alertmanager.yml": "stack-target-conflict",
    });
    const redis = { "redis-exporter": { redis: "host.docker.internal:6379" } };
    expect(faultsOf({ ...BASE, services: redis })).toEqual({ "services.redis-exporter": "stack-target-conflict" });
    expect(faultsOf({ backend: "example" })).toEqual({ backend: "stack-target-conflict" });
  });

  test("mounts directories of logs only if each node can have them", () => {
    const binds = (logs: StackDefinition["logs"]) =>
      (swarm({ ...BASE, ...(logs && { logs }) }).stack.services["alloy"]?.volumes ?? []).flatMap(
        ({ type, source = "" }) => (type === "bind" ? [source] : []),
      );
    expect(binds({ application: "./logs" })).toEqual(["/var/lib/docker/containers"]);
    expect(binds({ application: "/srv/logs" })).toEqual(["/var/lib/docker/containers", "/srv/logs"]);
  });

  test("has the limits of the profile for production, an encrypted network, and no secret in its files", () => {
    const { stack, files } = swarm(PRODUCTION);
    expect(stack.networks.monitoring).toMatchObject({ driver: "overlay", driver_opts: { encrypted: "true" } });
    expect(stack.services["prometheus"]).toMatchObject({
      read_only: true,
      ulimits: { nofile: { soft: 65_536, hard: 65_536 } },
      volumes: expect.arrayContaining([{ type: "tmpfs", target: "/tmp" }]) as unknown,
      deploy: { resources: { limits: { memory: "1g", pids: 2048 }, reservations: { memory: "524288k" } } },
    });
    expect(stack.secrets).toMatchObject({
      "tls-key": { name: "acme-tls-key-${HASH_TLS_KEY:?run deploy.sh}" },
      "grafana-admin-password": { file: "./secrets/grafana-admin-password" },
    });
    for (const { name } of Object.values(stack.secrets ?? {})) expect(name).toContain("${HASH_");
    expect([...files.keys()].filter((path) => path.startsWith("secrets"))).toEqual([]);
  });
});

describe("a generated stack for Swarm", GENERATED, () => {
  /** The same definition without what Swarm can't do. */
  const possible = definitions.map(({ backend, services, ...others }): StackDefinition => {
    const { "fastapi-backend": _example, ...rest } = services ?? {};
    return {
      ...others,
      hostGateway: "10.0.0.5",
      backend: backend === "example" ? false : (backend ?? {}),
      services: rest,
    };
  });

  test("has only keys that Swarm uses, and defines all that its services name", () => {
    fc.assert(
      fc.property(possible, (definition) => {
        const { stack, files } = swarm(definition);
        for (const [name, service] of Object.entries(stack.services)) {
          expect(
            Object.keys(service).filter((key) => UNSUPPORTED.split(" ").includes(key)),
            name,
          ).toEqual([]);
          expect(service.deploy.resources.limits["memory"]).toMatch(/^\d+[kmg]$/);
          const volumes = (service.volumes ?? []).filter(({ type }) => type === "volume");
          expect(Object.keys(stack.volumes ?? {})).toEqual(expect.arrayContaining(volumes.map(({ source }) => source)));
          expect(Object.keys(stack.configs ?? {})).toEqual(
            expect.arrayContaining((service.configs ?? []).map(({ source }) => source)),
          );
          expect(Object.keys(stack.secrets ?? {})).toEqual(expect.arrayContaining([...(service.secrets ?? [])]));
        }
        const used = Object.values(stack.services).flatMap(({ configs = [] }) => configs.map(({ source }) => source));
        expect(new Set(used)).toEqual(new Set(Object.keys(stack.configs ?? {})));
        for (const { file, name } of Object.values(stack.configs ?? {})) {
          expect(files.has(file.slice(2))).toBe(true);
          expect(name).toMatch(/^[\w.-]{1,64}$/);
        }
        for (const { name } of Object.values(stack.secrets ?? {}))
          expect(name.replace(/\$\{.*\}/, "0".repeat(12))).toMatch(/^[\w.-]{1,64}$/);
      }),
      { numRuns: runs(30) },
    );
  });
});

async function project(definition: StackDefinition): Promise<TestProject> {
  const made = await testProject({ "stack.config.mjs": `export default ${JSON.stringify(definition)};` });
  await mkdir(join(made.directory, "keys"));
  for (const path of JSON.stringify(definition).matchAll(/"\.\/((?:keys|tls)\/[\w.-]+)"/g))
    await made.write({ [path[1] ?? ""]: "content" });
  return made;
}

/** Hashes as `deploy.sh` sets them. */
function variables(stack: SwarmFile): Record<string, string> {
  const names = Object.values(stack.secrets ?? {}).map(({ name }) => /\$\{(\w+):/.exec(name)?.[1] ?? "");
  return { ...Object.fromEntries(names.map((name) => [name, "0123456789ab"])), [VARIABLE]: "any" };
}

/** Programs that read the file. docker-compose 1 does not know `pids`. */
const READERS = [
  {
    called: "docker-compose",
    command: ["docker-compose", "--file", "stack.yaml", "config"],
    unknown: /^ +pids: .*\n/gm,
  },
  {
    called: "docker stack",
    command: [process.env["TEST_DOCKER"] || "docker", "stack", "config", "--compose-file", "stack.yaml"],
  },
];

describe.each(READERS)("$called", ({ command: [program = "", ...args], unknown }) => {
  const missing =
    spawnSync(program, program.endsWith("docker-compose") ? ["version"] : ["stack", "config", "--help"]).status !== 0;

  test.for([
    ["development", { ...BASE, services: { grafana: { environment: { SECRET: env(VARIABLE) } } } }],
    ["production", PRODUCTION],
  ] as const)("accepts the stack for %s", async ([, definition], context) => {
    context.skip(missing, `${program} is not installed`);
    const made = await project(definition);
    expect(await made.run(["stack:render", "out", "--target", "swarm", "--secrets"])).toMatchObject({
      code: 0,
      stderr: "",
    });
    const out = join(made.directory, "out");
    const text = await readFile(join(out, "stack.yaml"), "utf8");
    await writeFile(join(out, "stack.yaml"), unknown === undefined ? text : text.replaceAll(unknown, ""));
    const read = await run(program, args, {
      cwd: out,
      env: { ...process.env, ...variables(parse(text) as SwarmFile) },
    });
    const services = (parse(read.stdout, { version: "1.1" }) as SwarmFile).services;
    expect(Object.keys(services).toSorted()).toEqual(Object.keys((parse(text) as SwarmFile).services).toSorted());
  });
});

describe("stack:render --target swarm", () => {
  test("writes to a directory of its own, and with --secrets also the missing secrets", async () => {
    const made = await project(PRODUCTION);
    const out = join(made.directory, ".grafana-provision/swarm");
    expect(await made.run(["stack:render", "--target", "swarm"])).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(out)).toEqual(expect.arrayContaining(["README.md", "deploy.sh", "prometheus", "stack.yaml"]));
    expect(await readdir(out)).not.toContain("secrets");
    expect((await made.run(["stack:render", "--target", "swarm", "--secrets"])).code).toBe(0);
    const secret = await readFile(join(out, "secrets/stack-password"), "utf8");
    expect((await made.run(["stack:render", "--target", "swarm", "--secrets"])).code).toBe(0);
    expect(await readFile(join(out, "secrets/stack-password"), "utf8")).toBe(secret);
    expect(await made.run(["stack:render", "--target", "swarm", "--check"])).toMatchObject({ code: 0 });
    for (const name of ["stack.yaml", "deploy.sh", "README.md"])
      expect(await readFile(join(out, name), "utf8")).not.toContain(secret);
  });

  test("replaces the files of another target only with --force, and no files of the user", async () => {
    const made = await project(BASE);
    await made.run(["stack:render", "out"]);
    await made.write({ "out/notes.md": "mine" });
    const refused = await made.run(["stack:render", "out", "--target", "swarm"]);
    expect([refused.code, refused.stderr.includes("compose.yaml")]).toEqual([1, true]);
    expect(await readdir(join(made.directory, "out"))).toContain("compose.yaml");
    const { stdout, code } = await made.run(["stack:render", "out", "--target", "swarm", "--force"]);
    expect(code).toBe(0);
    expect(stdout).toContain("  - .env\n  - compose.yaml\n");
    expect((await made.run(["stack:render", "out", "--force"])).stdout).toMatch(
      / {2}- README\.md\n {2}- deploy\.sh\n {2}- stack\.yaml\n/,
    );
    expect(await readFile(join(made.directory, "out/notes.md"), "utf8")).toBe("mine");
  });

  test("deploy.sh deploys with the hashes of all secrets, and stops if one is missing", async () => {
    const made = await project(PRODUCTION);
    await made.run(["stack:render", "out", "--target", "swarm", "--secrets"]);
    const out = join(made.directory, "out");
    // Prints what the real command would get.
    await made.write({
      "bin/docker": '#!/bin/sh\nif [ "$1" = ps ]; then echo $RUNNING; exit; fi\necho "$@"\nenv | grep ^HASH_ | sort\n',
    });
    await run("chmod", ["+x", join(made.directory, "bin/docker")]);
    const options = { env: { ...process.env, PATH: `${join(made.directory, "bin")}:${process.env["PATH"]}` } };
    const { stdout } = await run("sh", [join(out, "deploy.sh"), "--detach"], options);
    const [arguments_ = "", ...hashes] = stdout.trim().split("\n");
    expect(arguments_).toBe(
      "stack deploy --prune --with-registry-auth --compose-file stack.yaml acme-monitoring --detach",
    );
    const { secrets = {} } = parse(await readFile(join(out, "stack.yaml"), "utf8")) as SwarmFile;
    expect(hashes).toHaveLength(Object.keys(secrets).length);
    for (const line of hashes) expect(line).toMatch(/^HASH_[A-Z0-9_]+=[0-9a-f]{12}$/);
    const withCompose = { env: { ...options.env, RUNNING: "4f1c" } };
    await expect(run("sh", [join(out, "deploy.sh")], withCompose)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("stack:down") as unknown,
    });
    await writeFile(join(out, "secrets/stack-password"), "");
    await expect(run("sh", [join(out, "deploy.sh")], options)).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("./secrets/stack-password is missing or empty") as unknown,
    });
  });
});
