import { spawnSync } from "node:child_process";
import { chmod, cp } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { oldNode } from "../helpers/old-node.ts";
import { starter } from "../helpers/starter.ts";
import { faultsIn } from "./support.ts";

// Typical mistakes of a first hour, in the project that `init` creates.

const ROOT = join(import.meta.dirname, "../..");

interface Mistake {
  readonly name: string;
  readonly file: string;
  /** Text of the file, and what replaces it. */
  readonly right: string;
  readonly wrong: string;
  /** For each fault: where it is, and what its message and hint contain. */
  readonly faults: readonly { readonly at: string; readonly names: readonly string[] }[];
}

const mistakes: readonly Mistake[] = [
  {
    name: "the name of the package is misspelled",
    file: "dashboards/folders.ts",
    right: '"grafana-provision"',
    wrong: '"grafana-provison"',
    faults: [{ at: "dashboards/folders.ts", names: ["grafana-provison", "grafana-provision"] }],
  },
  {
    name: "a file is imported without its extension",
    file: "dashboards/targets.ts",
    right: '"./folders.ts"',
    wrong: '"./folders"',
    faults: [{ at: "dashboards/targets.ts", names: ["./folders", "./folders.ts"] }],
  },
  {
    name: "the name of an imported file is misspelled",
    file: "dashboards/targets.ts",
    right: '"../datasources/prometheus.ts"',
    wrong: '"../datasources/promtheus.ts"',
    faults: [{ at: "dashboards/targets.ts", names: ["../datasources/promtheus.ts", "../datasources/prometheus.ts"] }],
  },
  {
    name: "the name of an imported function is misspelled",
    file: "dashboards/folders.ts",
    right: "import { folder }",
    wrong: "import { folders }",
    faults: [{ at: "dashboards/folders.ts", names: ['"folders" from grafana-provision', "(line 1)", " folder?"] }],
  },
  {
    name: "a type is imported as a value",
    file: "alerts/targets.ts",
    right: "type AlertRule }",
    wrong: "AlertRule }",
    faults: [{ at: "alerts/targets.ts", names: ["(line 1)", "import { type AlertRule }"] }],
  },
  {
    name: "the name of an SDK module is misspelled",
    file: "dashboards/targets.ts",
    right: "foundation-sdk/timeseries",
    wrong: "foundation-sdk/timeserie",
    faults: [{ at: "dashboards/targets.ts", names: ["foundation-sdk/timeserie,", "foundation-sdk/timeseries"] }],
  },
  {
    name: "a dashboard is not exported",
    file: "dashboards/targets.ts",
    right: "export default dashboard",
    wrong: "const board = dashboard",
    faults: [{ at: "dashboards/targets.ts", names: ["export default"] }],
  },
  {
    name: "a mute timing that another file uses is not exported",
    file: "alerts/mute-timings.ts",
    right: "export const weekends",
    wrong: "const weekends",
    faults: [
      { at: "alerts/mute-timings.ts", names: ["export"] },
      { at: "alerts/notification-policies.ts", names: ['"weekends"', "./mute-timings.ts", "(line 3)", "`export`"] },
    ],
  },
  {
    name: "a property of a folder is misspelled",
    file: "dashboards/folders.ts",
    right: "title:",
    wrong: "titel:",
    faults: [{ at: "dashboards/folders.ts (export team) titel", names: ["title"] }],
  },
  {
    name: "a property of a rule is misspelled",
    file: "alerts/targets.ts",
    right: 'condition: "B"',
    wrong: 'conditon: "B"',
    faults: [{ at: "alerts/targets.ts (default export) rules[0].conditon", names: ["condition"] }],
  },
  {
    name: "a setting is misspelled",
    file: "grafana.config.ts",
    right: "resources:",
    wrong: "resource:",
    faults: [{ at: "HERE/grafana.config.ts resource", names: ["resources", "ledgerFolder", "orgId"] }],
  },
  {
    name: "a panel refers to its datasource by name",
    file: "dashboards/targets.ts",
    right: ".datasource(prometheus.ref)",
    wrong: '.datasource("Prometheus" as never)',
    faults: [
      {
        at: "dashboards/targets.ts (default export) spec.panels[0].datasource",
        names: ['"Prometheus"', "prometheus.ref", 'existing.datasource("Prometheus").ref'],
      },
    ],
  },
  {
    name: "a rule refers to its datasource by name",
    file: "alerts/targets.ts",
    right: "datasource: prometheus,",
    wrong: 'datasource: "prometheus" as never,',
    faults: [
      {
        at: "alerts/targets.ts (default export) rules[0].data[0].datasource",
        names: ["datasource({...})", "existing.datasource(...)"],
      },
    ],
  },
  {
    name: "a panel takes a datasource instead of its ref",
    file: "dashboards/targets.ts",
    right: `.height(8)
  .span(6)`,
    wrong: ".datasource(prometheus)",
    faults: [
      {
        at: "dashboards/targets.ts (default export) spec.panels[0].datasource",
        names: [".datasource(prometheus.ref)"],
      },
    ],
  },
  {
    name: "the configuration throws",
    file: "grafana.config.ts",
    right: "export default",
    wrong: 'if (!process.env["TEAM"]) throw new Error("TEAM is not set");\nexport default',
    faults: [{ at: "HERE/grafana.config.ts", names: ["TEAM is not set (line 3)"] }],
  },
  {
    name: "a file throws",
    file: "datasources/prometheus.ts",
    right: 'url: process.env["PROMETHEUS_URL"]',
    wrong: 'url: process.env["PROMETHEUS_URL"]!.trim()',
    faults: [{ at: "datasources/prometheus.ts", names: ["reading 'trim'", "(line 13)"] }],
  },
];

test.each(mistakes)("$name", async ({ file, right, wrong, faults }) => {
  const { [file]: text = "", ...files } = await starter();
  expect(text).toContain(right);
  const project = await testProject({ ...files, [file]: text.replace(right, wrong) });
  expect(await planFaults(project, faults)).toEqual(faults);
});

test("two dashboards have the same uid", async () => {
  const files = await starter();
  const project = await testProject({ ...files, "dashboards/copy.ts": files["dashboards/targets.ts"] ?? "" });
  const faults = [
    {
      at: "dashboards/targets.ts (default export) uid",
      names: ["dashboard/my-team-targets", "dashboards/copy.ts (default export)"],
    },
  ];
  expect(await planFaults(project, faults)).toEqual(faults);
});

/** Plans invalid code. Returns each fault with those of its expected names that the message and the hint contain. */
async function planFaults(project: TestProject, expected: Mistake["faults"]) {
  const { code, stdout, stderr } = await run(project, ["plan"]);
  expect({ code, stdout }).toEqual({ code: 65, stdout: "" });
  expect(stderr).toMatch(new RegExp(`^${expected.length} faults? in `, "m"));
  return faultsIn({ stderr }).map(({ place, message, hint }, index) => ({
    at: place,
    names: expected[index]?.names.filter((name) => ` ${message} ${hint} `.includes(name)),
  }));
}

describe("warnings", () => {
  test("a property of a dashboard or of a panel is misspelled", async () => {
    const project = await testProject({
      "resources/a.ts": `
import { dashboard } from "grafana-provision";
export const one = dashboard({ uid: "a", spec: { title: "A", panels: [{ type: "text", titel: "P" }] } });
export const two = dashboard({ uid: "b", spec: { title: "B", pannels: [] } as never });
`,
    });
    const { code, stderr } = await run(project, ["validate"]);
    expect(code).toBe(0);
    expect(faultsIn({ stderr })).toMatchObject([
      {
        level: "warning",
        place: "resources/a.ts (export one) spec.panels[0].titel",
        message: expect.stringContaining("title"),
      },
      {
        level: "warning",
        place: "resources/a.ts (export two) spec.pannels",
        message: expect.stringContaining("panels"),
      },
    ]);
  });

  test("the directories of resources are empty", async () => {
    const project = await testProject({ "resources/.gitkeep": "" });
    const { code, stdout, stderr } = await run(project, ["validate"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Valid: no resources in 0 files.\n" });
    expect(faultsIn({ stderr })).toMatchObject([{ level: "warning", place: "grafana.config.ts resources" }]);
  });

  test("a dashboard without a uid gets a warning only when it is created", async () => {
    const project = await testProject({
      "resources/a.ts": `
import { dashboard } from "grafana-provision";
export default dashboard({ spec: { title: "Service" } });
`,
    });
    const warning = / {2}\+ dashboard\/service-be4779ba "Service" {2}resources\/a\.ts: 0 panels\n {6}! .*\buid\b/;
    expect((await run(project, ["apply"])).stdout).toMatch(warning);
    expect((await run(project, ["plan"])).stdout).not.toMatch(/\buid\b/);
  });
});

describe("the directory", () => {
  test("is empty", async () => {
    const project = await testProject();
    await project.remove("grafana.config.ts");
    const { code, stdout, stderr } = await run(project, ["plan"]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    for (const name of ["grafana.config.ts", "HERE", "--config", "grafana-provision init"]) {
      expect(stderr).toContain(name);
    }
  });

  test("contains a file in place of a directory", async () => {
    const project = await testProject({ ...(await starter()), ".grafana-provision": "" });
    expect(await run(project, ["apply"])).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^Error: .*HERE\/\.grafana-provision\/sandbox.*\(ENOTDIR\)\n.+\n$/),
    });
  });

  /** Root ignores file permissions, so the command runs as another user. */
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const readable =
    spawnSync(process.execPath, ["--check", join(ROOT, "bin/grafana-provision.js")], { ...nobody, cwd: "/" }).status ===
    0;

  test.skipIf(!readable)("is read-only", async () => {
    const project = await testProject(await starter());
    await chmod(project.directory, 0o555);
    onTestFinished(() => chmod(project.directory, 0o755));
    const cli = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(ROOT, "bin/grafana-provision.js"), ...args],
        {
          ...nobody,
          cwd: project.directory,
          env: { NO_COLOR: "1" },
          encoding: "utf8",
        },
      );
      return { code: status, stdout, stderr: stderr.replaceAll(project.directory, "HERE") };
    };
    expect(cli("apply")).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^Error: .*HERE\/\.grafana-provision\b.*\(EACCES\)\n.+\n$/),
    });
    expect(cli("init", "new")).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^Error: .*HERE\/new\b.*\(EACCES\)\n.+\n$/),
    });
  });
});

describe("Grafana", () => {
  const TOKEN_HINT = /GRAFANA_TOKEN.*Administration > Service accounts.*GRAFANA_USER/;

  test("requires credentials, but none are set", async () => {
    const url = await grafana();
    const project = await testProject(await starter());
    const { code, stdout, stderr } = await run(project, ["plan"], { GRAFANA_URL: url });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr.split("\n")[0]).toContain(url);
    expect(stderr).toMatch(TOKEN_HINT);
  });

  test("rejects the token", async () => {
    const url = await grafana();
    const project = await testProject(await starter());
    const variables = { GRAFANA_URL: url, GRAFANA_TOKEN: "glsa_wrong" };
    const { code, stdout, stderr } = await run(project, ["plan"], variables);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(/GET \/api\/access-control\/user\/permissions\b.* 401 "Invalid API key"/);
    expect(stderr).toMatch(TOKEN_HINT);
  });

  test.each([
    {
      name: "a token without a URL",
      variables: { GRAFANA_TOKEN: "glsa_x" },
      code: 64,
      names: ["GRAFANA_TOKEN", "GRAFANA_URL", "--sandbox"],
    },
    {
      name: "a URL without a scheme",
      variables: { GRAFANA_URL: "grafana.example.org/sub-path", GRAFANA_TOKEN: "glsa_x" },
      code: 64,
      names: ["GRAFANA_URL", ": grafana.example.org/sub-path\n", "https://grafana.example.org/sub-path"],
    },
    {
      name: "a host and a port",
      variables: { GRAFANA_URL: "localhost:3000", GRAFANA_TOKEN: "glsa_x" },
      code: 64,
      names: ["GRAFANA_URL", ": localhost:3000\n", "http://localhost:3000"],
    },
    {
      name: "a port on which nothing listens",
      variables: { GRAFANA_URL: "http://127.0.0.1:9", GRAFANA_TOKEN: "glsa_x" },
      code: 1,
      names: ["http://127.0.0.1:9: ", "(ECONNREFUSED)", "GRAFANA_URL"],
    },
  ])("is given by $name", async ({ variables, code, names }) => {
    const project = await testProject(await starter());
    const result = await run(project, ["plan"], variables);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
    for (const name of names) expect(result.stderr).toContain(name);
  });

  test("is not at this URL", async () => {
    const url = await grafana();
    const project = await testProject(await starter());
    const variables = { GRAFANA_URL: `${url}/no-such-path`, GRAFANA_TOKEN: "glsa_x" };
    const { code, stdout, stderr } = await run(project, ["plan"], variables);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    for (const name of [`${url}/no-such-path`, "GET /api/health", "404", "GRAFANA_URL"]) expect(stderr).toContain(name);
  });
});

const old = oldNode();

describe.skipIf(!old)("an old Node", () => {
  test.each([
    {
      name: "runs an installed package",
      folders: ["bin"],
      remedy:
        "Run `npm install --save-dev node@24`, which installs it only for this repository, and start the command again with npx or `npm run`.",
    },
    {
      name: "runs a checkout",
      folders: ["bin", "src"],
      remedy: "Run `npm ci` (without --ignore-scripts), which installs it, and start commands with `npm run`.",
    },
  ])("$name", async ({ folders, remedy }) => {
    const project = await testProject({ "package.json": '{ "type": "module" }' });
    for (const folder of folders) await cp(join(ROOT, folder), join(project.directory, folder), { recursive: true });
    const { path = "", version } = old ?? {};
    const { status, stdout, stderr } = spawnSync(path, ["bin/grafana-provision.js", "plan"], {
      cwd: project.directory,
      encoding: "utf8",
    });
    expect({ code: status, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: `grafana-provision requires Node 24.15 or later. ${remedy} This is Node ${version} (${path}).\n`,
    });
  });
});

async function grafana(): Promise<string> {
  const project = await testProject();
  const sandbox = await startSandbox({ dataDirectory: join(project.directory, "sandbox") });
  onTestFinished(() => sandbox.close());
  return sandbox.url;
}

async function run(project: TestProject, args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await project.run(args, variables);
  return { code, stdout, stderr: stderr.replaceAll(project.directory, "HERE") };
}
