import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { connect, createServer } from "node:net";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { connect as connectWithTls } from "node:tls";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { once } from "node:events";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { StackStatusSchema } from "../../src/report/stack-status-json.ts";
import { serviceTypes } from "../../src/stack/services/index.ts";
import { FILES, hasOpenssl, HOST, makeCertificate } from "../stack/certificate.ts";
import { testProject, type CliResult, type TestProject } from "../helpers/cli.ts";
import { startEngine, whyNot, type TestEngine } from "./engine.ts";
import { REGISTRY, testImage } from "./images.ts";
import { lacksPip, pythonImage } from "./python-image.ts";
import { freePorts } from "./ports.ts";

const SERVICES = [
  "prometheus",
  "redis",
  "redis-exporter",
  "alertmanager",
  "node-exporter",
  "blackbox-exporter",
] as const;
const OFF = serviceTypes
  .map(({ name }) => name)
  .filter(
    (name) =>
      !(SERVICES as readonly string[]).includes(name) && !["promtail", "fastapi-backend", "proxy"].includes(name),
  );
/** The services that run in production, with the ports that the proxy serves for them. */
const PRODUCTION = ["prometheus", "alertmanager", "node-exporter", "redis", "redis-exporter"] as const;

const CONTAINERS = SERVICES.map((name) => `${name}-boxes`);

/** The likely cause of a container that exits because of its command line. */
const UNSUPPORTED_OPTION = /Likely cause: .*command-line option/;

const reason = whyNot();

it("containers can run on this machine", (context) => {
  // CI installs all requirements, so skipped tests are a failure there.
  const canSkip = !process.env["CI"] || process.platform !== "linux" || process.getuid?.() !== 0;
  context.skip(reason !== undefined && canSkip, reason);
  expect(reason).toBeUndefined();
});

describe.skipIf(reason !== undefined)("a stack in containers", () => {
  let engine: TestEngine;
  let project: TestProject;
  const ports = new Map<string, number>();

  beforeAll(async () => {
    engine = await startEngine(new Map(serviceTypes.map(({ image }) => [image.repository, image.version])));
  });

  // Chosen for each test, because another test can take a free port at any time.
  beforeEach(async () => {
    for (const [index, port] of (await freePorts(SERVICES.length + 1)).entries())
      ports.set(SERVICES[index] ?? "fastapi-backend", port);
  });

  afterEach(async () => {
    // A container in a restart loop can survive the removal.
    for (let tries = 0; tries < 10; tries++) {
      await engine.podman("rm", "--all", "--force", "--time", "0");
      if ((await engine.podman("ps", "--all", "--quiet")).stdout.trim() === "") break;
      await sleep(500);
    }
    await engine.podman("network", "prune", "--force");
    await engine.podman("volume", "prune", "--force");
  });

  afterAll(() => engine.close());

  /** A definition with these settings on free ports. */
  function definition(settings: Readonly<Record<string, object>> = {}, whole = ""): string {
    const services = [
      ...OFF.map((name) => `${JSON.stringify(name)}: false`),
      ...[...SERVICES, ...("fastapi-backend" in settings ? ["fastapi-backend"] : [])].map((name) => {
        const port = { [name === "redis" ? "redis" : "http"]: ports.get(name) };
        return `${JSON.stringify(name)}: ${JSON.stringify({ ports: port, ...settings[name] })}`;
      }),
    ];
    return `import { defineStack } from "grafana-provision/stack";
export default defineStack({
  name: "boxes",
  registry: ${JSON.stringify(REGISTRY)},
  scrapeInterval: "2s",
  backend: ${"fastapi-backend" in settings ? '"example"' : "false"},
  logs: { containers: false, application: false },
  ${whole}
  services: { ${services.join(", ")} },
});
`;
  }

  const tool = (...args: string[]): Promise<CliResult> =>
    project.run(args, { ...engine.variables, ...(args[0] === "stack:up" ? { BOX_TOKEN: "s3cret-value" } : {}) });

  async function started(settings: Readonly<Record<string, object>> = {}): Promise<void> {
    project = await testProject({ "stack.config.ts": definition(settings) });
    const { code, stdout, stderr } = await tool("stack:up", "--timeout", "800");
    expect(code, stdout + stderr).toBe(0);
  }

  const ids = async (): Promise<Record<string, string>> => {
    const { stdout } = await engine.podman("ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.ID}}");
    return Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split(" ") as [string, string]),
    );
  };

  async function status(): Promise<{
    code: number | null;
    services: Record<string, string>;
    jobs: Record<string, string>;
  }> {
    const { code, stdout } = await tool("stack:status", "-o", "json");
    const { services = [], targets = [] } = StackStatusSchema.parse(JSON.parse(stdout));
    return {
      code,
      services: Object.fromEntries(services.map(({ name, state }) => [name, state])),
      jobs: Object.fromEntries(targets.map(({ job, state }) => [job, state])),
    };
  }

  it("starts on its network, is unchanged by a second stack:up, and is removed by stack:down", async () => {
    await started();
    const first = await ids();
    expect(Object.keys(first).toSorted()).toEqual(CONTAINERS.toSorted());
    const { stdout: network } = await engine.podman("network", "inspect", "boxes-monitoring");
    expect(network).toContain('"name": "boxes-monitoring"');

    const up = Object.fromEntries(SERVICES.map((name) => [name, "up"]));
    const jobs = {
      prometheus: "up",
      "redis-exporter": "up",
      alertmanager: "up",
      "node-exporter": "up",
      blackbox: "up",
    };
    expect(await status()).toEqual({ code: 0, services: up, jobs });
    // Services resolve each other's names on the network.
    expect(await ask(ports.get("prometheus"), "/api/v1/query?query=redis_up")).toMatch(/"value":\[[^\]]*"1"\]/);
    expect(await ask(ports.get("prometheus"), "/api/v1/alertmanagers")).toContain("http://alertmanager-boxes:9093/");

    const again = await tool("stack:up");
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain("0 started, 0 recreated, 6 unchanged");
    expect(await ids()).toEqual(first);

    const down = await tool("stack:down");
    expect(down.code, down.stderr).toBe(0);
    expect(await ids()).toEqual({});
    expect((await engine.podman("network", "exists", "boxes-monitoring")).code).toBe(1);
    expect(await volumes()).toContain("boxes-monitoring_prometheus-data");

    expect((await tool("stack:down", "--volumes")).code).toBe(64);
    expect(await volumes()).toContain("boxes-monitoring_prometheus-data");
    expect((await tool("stack:down", "--volumes", "--yes")).code).toBe(0);
    expect(await volumes()).toEqual([]);
  });

  it("builds the example backend on a Debian image, and runs it without privileges", async (context) => {
    context.skip(lacksPip !== undefined, lacksPip);
    const image = await pythonImage(engine.variables, engine.folder);
    await started({ "fastapi-backend": { image, environment: { SIMULATE: "true" } } });
    const { services, jobs } = await status();
    expect(services["fastapi-backend"]).toBe("up");
    expect(jobs["fastapi-backend"]).toBe("up");
    const port = ports.get("fastapi-backend");
    expect(JSON.parse(await ask(port, "/ready"))).toEqual({ status: "ok", database: "ok", redis: "ok" });
    const login = { name: "ada", password: "a long password" };
    expect(await send(port, "/api/v1/users", login)).toBe(201);
    expect(await ask(ports.get("prometheus"), "/api/v1/query?query=http_requests_total")).toContain("fastapi-backend");

    const inside = async (...command: string[]) => engine.podman("exec", "fastapi-backend-boxes", ...command);
    expect((await inside("id", "-u")).stdout.trim()).toBe("10001");
    expect((await inside("touch", "/app/backend/file")).stderr).toContain("Read-only file system");
    expect((await inside("ls", "--almost-all", "/app")).stdout.trim().split("\n")).toEqual([
      ".venv",
      "backend",
      "data",
      "logs",
    ]);
    // Another container reads the log files, as the log collector does.
    const volume = "boxes-monitoring_fastapi-backend-logs:/app/logs:ro";
    const log = await engine.podman(
      "run",
      "--rm",
      "--user=65534",
      "--volume",
      volume,
      image,
      "cat",
      "/app/logs/backend.log",
    );
    expect(log.stdout).toContain("INFO backend.requests POST /api/v1/users HTTP/1.1 201");

    const again = await tool("stack:up");
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain("0 started, 0 recreated, 7 unchanged");
    expect((await tool("stack:down")).code).toBe(0);
    expect((await tool("stack:up", "--timeout", "800")).code).toBe(0);
    expect(await send(port, "/api/v1/auth/login", login), "the user is in the volume").toBe(200);
  });

  it("reports a failed build, and starts nothing", async () => {
    // This image has no Python.
    project = await testProject({
      "stack.config.ts": definition({ "fastapi-backend": { image: testImage("redis") } }),
    });
    const { code, stderr } = await tool("stack:up");
    expect(code).toBe(1);
    expect(stderr, stderr).toContain("could not build an image");
    expect(await ids()).toEqual({});
  });

  it("reports a killed container as down and starts it again", async () => {
    await started();
    await engine.podman("kill", "redis-exporter-boxes");
    const down = await until(status, ({ jobs }) => jobs["redis-exporter"] === "down");
    expect(down.code).toBe(1);
    expect(down.services).toMatchObject({ "redis-exporter": "down", redis: "up", prometheus: "up" });
    const text = await tool("stack:status");
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/Redis exporter +down /);

    const back = await tool("stack:up");
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain("1 started, 0 recreated, 5 unchanged");
    expect((await status()).code).toBe(0);
  });

  it("recreates only changed containers and removes disabled services", async () => {
    await started();
    const before = await ids();
    // Changes only a configuration file. The container is recreated because of its hash in the compose file.
    await project.write({ "stack.config.ts": definition({ alertmanager: { webhook: "http://127.0.0.1:9/alerts" } }) });
    const changed = await tool("stack:up");
    expect(changed.code, changed.stderr).toBe(0);
    expect(changed.stdout).toContain("0 started, 1 recreated, 5 unchanged");
    const after = await ids();
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(["alertmanager-boxes"]);

    const without = definition().replace(/"blackbox-exporter": \{.*?\}\}/, '"blackbox-exporter": false');
    await project.write({ "stack.config.ts": without });
    expect((await tool("stack:up")).code).toBe(0);
    expect(Object.keys(await ids())).not.toContain("blackbox-exporter-boxes");
    expect((await status()).jobs).not.toHaveProperty("blackbox");
  });

  it("answers no request without TLS and credentials in production", async (context) => {
    context.skip(!hasOpenssl, "openssl is not installed");
    const services = [
      ...[...OFF, "blackbox-exporter"].map((name) => `${JSON.stringify(name)}: false`),
      ...PRODUCTION.map((name) => {
        const port = { [name === "redis" ? "redis" : "http"]: ports.get(name) };
        return `${JSON.stringify(name)}: ${JSON.stringify({ ports: port })}`;
      }),
    ];
    project = await testProject({
      "stack.config.ts": `import { defineStack } from "grafana-provision/stack";
export default defineStack({
  name: "boxes",
  profile: "production",
  registry: ${JSON.stringify(REGISTRY)},
  scrapeInterval: "2s",
  backend: false,
  logs: { containers: false, application: false },
  // The sandbox of these tests may not raise limits.
  limits: { openFiles: false, processes: 512 },
  access: { host: "${HOST}", tls: ${JSON.stringify(FILES)}, users: ["ops"] },
  services: { ${services.join(", ")} },
});
`,
    });
    const secret = async (name: string) =>
      (await readFile(join(project.directory, ".grafana-provision/stack/secrets", name), "utf8")).trim();

    expect((await tool("stack:up")).stderr).toContain("does not exist");
    expect(await ids()).toEqual({});
    makeCertificate(project.directory);
    const up = await tool("stack:up", "--timeout", "800");
    expect(up.code, up.stdout + up.stderr).toBe(0);
    expect(up.stdout).toContain(`https://${HOST}:${ports.get("prometheus")}`);
    const { code, services: states, jobs } = await status();
    expect(code).toBe(0);
    expect(states).toEqual({ ...Object.fromEntries(PRODUCTION.map((name) => [name, "up"])), proxy: "unknown" });
    expect(jobs).toEqual({
      prometheus: "up",
      "redis-exporter": "up",
      alertmanager: "up",
      "node-exporter": "up",
      proxy: "up",
    });

    const ca = await readFile(join(project.directory, "tls/cert.pem"), "utf8");
    const password = await secret("user-ops");
    const passwords = [password, await secret("stack-password"), await secret("redis-password")];
    const paths = { prometheus: "/api/v1/query?query=redis_up", alertmanager: "/api/v2/status" };
    for (const name of ["prometheus", "alertmanager", "node-exporter", "redis-exporter"] as const) {
      const port = ports.get(name) ?? 0;
      const path = name in paths ? paths[name as keyof typeof paths] : "/metrics";
      expect(await plain(port, path), `${name} without TLS`).not.toBe(200);
      expect(await securely(port, path, { ca }), `${name} without credentials`).toMatchObject({ status: 401 });
      expect(await securely(port, path, { ca, auth: "ops:wrong" }), name).toMatchObject({ status: 401 });
      // An unknown host name gets no answer without credentials either.
      expect(await securely(port, path, { ca, host: "other.example.org" }), name).toMatchObject({ status: 401 });
      const answer = await securely(port, path, { ca, auth: `ops:${password}` });
      expect(answer, name).toMatchObject({ status: 200 });
    }
    const exported = await securely(ports.get("prometheus") ?? 0, paths.prometheus, { ca, auth: `ops:${password}` });
    expect(exported.body, "Redis answers its exporter").toMatch(/"value":\[[^\]]*"1"\]/);
    const query = "/api/v1/alertmanagers";
    const managers = await securely(ports.get("prometheus") ?? 0, query, { ca, auth: `ops:${password}` });
    expect(managers.body).toContain("https://alertmanager-boxes:9093/");
    expect(await redisAnswer(ports.get("redis") ?? 0, undefined)).not.toContain("NOAUTH");
    expect(await redisAnswer(ports.get("redis") ?? 0, ca)).toContain("NOAUTH");

    const { stdout: inspected } = await engine.podman("inspect", ...Object.keys(await ids()));
    for (const value of passwords) expect(up.stdout + up.stderr + inspected).not.toContain(value);
    const touch = await engine.podman("exec", "prometheus-boxes", "touch", "/etc/file");
    expect(touch.stderr).toContain("Read-only file system");
    const again = await tool("stack:up");
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain("0 started, 0 recreated, 6 unchanged");

    // Their health checks have no credentials.
    const guarded = ["prometheus-boxes", "alertmanager-boxes"];
    const health = async () =>
      (await engine.podman("inspect", "--format", "{{.State.Health.Status}}", ...guarded)).stdout.trim().split("\n");
    expect(await until(health, (states) => states.every((state) => state === "healthy"))).toEqual([
      "healthy",
      "healthy",
    ]);

    // A password that the user sets is valid after the next start.
    const file = join(project.directory, ".grafana-provision/stack/secrets/user-ops");
    await writeFile(file, "another-password");
    expect((await tool("stack:up")).code).toBe(0);
    for (const name of ["prometheus", "node-exporter"] as const) {
      const port = ports.get(name) ?? 0;
      expect(await securely(port, "/metrics", { ca, auth: `ops:${password}` }), name).toMatchObject({ status: 401 });
      expect(await securely(port, "/metrics", { ca, auth: "ops:another-password" }), name).toMatchObject({
        status: 200,
      });
    }

    // Redis and its exporter read a password only when they start.
    const redis = ports.get("redis") ?? 0;
    const former = await secret("redis-password");
    expect(await redisAnswer(redis, ca, former)).toContain("+OK");
    const secrets = join(project.directory, ".grafana-provision/stack/secrets");
    await writeFile(join(secrets, "redis-password"), "another-redis-password");
    await writeFile(join(secrets, "stack-password"), "another-stack-password");
    const rotated = await tool("stack:up", "--timeout", "800");
    expect(rotated.code, rotated.stderr).toBe(0);
    expect(rotated.stdout).toContain("4 started, 0 recreated, 2 unchanged");
    expect(await redisAnswer(redis, ca, former)).toContain("WRONGPASS");
    expect(await redisAnswer(redis, ca, "another-redis-password")).toContain("+OK");
    const value = async () =>
      (await securely(ports.get("prometheus") ?? 0, paths.prometheus, { ca, auth: "ops:another-password" })).body;
    expect(await until(value, (body) => /"value":\[[^\]]*"1"\]/.test(body))).toMatch(/"value":\[[^\]]*"1"\]/);
    expect((await tool("stack:up")).stdout).toContain("0 started, 0 recreated, 6 unchanged");

    const down = await tool("stack:down", "--volumes", "--yes");
    expect(down.code, down.stderr).toBe(0);
  });

  it("removes the containers of a former name only with consent", async () => {
    await started();
    await project.write({ "stack.config.ts": definition().replace('name: "boxes"', 'name: "crates"') });
    const rejected = await tool("stack:up");
    expect(rejected.code).toBe(64);
    expect(Object.keys(await ids()).toSorted()).toEqual(CONTAINERS.toSorted());
    const { code, stderr } = await tool("stack:up", "--yes", "--timeout", "800");
    expect(code, stderr).toBe(0);
    expect(Object.keys(await ids()).toSorted()).toEqual(SERVICES.map((name) => `${name}-crates`).toSorted());
    expect(await volumes()).toContain("boxes-monitoring_prometheus-data");
    expect((await tool("stack:down")).code).toBe(0);
  });

  it("can be cancelled while it stops, and the next stack:down removes the rest", async () => {
    await started();
    // A process that doesn't run ignores the request to end, so stopping this container takes ten seconds.
    await engine.podman("kill", "--signal", "STOP", "redis-boxes");
    const child = spawn(process.execPath, [process.env["TEST_CLI"] ?? "", "stack:down"], {
      cwd: project.directory,
      env: { ...process.env, ...engine.variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exited = once(child, "exit") as Promise<[number | null]>;
    let output = "";
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const running = async () => (await engine.podman("ps", "--quiet")).stdout.split("\n").filter(Boolean).length;
    // If the command ends too early, its exit code is wrong.
    await Promise.race([until(running, (count) => count < CONTAINERS.length), exited]);
    child.kill("SIGINT");
    const [code] = await exited;
    expect(code, output).toBe(5);
    expect(output).toContain("stack:down");
    expect((await tool("stack:down")).code).toBe(0);
    expect(await ids()).toEqual({});
  });

  it("restores the data of a backup, and nothing of a backup with a changed byte", async () => {
    await started({ prometheus: { adminApi: true } });
    const redis = async (...command: string[]) =>
      (await engine.podman("exec", "redis-boxes", "redis-cli", ...command)).stdout.trim();
    await redis("set", "order", "first");
    const time = Date.now() / 1000;
    const answer = () => ask(ports.get("prometheus"), `/api/v1/query?query=up&time=${time}`);
    const before = { ids: await ids(), answer: await answer() };
    expect(before.answer).toContain('"redis-exporter"');

    const key = await generateIdentity();
    await project.write({ "key.txt": `${key}\n`, "other.txt": `${await generateIdentity()}\n` });
    await project.write({ ".grafana-provision/stack/secrets/own": "a password" });
    const args = ["stack:backup", "--out", "saved", "--recipient", await identityToRecipient(key)];
    expect((await tool(...args)).code).toBe(64);
    const backup = await tool(...args, "--yes");
    expect(backup.code, backup.stderr).toBe(0);
    expect(await ids(), "no container was recreated").toEqual(before.ids);
    expect((await status()).services).toMatchObject({ prometheus: "up", redis: "up", alertmanager: "up" });
    const manifest = JSON.parse(await readFile(join(project.directory, "saved/manifest.json"), "utf8")) as {
      files: { content: string; volume?: string; method?: string }[];
    };
    expect(manifest.files.map(({ content, volume, method }) => [content, volume, method])).toEqual([
      ["secret", undefined, undefined],
      ["volume", "alertmanager-data", "stopped"],
      ["volume", "prometheus-data", "snapshot"],
      ["volume", "redis-data", "stopped"],
    ]);
    const { stdout: snapshots } = await engine.podman("exec", "prometheus-boxes", "ls", "/prometheus/snapshots");
    expect(snapshots.trim()).toBe("");

    await redis("set", "order", "second");
    await project.remove(".grafana-provision/stack/secrets/own");
    const file = join(project.directory, "saved/volumes/redis-data.tar.gz.age");
    const bytes = await readFile(file);
    expect(bytes.toString("latin1")).toMatch(/^age-encryption\.org\/v1\n/);
    const restore = ["stack:restore", "saved", "--yes", "--timeout", "800"];
    await writeFile(file, bytes.with(300, (bytes[300] ?? 0) ^ 1));
    const refused = await tool(...restore, "--identity", "key.txt");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("saved/volumes/redis-data.tar.gz.age");
    await writeFile(file, bytes);
    expect((await tool(...restore)).code).toBe(64);
    expect((await tool(...restore, "--identity", "other.txt")).code).toBe(64);
    expect((await tool("stack:restore", "saved", "--identity", "key.txt")).code).toBe(64);
    expect(await ids(), "nothing has changed").toEqual(before.ids);
    expect(await redis("get", "order")).toBe("second");

    const restored = await tool(...restore, "--identity", "key.txt");
    expect(restored.code, restored.stderr).toBe(0);
    expect(await redis("get", "order")).toBe("first");
    expect(await answer()).toBe(before.answer);
    expect(await readFile(join(project.directory, ".grafana-provision/stack/secrets/own"), "utf8")).toBe("a password");
  });

  it("starts a service again and leaves no files if a backup is cancelled", async () => {
    await started();
    // Enough that the copy is still running when the signal arrives.
    await engine.podman("exec", "redis-boxes", "dd", "if=/dev/urandom", "of=/data/big", "bs=1M", "count=300");
    const child = spawn(process.execPath, [process.env["TEST_CLI"] ?? "", "stack:backup", "--out", "saved", "--yes"], {
      cwd: project.directory,
      env: { ...process.env, ...engine.variables },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const exited = once(child, "exit") as Promise<[number | null]>;
    let output = "";
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const begun = () => globSync("saved.incomplete-*/volumes/redis-data.tar.gz", { cwd: project.directory }).length > 0;
    // If the command ends too early, its exit code is wrong.
    while (!begun() && child.exitCode === null) await sleep(100);
    child.kill("SIGINT");
    const [code] = await exited;
    expect(code, output).toBe(5);
    expect(globSync("saved*", { cwd: project.directory })).toEqual([]);
    const states = await until(status, ({ services }) => services["redis"] === "up");
    expect(states.services).toMatchObject({ prometheus: "up", redis: "up" });
  });

  it("reports a port in use before it starts anything", async () => {
    const holder = createServer();
    holder.listen(ports.get("alertmanager"), "127.0.0.1");
    await once(holder, "listening");
    try {
      project = await testProject({ "stack.config.ts": definition() });
      const { code, stderr } = await tool("stack:up");
      expect(code).toBe(1);
      expect(stderr, stderr).toContain(`${ports.get("alertmanager")} (Alertmanager, services.alertmanager.ports.http)`);
      expect(await ids()).toEqual({});
    } finally {
      holder.close();
    }
  });

  it("shows the last log lines of a failed container and the likely cause, without secrets", async () => {
    // This image does not support Alertmanager's options.
    const settings = { image: testImage("prom/prometheus"), environment: { BOX_TOKEN: { variable: "BOX_TOKEN" } } };
    project = await testProject({ "stack.config.ts": definition({ alertmanager: settings }) });
    const { code, stdout, stderr } = await tool("stack:up", "--timeout", "60");
    expect(code).toBe(1);
    expect(stderr, stderr).toContain("alertmanager-boxes");
    expect(stderr, stderr).toContain("unknown long flag '--storage.path'");
    expect(stderr, stderr).toMatch(UNSUPPORTED_OPTION);
    expect(stderr, stderr).not.toContain("redis-boxes");
    expect(stdout + stderr).not.toContain("s3cret-value");

    const file = await readFile(join(project.directory, ".grafana-provision/stack/compose.yaml"), "utf8");
    expect(file).toContain("${BOX_TOKEN:?");
    expect(file).not.toContain("s3cret-value");
    const { stdout: inspected } = await engine.podman("inspect", "alertmanager-boxes");
    expect(inspected).toContain("BOX_TOKEN=s3cret-value");
    // stack:down works without the variable.
    const down = await tool("stack:down", "--volumes", "--yes");
    expect(down.code, down.stderr).toBe(0);
    expect(await ids()).toEqual({});
  });

  it("shows the log lines of a failed dependency", async () => {
    const settings = { image: testImage("prom/node-exporter") };
    project = await testProject({ "stack.config.ts": definition({ redis: settings }) });
    const { code, stderr } = await tool("stack:up", "--timeout", "10");
    expect(code).toBe(1);
    expect(stderr, stderr).toContain("redis-boxes");
    expect(stderr, stderr).toContain("unexpected redis-server");
    expect(stderr, stderr).toMatch(UNSUPPORTED_OPTION);
    expect(stderr, stderr).not.toContain("alertmanager-boxes");
  });

  it("stops waiting after the timeout if a service does not become healthy", async () => {
    engine.holdHealthChecks(true);
    try {
      project = await testProject({ "stack.config.ts": definition() });
      const { code, stderr } = await tool("stack:up", "--timeout", "8");
      expect(code).toBe(1);
      expect(stderr, stderr).toContain("redis-exporter-boxes");
      expect(stderr, stderr).toMatch(/Likely cause: .*\bRedis\b/);
    } finally {
      engine.holdHealthChecks(false);
    }
    // All services become healthy once health checks run.
    const { code, stderr } = await tool("stack:up", "--timeout", "800");
    expect(code, stderr).toBe(0);
  });

  it("does not change containers and networks that do not belong to it", async () => {
    project = await testProject({ "stack.config.ts": definition() });
    await engine.podman("create", "--name", "redis-boxes", testImage("redis"), "redis-server");
    const rejected = await tool("stack:up");
    expect(rejected.code).toBe(1);
    expect(rejected.stderr).toContain(" rm -f redis-boxes");
    expect(Object.keys(await ids())).toEqual(["redis-boxes"]);
    await engine.podman("rm", "redis-boxes");

    await engine.podman("network", "create", "boxes-monitoring");
    const network = await tool("stack:up");
    expect(network.code).toBe(1);
    expect(network.stderr).toContain(" network rm boxes-monitoring");
    expect(await ids()).toEqual({});

    await project.write({
      "stack.config.ts": definition({}, 'network: { name: "boxes-monitoring", external: true },'),
    });
    const used = await tool("stack:up");
    expect(used.code, used.stderr).toBe(0);
    expect((await tool("stack:down")).code).toBe(0);
    expect((await engine.podman("network", "exists", "boxes-monitoring")).code).toBe(0);
  });

  async function volumes(): Promise<string[]> {
    const { stdout } = await engine.podman("volume", "ls", "--quiet");
    return stdout.split("\n").filter(Boolean);
  }
});

/** The status of an answer over plain HTTP; undefined if there is none. */
async function plain(port: number, path: string): Promise<number | undefined> {
  return fetch(`http://127.0.0.1:${port}${path}`, { redirect: "manual" }).then(
    ({ status }) => status,
    () => undefined,
  );
}

async function securely(
  port: number,
  path: string,
  { ca, auth, host = HOST }: { readonly ca: string; readonly auth?: string; readonly host?: string },
): Promise<{ status: number | undefined; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>();
  const headers = { host: `${host}:${port}` };
  const options = {
    host: "127.0.0.1",
    port,
    path,
    ca,
    servername: HOST,
    headers,
    ...(auth === undefined ? {} : { auth }),
  };
  request(options, (response) => {
    let body = "";
    response.on("data", (chunk: Buffer) => (body += chunk.toString()));
    response.on("end", () => resolve({ status: response.statusCode, body }));
  })
    .on("error", reject)
    .end();
  return promise;
}

/** The answer of Redis to PING, or to AUTH with a password, over TLS if there is a certificate authority, or the error. */
async function redisAnswer(port: number, ca: string | undefined, password?: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket =
    ca === undefined ? connect(port, "127.0.0.1") : connectWithTls({ port, host: "127.0.0.1", ca, servername: HOST });
  socket.on("error", (error) => resolve(error.message));
  socket.on("close", () => resolve(""));
  socket.on("data", (data) => resolve(data.toString()));
  socket.write(password === undefined ? "PING\r\n" : `AUTH ${password}\r\n`);
  const answer = await promise;
  socket.destroy();
  return answer;
}

async function ask(port: number | undefined, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

async function send(port: number | undefined, path: string, body: object): Promise<number> {
  const headers = { "Content-Type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  return (await fetch(`http://127.0.0.1:${port}${path}`, init)).status;
}

async function until<Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (let tries = 0; ; tries++) {
    const value = await read();
    if (holds(value) || tries > 30) return value;
    await sleep(500);
  }
}
