import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { compare } from "bcryptjs";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { ensureCredentials } from "../../src/stack/credentials.ts";
import { checkSecretFiles } from "../../src/stack/given-files.ts";
import { defineStack, renderStack, stackDatasources, writeStack, type StackDefinition } from "../../src/stack/index.ts";
import { outdatedServices } from "../../src/stack/restart.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";
import { FILES, hasOpenssl, HOST, makeCertificate } from "./certificate.ts";

const PLACE = { directory: "/project", out: "/project/.grafana-provision/stack" };
const USERS = ["ops", "deploy"];
const WITH_FILES: StackDefinition = { profile: "production", access: { host: HOST, tls: FILES, users: USERS } };
const WITH_ACME: StackDefinition = {
  profile: "production",
  access: { host: HOST, tls: { acme: { email: "ops@example.org" } }, users: USERS },
  services: { redis: { ports: { redis: false } } },
};

/** The codes of an invalid definition by path, from its check or from rendering it. */
async function faultsOf(definition: StackDefinition): Promise<Record<string, string | undefined>> {
  return faultsFrom(async () => renderStack(defineStack(definition), PLACE));
}

async function faultsFrom(run: () => Promise<unknown>): Promise<Record<string, string | undefined>> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof InvalidCodeError)) throw error;
    return Object.fromEntries(error.faults.map(({ path = "", code }) => [path, code]));
  }
  return {};
}

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "grafana-provision-access-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A rendered stack with its credentials and a certificate. */
async function written(definition: StackDefinition): Promise<string> {
  const folder = await temporary();
  const stack = defineStack(definition);
  makeCertificate(folder);
  await writeStack(folder, renderStack(stack, { directory: folder, out: folder }));
  await ensureCredentials(stack, folder);
  return folder;
}

const secretsIn = async (folder: string): Promise<Record<string, string>> => {
  const names = await readdir(join(folder, "secrets"));
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, "secrets", name), "utf8")] as const),
    ),
  );
};

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        ports?: string[];
        secrets?: string[];
        read_only?: boolean;
        cap_add?: string[];
        ulimits?: object;
        healthcheck?: { test: string[] };
      }
    >
  >;
  readonly secrets: Readonly<Record<string, { file: string }>>;
}

function composeOf(definition: StackDefinition): Compose {
  return parse(renderStack(defineStack(definition), PLACE).get("compose.yaml") ?? "") as Compose;
}

describe("a definition", () => {
  test.each([
    [{ profile: "production" }, ["access.tls", "access.users"]],
    [{ profile: "production", access: { host: HOST, users: USERS } }, ["access.tls"]],
    [{ profile: "production", access: { host: HOST, tls: FILES } }, ["access.users"]],
    // Also in development: whoever sets `access` does not want ports without TLS.
    [{ access: { host: HOST, tls: FILES } }, ["access.users"]],
  ] satisfies [StackDefinition, string[]][])(
    "%o is not rendered, because ports would be open",
    async (definition, paths) => {
      expect(await faultsOf(definition)).toEqual(
        Object.fromEntries(paths.map((path) => [path, "stack-access-incomplete"])),
      );
    },
  );

  test.each([
    [{ host: "https://monitoring.example.org" }, "access.host"],
    [{ host: "10.0.0.1" }, "access.host"],
    [{ host: HOST, users: [] }, "access.users"],
    [{ host: HOST, users: ["a b"] }, "access.users[0]"],
    [{ host: HOST, users: ["stack"] }, "access.users[0]"],
    [{ host: HOST, users: ["a", "a"] }, "access.users"],
    [{ host: HOST, tls: { certificate: "cert.pem", key: "./key.pem" } }, "access.tls.certificate"],
    [{ host: HOST, tls: { certificate: "./cert.pem" } }, "access.tls.key"],
    [{ host: HOST, tls: { acme: { email: "ops" } } }, "access.tls.acme.email"],
    [{ host: HOST, tls: { acme: { email: "ops@example.org", directory: "ftp://ca" } } }, "access.tls.acme.directory"],
  ])("with %o is invalid at %s", async (access, path) => {
    expect(await faultsOf({ access } as StackDefinition)).toEqual({ [path]: "stack-setting-invalid" });
  });

  test("with conflicts is rejected", async () => {
    expect(await faultsOf({ ...WITH_ACME, services: {} })).toEqual({
      "services.redis.ports.redis": "stack-access-conflict",
    });
    expect(await faultsOf({ ...WITH_FILES, backend: "example" })).toEqual({ backend: "stack-access-conflict" });
    const without = { ...WITH_FILES, services: { proxy: false } } as unknown as StackDefinition;
    expect(await faultsOf(without)).toEqual({ "services.proxy": "stack-access-conflict" });
    expect(await faultsOf({ services: { proxy: {} } })).toEqual({ "services.proxy": "stack-access-conflict" });
  });
});

describe("compose.yaml", () => {
  test("publishes each port once: by the proxy, or by a service with TLS of its own", () => {
    const { services } = composeOf(WITH_FILES);
    const publishing = Object.entries(services).flatMap(([name, { ports = [] }]) => (ports.length > 0 ? [name] : []));
    expect(publishing.toSorted()).toEqual(["alertmanager", "prometheus", "proxy", "redis"]);
    const host = (ports: readonly string[] = []) => ports.map((port) => Number(port.split(":")[1]));
    const development = composeOf({}).services;
    const all = (from: Compose["services"]) =>
      Object.values(from)
        .flatMap(({ ports }) => host(ports))
        .toSorted((a, b) => a - b);
    expect(all(services)).toEqual(all(development));
  });

  test("publishes everything through the proxy with a certificate from ACME", () => {
    const { services } = composeOf(WITH_ACME);
    const publishing = Object.entries(services).flatMap(([name, { ports = [] }]) => (ports.length > 0 ? [name] : []));
    expect(publishing).toEqual(["proxy"]);
    expect(services["proxy"]?.ports).toEqual(expect.arrayContaining(["127.0.0.1:80:80", "127.0.0.1:443:443"]));
  });

  test("has no proxy without access", () => {
    expect(composeOf({}).services).not.toHaveProperty("proxy");
    expect(composeOf({}).services["prometheus"]).not.toHaveProperty("read_only");
  });

  test("makes root file systems read-only, and limits files and processes in production", () => {
    const { services } = composeOf({ ...WITH_FILES, limits: { openFiles: 5000 } });
    expect(Object.keys(services).length).toBeGreaterThan(10);
    for (const [name, service] of Object.entries(services)) {
      expect(service, name).toMatchObject({
        read_only: true,
        pids_limit: 2048,
        ulimits: { nofile: { soft: 5000, hard: 5000 } },
      });
    }
    expect(services["proxy"]?.cap_add).toEqual(["NET_BIND_SERVICE"]);
  });

  test.each([WITH_FILES, WITH_ACME])("has no credentials in health checks", (definition) => {
    const { services } = composeOf(definition);
    const scheme = definition === WITH_FILES ? "https" : "http";
    for (const [name, port] of [
      ["prometheus", 9090],
      ["alertmanager", 9093],
    ] as const) {
      const check = services[name]?.healthcheck?.test.join(" ");
      expect(check, name).toContain(`${scheme}://127.0.0.1:${port}/-/ready`);
      expect(check, name).not.toMatch(/secrets|password|base64|--header|authorization/i);
    }
    expect(services["alertmanager"]?.secrets).not.toContain("stack-password");
  });

  test("reads certificates where the definition says", () => {
    const { secrets, services } = composeOf(WITH_FILES);
    expect(secrets["tls-key"]).toEqual({ file: "../../tls/key.pem" });
    expect(secrets["web-config"]).toEqual({ file: "./secrets/web-config" });
    expect(services["proxy"]?.secrets).toEqual(["proxy-users", "tls-certificate", "tls-key"]);
  });
});

test("clients in the stack use TLS and the stack's own user", () => {
  const files = renderStack(defineStack(WITH_FILES), PLACE);
  const client = {
    scheme: "https",
    basic_auth: { username: "stack", password_file: "/run/secrets/stack-password" },
    tls_config: { server_name: HOST, ca_file: "/run/secrets/tls-ca" },
  };
  const { scrape_configs: jobs, alerting } = parse(files.get("prometheus/prometheus.yml") ?? "") as {
    scrape_configs: { job_name: string }[];
    alerting: { alertmanagers: object[] };
  };
  const job = (name: string) => jobs.find(({ job_name }) => job_name === name);
  expect(job("prometheus")).toMatchObject(client);
  expect(job("alertmanager")).toMatchObject(client);
  expect(job("grafana")).toMatchObject({ basic_auth: client.basic_auth });
  expect(job("loki")).not.toHaveProperty("basic_auth");
  expect(alerting.alertmanagers).toMatchObject([client]);
  expect(files.get("jaeger/jaeger.yaml")).toContain(
    "endpoint: https://stack:${file:/run/secrets/stack-password}@prometheus-toolboxai:9090",
  );
  const [prometheus, loki] = stackDatasources(defineStack(WITH_FILES));
  expect(prometheus).toMatchObject({
    url: "https://prometheus-toolboxai:9090",
    basicAuth: true,
    basicAuthUser: "stack",
    jsonData: { serverName: HOST, tlsAuthWithCACert: true },
    secureFiles: { basicAuthPassword: "stack-password" },
  });
  expect(loki).not.toHaveProperty("basicAuth");
});

describe.skipIf(!hasOpenssl)("credentials", () => {
  test("are generated once, and no rendered file contains them", async () => {
    const folder = await written(WITH_FILES);
    const secrets = await secretsIn(folder);
    const passwords = ["stack-password", "user-ops", "user-deploy", "redis-password", "grafana-admin-password"].map(
      (name) => secrets[name] ?? "",
    );
    expect(new Set(passwords.filter((password) => password.length > 20)).size).toBe(5);
    const rendered = [...renderStack(defineStack(WITH_FILES), { directory: folder, out: folder }).values()].join("\n");
    for (const password of passwords) expect(rendered).not.toContain(password);
    expect((await stat(join(folder, "secrets"))).mode & 0o777).toBe(0o700);

    await ensureCredentials(defineStack(WITH_FILES), folder);
    expect(await secretsIn(folder)).toEqual(secrets);
  });

  test("are only hashes where services read them", async () => {
    const folder = await written(WITH_FILES);
    const secrets = await secretsIn(folder);
    const { basic_auth_users: users } = parse(secrets["web-config"] ?? "") as {
      basic_auth_users: Record<string, string>;
    };
    expect(Object.keys(users).toSorted()).toEqual(["deploy", "ops", "stack"]);
    expect(await compare(secrets["user-ops"] ?? "", users["ops"] ?? "")).toBe(true);
    expect(await compare(secrets["user-ops"] ?? "", users["deploy"] ?? "")).toBe(false);
    const digest = createHash("sha256")
      .update(secrets["redis-password"] ?? "")
      .digest("hex");
    expect(secrets["redis-users"]).toBe(`user default on #${digest} ~* &* +@all\n`);
  });

  test("follow a password that the user writes to its file", async () => {
    const folder = await written(WITH_FILES);
    const before = await secretsIn(folder);
    await writeFile(join(folder, "secrets/user-ops"), "a password of my own\n");
    expect(await ensureCredentials(defineStack(WITH_FILES), folder)).toContain("a password of my own");
    const lines = (text = "") => text.trim().split("\n");
    const after = await secretsIn(folder);
    expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual([
      "proxy-users",
      "user-ops",
      "web-config",
    ]);
    const [own, ops = "", deploy] = lines(after["proxy-users"]);
    expect([own, deploy]).toEqual([lines(before["proxy-users"])[0], lines(before["proxy-users"])[2]]);
    expect(await compare("a password of my own", ops.split(" ")[1] ?? "")).toBe(true);
  });

  test.each([
    ["user-ops", ["proxy"]],
    ["redis-password", ["redis", "redis-exporter"]],
    ["stack-password", ["grafana", "jaeger", "prometheus", "proxy"]],
  ])("restart the services that read %s only when they start, until it is done", async (name, expected) => {
    const definition: StackDefinition = { ...WITH_FILES, access: { host: HOST, tls: FILES, users: ["ops"] } };
    const folder = await written(definition);
    const stack = defineStack(definition);
    // Also a file with an older time than the container, such as one that was restored.
    const [old, startedAt] = [new Date("2026-01-01T10:00:00Z"), "2026-01-01T11:00:00.123456789Z"];
    const containers = new Map(
      [...stack.services.values()].map(({ container }) => [container, { status: "running", startedAt }]),
    );
    for (const file of await readdir(join(folder, "secrets"))) await utimes(join(folder, "secrets", file), old, old);
    await ensureCredentials(stack, folder);
    expect(await outdatedServices(stack, folder, containers)).toEqual([]);

    await writeFile(join(folder, "secrets", name), "a password of my own");
    await utimes(join(folder, "secrets", name), old, old);
    await ensureCredentials(stack, folder);
    expect((await outdatedServices(stack, folder, containers)).toSorted()).toEqual(expected);
    // Until the containers are started again, whatever else has been run since then.
    await ensureCredentials(stack, folder);
    expect((await outdatedServices(stack, folder, containers)).toSorted()).toEqual(expected);
    const stopped = new Map([...containers].map(([container]) => [container, { status: "exited", startedAt }]));
    expect(await outdatedServices(stack, folder, stopped)).toEqual([]);
    const now = new Date(Date.now() + 1000).toISOString();
    const restarted = new Map(
      [...containers].map(([container, { status }]) => [container, { status, startedAt: now }]),
    );
    expect(await outdatedServices(stack, folder, restarted)).toEqual([]);
  });

  test("and certificates must exist and be readable by containers", async () => {
    const folder = await written(WITH_FILES);
    const check = async (definition: StackDefinition) =>
      faultsFrom(async () => checkSecretFiles(defineStack(definition), folder));
    expect(await check(WITH_FILES)).toEqual({});
    await writeFile(join(folder, "private.pem"), "key", { mode: 0o600 });
    await mkdir(join(folder, "directory"));
    const tls = { certificate: "./directory", key: "./private.pem", ca: "./missing.pem" };
    expect(await check({ ...WITH_FILES, access: { host: HOST, users: USERS, tls } })).toEqual({
      "tls-certificate": "stack-secret-file-unusable",
      "tls-key": "stack-secret-file-unusable",
      "tls-ca": "stack-secret-file-unusable",
    });
  });
});

const run = promisify(execFile);

/** Files of a stack with the secrets where this machine has them, for checkers that open them. */
async function outsideContainer(
  definition: StackDefinition,
): Promise<{ folder: string; file: (path: string) => Promise<string> }> {
  const folder = await written(definition);
  const places = { "tls-certificate": "tls/cert.pem", "tls-key": "tls/key.pem", "tls-ca": "tls/cert.pem" };
  const local = (name: string) => join(folder, places[name as keyof typeof places] ?? `secrets/${name}`);
  return {
    folder,
    async file(path) {
      const text = await readFile(join(folder, path), "utf8");
      const copy = join(folder, `checked-${path.replaceAll("/", "-")}`);
      await writeFile(
        copy,
        text
          .replaceAll(/\/run\/secrets\/([\w-]+)/g, (_all, name: string) => local(name))
          .replaceAll("/etc/prometheus/", `${folder}/prometheus/`),
      );
      return copy;
    },
  };
}

const isMissing = (program: string) => spawnSync("which", [program]).status !== 0;

describe.skipIf(!hasOpenssl).each([
  ["files", WITH_FILES],
  ["ACME", WITH_ACME],
])("with a certificate from %s", (_what, definition) => {
  test("Caddy accepts the configuration of the proxy", async (context) => {
    context.skip(isMissing("caddy"), "caddy is not installed");
    const { file } = await outsideContainer(definition);
    const args = ["validate", "--adapter", "caddyfile", "--config", await file("proxy/Caddyfile")];
    expect((await run("caddy", args)).stdout).toContain("Valid configuration");
  });

  test("promtool accepts the configuration and the web configuration", async (context) => {
    context.skip(isMissing("promtool"), "promtool is not installed");
    const { file } = await outsideContainer(definition);
    const web = await run("promtool", ["check", "web-config", await file("secrets/web-config")]);
    expect(web.stderr).toContain("SUCCESS");
    const config = await run("promtool", ["check", "config", await file("prometheus/prometheus.yml")]);
    expect(config.stdout).toContain("SUCCESS");
  });

  test("promtool rejects a web configuration with an unknown key", async (context) => {
    context.skip(isMissing("promtool"), "promtool is not installed");
    const { folder, file } = await outsideContainer(definition);
    await writeFile(join(folder, "secrets/web-config"), "basic_auth_user:\n  ops: secret\n");
    await expect(run("promtool", ["check", "web-config", await file("secrets/web-config")])).rejects.toThrow(
      "Command failed",
    );
  });

  test("docker-compose accepts the compose file", async (context) => {
    context.skip(isMissing("docker-compose"), "docker-compose is not installed");
    const { folder } = await outsideContainer(definition);
    const args = ["--file", "compose.yaml", "config", "--quiet"];
    await expect(run("docker-compose", args, { cwd: folder })).resolves.toBeDefined();
  });
});
