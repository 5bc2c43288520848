import { cp, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oldNode } from "../helpers/old-node.ts";
import { commandsOf, emptyFolder, FROM_REGISTRY, install, inShell, ok, packed, writeFiles } from "./support.ts";

let tarball: string;
let around: string;

beforeAll(async () => {
  around = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-package-")));
  tarball = await packed(around);
});
afterAll(() => rm(around, { recursive: true, force: true }));

const STRICT = {
  module: "nodenext",
  target: "es2024",
  lib: ["es2024"],
  types: ["node"],
  noEmit: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedSideEffectImports: true,
  noUnusedLocals: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  allowImportingTsExtensions: true,
  // Checks the declarations of dependencies too, including ours.
  skipLibCheck: false,
};

const REPOSITORY = {
  "package.json": '{ "name": "own", "private": true, "type": "module" }',
  "tsconfig.json": JSON.stringify({ compilerOptions: STRICT, include: ["*.ts", "monitoring"] }),
  "grafana.config.ts": `import { defineConfig } from "grafana-provision";
export default defineConfig({ project: "own", resources: ["./monitoring"] });
`,
  "monitoring/queue.ts": `import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { dashboard, datasource, folder } from "grafana-provision";

export const team = folder({ uid: "own", title: "Own" });
export const prometheus = datasource({ uid: "own-prometheus", name: "Own", type: "prometheus", url: "http://prometheus:9090" });
export default dashboard({
  folder: team,
  spec: new DashboardBuilder("Queue").uid("queue").withPanel(new PanelBuilder().title("Waiting").datasource(prometheus.ref)),
});
`,
  "monitoring/alert.ts": `import { ruleGroup, type AlertRule } from "grafana-provision";
import { prometheus, team } from "./queue.ts";

const stuck: AlertRule = {
  uid: "queue-stuck",
  title: "Queue is stuck",
  condition: "B",
  for: "5m",
  data: [
    { refId: "A", datasource: prometheus, relativeTimeRange: { from: 600, to: 0 }, model: { expr: "up", instant: true } },
    { refId: "B", model: { type: "threshold", expression: "A", conditions: [{ evaluator: { type: "lt", params: [1] } }] } },
  ],
};
export default ruleGroup({ folder: team, title: "queue", interval: 60, rules: [stuck] });
`,
};

test("the package contains the code, with the types of the public API only", async () => {
  const folder = await emptyFolder();
  await ok(`tar --extract --gzip --file '${tarball}' --directory '${folder}'`, folder);
  const root = join(folder, "package");
  expect((await readdir(root)).toSorted()).toEqual([
    "LICENSE",
    "README.md",
    "bin",
    "dist",
    "docs",
    "examples",
    "package.json",
    "schema",
    "starter",
  ]);

  const { exports, types, bin, dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    exports: Record<"." | "./stack" | "./testing", { types: string; default: string }>;
    types: string;
    bin: Record<string, string>;
    dependencies: Record<string, string>;
  };
  const dist = await readdir(join(root, "dist"), { recursive: true });
  const within = (path: string) => resolve(root, path).slice(root.length + "/dist/".length);
  const entries = Object.values(exports)
    .filter((entry) => typeof entry !== "string")
    .flatMap((entry) => [within(entry.types), within(entry.default)]);
  expect(dist).toEqual(expect.arrayContaining(entries));
  expect(types).toBe(exports["."].types);
  await readFile(join(root, bin["grafana-provision"] ?? ""));
  expect(dist.filter((name) => /(?<!\.d)\.ts$/.test(name))).toEqual([]);

  const readme = await readFile(join(root, "README.md"), "utf8");
  const links = [...readme.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, path = ""]) => path);
  expect(links.length).toBeGreaterThan(10);
  for (const path of links) await readFile(join(root, path));

  // Every declaration must be reachable, and must not import packages that users don't install.
  const declared = dist.filter((name) => name.endsWith(".d.ts"));
  const imports = await Promise.all(
    declared.map(async (name) => {
      const text = await readFile(join(root, "dist", name), "utf8");
      expect(text).not.toMatch(/@internal|NodeJS\./);
      return [...text.matchAll(/\b(?:from |import\()"([^"]+)"/g)].map(([, to = ""]) => ({ name, to }));
    }),
  );
  const own = imports.flat().filter(({ to }) => to.startsWith("."));
  const reached = new Set(own.map(({ name, to }) => join(dirname(name), to.replace(/\.js$/, ".d.ts"))));
  expect(declared.filter((name) => !entries.includes(name) && !reached.has(name))).toEqual([]);
  const packages = imports.flat().filter(({ to }) => !to.startsWith("."));
  for (const { to } of packages) {
    expect(Object.keys(dependencies)).toContain(to.split("/", to.startsWith("@") ? 2 : 1).join("/"));
  }
});

describe("in an empty repository with a configuration, a dashboard and an alert", () => {
  test("npx plans and applies, a second apply has nothing to do, and the types are correct", async () => {
    const repository = await emptyFolder();
    await writeFiles(repository, REPOSITORY);
    await install(tarball, repository);

    const plan = await inShell("npx grafana-provision plan", repository);
    expect(plan.stderr).toBe("");
    expect(plan.stdout).toContain('+ dashboard/queue "Queue"  monitoring/queue.ts');
    expect(plan.stdout).toContain('+ rule-group/own/queue "queue"  monitoring/alert.ts');
    expect(plan.stdout).toContain("Plan: 4 to add, 0 to change, 0 to destroy. 0 unchanged.");
    expect(plan.code).toBe(0);

    const page = await ok("npx grafana-provision plan -o html", repository);
    expect(page).toMatch(/^<!doctype html>[\s\S]*<b>Waiting<\/b>[\s\S]*<\/html>\n$/);

    expect(await ok("npx grafana-provision apply", repository)).toContain("Applied: 4 added, 0 changed, 0 destroyed.");
    const again = await ok("npx grafana-provision apply", repository);
    expect(again).toContain("Plan: 0 to add, 0 to change, 0 to destroy. 4 unchanged.");
    expect(again).toContain("No changes were made.");

    expect(await inShell("npx tsc --noEmit", repository)).toEqual({ code: 0, stdout: "", stderr: "" });
    await writeFiles(repository, {
      "monitoring/wrong.ts": `import { folder } from "grafana-provision";
export default folder({ uid: "wrong", titel: "Wrong" });
`,
    });
    const wrong = await inShell("npx tsc --noEmit", repository);
    expect(wrong.stdout).toMatch(/monitoring\/wrong\.ts\(2,.*'titel' does not exist/);
    expect(wrong.code).not.toBe(0);
  });

  test("the stack can be defined and rendered, and its types report faults", async () => {
    const repository = await emptyFolder();
    await writeFiles(repository, {
      ...REPOSITORY,
      "stack.config.ts": `import { env } from "grafana-provision";
import { defineStack, type StackDefinition } from "grafana-provision/stack";

const services: StackDefinition["services"] = {
  prometheus: { retention: "30d", ports: { http: 9091 } },
  grafana: { environment: { GF_SMTP_PASSWORD: env("SMTP_PASSWORD") } },
  jaeger: { storage: "badger" },
  redis: false,
};
export default defineStack({ name: "own", services });
`,
      "script.ts": `import { readdirSync } from "node:fs";
import { defineStack, renderStack, scrapeJobs } from "grafana-provision/stack";
import stack from "./stack.config.ts";

const out = process.cwd();
const example = renderStack(defineStack({ backend: "example" }), { directory: out, out }).get("compose.yaml") ?? "";
const context = /context: (\\S+)/.exec(example)?.[1] ?? "";
console.log("files to build:", readdirSync(context).toSorted().join(" "));
const files = renderStack(stack, { directory: "/project", out: "/project/deploy" });
console.log(files.has("compose.yaml"), scrapeJobs(stack).map(({ job_name }) => job_name).join(" "));
`,
    });
    await install(tarball, repository);
    expect(await ok("npx grafana-provision stack:render", repository)).toContain("  + jaeger/jaeger.yaml\n");
    const lines = (await ok("node script.ts", repository)).split("\n");
    expect(lines[0]).toBe("files to build: .dockerignore Dockerfile README.md backend pyproject.toml requirements.txt");
    expect(lines[1]).toMatch(/^true prometheus fastapi-backend grafana loki /);
    expect(await inShell("npx tsc --noEmit", repository)).toEqual({ code: 0, stdout: "", stderr: "" });

    await writeFiles(repository, {
      "wrong.ts": `import { defineStack } from "grafana-provision/stack";
export const a = defineStack({ services: { promethues: {} } });
export const b = defineStack({ services: { prometheus: { retension: "30d" } } });
export const c = defineStack({ services: { jaeger: { storage: "cassandra" } } });
export const d = defineStack({ logs: { collector: "fluentd" } });
export const e = defineStack({ services: { redis: { ports: { redis: "6379" } } } });
export const f = defineStack({ services: { redis: { ports: { http: 6380 } } } });
`,
    });
    const { stdout } = await inShell("npx tsc --noEmit", repository);
    expect(stdout.match(/^wrong\.ts\((\d)/gm)).toEqual([2, 3, 4, 5, 6, 7].map((line) => `wrong.ts(${line}`));
  });

  test("alerts can be tested with Node's test runner, and the types report faults", async () => {
    const repository = await emptyFolder();
    await writeFiles(repository, {
      ...REPOSITORY,
      "alerts.test.ts": `import assert from "node:assert/strict";
import { test } from "node:test";
import { existing, notificationPolicy } from "grafana-provision";
import { routesOf } from "grafana-provision/testing";

const chat = existing.contactPoint("chat");
const policy = notificationPolicy({ receiver: chat, routes: [{ receiver: chat, object_matchers: [["team", "=~", "a.*"]] }] });
test("routes", () => assert.equal(routesOf(policy, { team: "ab" })[0]?.path, "routes[0]"));
`,
    });
    await install(tarball, repository);
    expect(await ok("node --test alerts.test.ts", repository)).toContain("pass 1");
    expect(await inShell("npx tsc --noEmit", repository)).toEqual({ code: 0, stdout: "", stderr: "" });
    await writeFiles(repository, {
      "wrong.ts": `import { routesOf } from "grafana-provision/testing";
export const a = routesOf({ kind: "folder" }, {});
`,
    });
    expect((await inShell("npx tsc --noEmit", repository)).stdout).toMatch(/^wrong\.ts\(2/m);
  });

  const old = oldNode();
  test.skipIf(!old)("an old Node gets a message with the required version", async () => {
    const { path = "", version } = old ?? {};
    const repository = await emptyFolder();
    await install(tarball, repository);
    const result = await inShell(`PATH='${dirname(path)}' node_modules/.bin/grafana-provision plan`, repository);
    expect(result).toEqual({
      code: 1,
      stdout: "",
      stderr: `grafana-provision requires Node 24.15 or later. Run \`npm install --save-dev node@24\`, which installs it only for this repository, and start the command again with npx or \`npm run\`. This is Node ${version} (${path}).\n`,
    });
  });
});

describe("init", () => {
  /** The command of a package that is installed elsewhere, as `npx` runs it. */
  async function initIn(folder: string, ...args: string[]) {
    const elsewhere = await emptyFolder();
    await install(tarball, elsewhere);
    return inShell([join(elsewhere, "node_modules/.bin/grafana-provision"), "init", ...args].join(" "), folder);
  }

  test("writes a repository in which the commands of its README work", async () => {
    const folder = await emptyFolder();
    const { code, stdout, stderr } = await initIn(folder, "monitoring");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const repository = join(folder, "monitoring");
    const written = (await readdir(repository, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    const names = written.map((entry) => join(entry.parentPath, entry.name).slice(repository.length + 1));
    expect(stdout.match(/^ {2}\S+$/gm)?.map((line) => line.trim())).toEqual(names.toSorted());

    const commands = commandsOf(await readFile(join(repository, "README.md"), "utf8"));
    expect(commands).toEqual(["npm install", "npm run provision"]);
    const said: string[] = [];
    for (const command of commands) {
      // A test needs no registry, because the same packages are installed here.
      if (command === "npm install" && !FROM_REGISTRY) await install(tarball, repository);
      else said.push(await ok(command, repository));
    }
    expect(said.at(-1)).toContain("Applied: 8 added, 0 changed, 0 destroyed.");
    const kinds = said
      .at(-1)
      ?.match(/^ {2}\+ ([a-z-]+)\//gm)
      ?.map((line) => line.slice(4, -1));
    expect(kinds?.toSorted()).toEqual([
      "contact-point",
      "dashboard",
      "datasource",
      "folder",
      "message-template",
      "mute-timing",
      "notification-policy",
      "rule-group",
    ]);

    expect(await ok("npm run provision", repository)).toContain("No changes were made.");
    expect(await ok("npm run diff", repository)).toContain("Plan: 0 to add, 0 to change, 0 to destroy. 8 unchanged.");
    expect(await ok("npm run validate", repository)).toContain("Valid: ");
    expect(await ok("npm run rollback", repository)).toContain("apply: 8 added, 0 changed, 0 destroyed, finished");
    await ok("npm run check:types", repository);
  });

  test("installs the tarball that it came from, and other packages from a registry", async () => {
    const folder = await emptyFolder();
    await initIn(folder);
    const { name, dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      name: string;
      dependencies: Record<string, string>;
    };
    expect(dependencies).toEqual({
      "@grafana/grafana-foundation-sdk": expect.stringMatching(/^\^\d/) as unknown,
      "grafana-provision": `file:${relative(await realpath(folder), await realpath(tarball))}`,
    });
    expect(name).toMatch(/^[a-z0-9-]+$/);
  });

  test("refuses if the tarball that it came from is gone", async () => {
    const [folder, elsewhere] = [await emptyFolder(), await emptyFolder()];
    const copy = join(elsewhere, "copy.tgz");
    await cp(tarball, copy);
    await install(copy, elsewhere);
    await rm(copy);
    const command = join(elsewhere, "node_modules/.bin/grafana-provision");
    const { code, stdout, stderr } = await inShell(`${command} init monitoring`, folder);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(stderr).toContain("copy.tgz");
    expect(await readdir(folder)).toEqual([]);
  });

  test("overwrites nothing: if a file exists, it writes no files", async () => {
    const folder = await emptyFolder();
    await writeFiles(folder, { "README.md": "Mine.\n", "grafana.config.mjs": "export default {};\n" });
    const { code, stdout, stderr } = await initIn(folder, ".");
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    for (const name of [folder, "README.md", "grafana.config.mjs", "init DIR"]) expect(stderr).toContain(name);
    expect((await readdir(folder)).toSorted()).toEqual(["README.md", "grafana.config.mjs"]);
    expect(await readFile(join(folder, "README.md"), "utf8")).toBe("Mine.\n");
  });
});
