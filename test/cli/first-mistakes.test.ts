import { spawnSync } from "node:child_process";
import { chmod, cp } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { oldNode } from "../helpers/old-node.ts";
import { starter } from "../helpers/starter.ts";

// What somebody gets wrong in the first hour, in the repository that `init` writes, with all that is said about it.

const ROOT = join(import.meta.dirname, "../..");

interface Mistake {
  readonly name: string;
  /** The file that is wrong, with what stands there and what is written instead. */
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
  readonly says: string;
}

/** Exit 65, and all of standard error. */
const mistakes: readonly Mistake[] = [
  {
    name: "the package's name is misspelt",
    file: "dashboards/folders.ts",
    right: '"grafana-provision"',
    wrong: '"grafana-provison"',
    says: `
error dashboards/folders.ts: imports the package grafana-provison, which is not installed
        Is grafana-provision meant?

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a file is imported without its ending",
    file: "dashboards/targets.ts",
    right: '"./folders.ts"',
    wrong: '"./folders"',
    says: `
error dashboards/targets.ts: imports ./folders, which doesn't exist
        Node wants the file's whole name, with its ending: ./folders.ts.

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a file is imported by a wrong name",
    file: "dashboards/targets.ts",
    right: '"../datasources/prometheus.ts"',
    wrong: '"../datasources/promtheus.ts"',
    says: `
error dashboards/targets.ts: imports ../datasources/promtheus.ts, which doesn't exist
        Is ../datasources/prometheus.ts meant?

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a function is imported by a wrong name",
    file: "dashboards/folders.ts",
    right: "import { folder }",
    wrong: "import { folders }",
    says: `
error dashboards/folders.ts: imports "folders" from grafana-provision, which does not export it (line 1)
        Is folder meant?

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a type is imported as a value",
    file: "alerts/targets.ts",
    right: "type AlertRule }",
    wrong: "AlertRule }",
    says: `
error alerts/targets.ts: imports "AlertRule" from grafana-provision, which does not export it (line 1)
        AlertRule is a type: write \`import { type AlertRule }\`.

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a module of the SDK is imported by a wrong name",
    file: "dashboards/targets.ts",
    right: "foundation-sdk/timeseries",
    wrong: "foundation-sdk/timeserie",
    says: `
error dashboards/targets.ts: imports @grafana/grafana-foundation-sdk/timeserie, which that package does not have
        Is @grafana/grafana-foundation-sdk/timeseries meant?

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a dashboard is not exported",
    file: "dashboards/targets.ts",
    right: "export default dashboard",
    wrong: "const board = dashboard",
    says: `
error dashboards/targets.ts: exports nothing, so that nothing of it reaches Grafana
        Write \`export default\` or \`export const ... =\` before the resource; a helper's file has a name that begins with _.

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a mute timing that another file uses is not exported",
    file: "alerts/mute-timings.ts",
    right: "export const weekends",
    wrong: "const weekends",
    says: `
error alerts/mute-timings.ts: exports nothing, so that nothing of it reaches Grafana
        Write \`export default\` or \`export const ... =\` before the resource; a helper's file has a name that begins with _.
error alerts/notification-policies.ts: imports "weekends" from ./mute-timings.ts, which does not export it (line 3)
        ./mute-timings.ts has it, and keeps it to itself: write \`export\` before it there.

2 faults in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a property of a folder is misspelt",
    file: "dashboards/folders.ts",
    right: "title:",
    wrong: "titel:",
    says: `
error dashboards/folders.ts (export team) titel: there is no such property: is title meant?

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a property of a rule is misspelt",
    file: "alerts/targets.ts",
    right: 'condition: "B"',
    wrong: 'conditon: "B"',
    says: `
error alerts/targets.ts (default export) rules[0].conditon: there is no such property: is condition meant?

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a setting is misspelt",
    file: "grafana.config.ts",
    right: "resources:",
    wrong: "resource:",
    says: `
error HERE/grafana.config.ts resource: there is no such property: is resources meant?
        The settings are project, resources, environments, alerting, runs and ledgerFolder; those of an environment url, owner, orgId and drift.

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a panel names its datasource by a text",
    file: "dashboards/targets.ts",
    right: ".datasource(prometheus.ref)",
    wrong: '.datasource("Prometheus" as never)',
    says: `
error dashboards/targets.ts (default export) spec.panels[0].datasource: refers to the datasource "Prometheus", which no loaded file exports
        Export it from a file under \`resources\` and take its ref (datasource: prometheus.ref), or name one that Grafana has with existing.datasource("Prometheus").ref.

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a rule names its datasource by a text",
    file: "alerts/targets.ts",
    right: "datasource: prometheus,",
    wrong: 'datasource: "prometheus" as never,',
    says: `
error alerts/targets.ts (default export) rules[0].data[0].datasource: expected a datasource object: export one with datasource({...}), or name one that Grafana has with existing.datasource(...)

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a panel takes a datasource instead of its ref",
    file: "dashboards/targets.ts",
    right: `.height(8)
  .span(6)`,
    wrong: ".datasource(prometheus)",
    says: `
error dashboards/targets.ts (default export) spec.panels[0].datasource: is the datasource itself: a panel takes its \`ref\`, as in .datasource(prometheus.ref)

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "the configuration throws",
    file: "grafana.config.ts",
    right: "export default",
    wrong: 'if (!process.env["TEAM"]) throw new Error("TEAM is not set");\nexport default',
    says: `
error HERE/grafana.config.ts: throws when it is loaded: TEAM is not set (line 3)

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
  {
    name: "a file throws",
    file: "datasources/prometheus.ts",
    right: 'url: process.env["PROMETHEUS_URL"]',
    wrong: 'url: process.env["PROMETHEUS_URL"]!.trim()',
    says: `
error datasources/prometheus.ts: throws when it is loaded: Cannot read properties of undefined (reading 'trim') (line 13)

1 fault in the code or configuration; nothing was written to Grafana.`,
  },
];

test.each(mistakes)("$name", async ({ file, right, wrong, says }) => {
  const { [file]: text = "", ...files } = await starter();
  expect(text).toContain(right);
  const project = await testProject({ ...files, [file]: text.replace(right, wrong) });
  expect(await run(project, ["plan"])).toEqual({ code: 65, stdout: "", stderr: `${says.trim()}\n` });
});

test("two dashboards have one uid", async () => {
  const files = await starter();
  const project = await testProject({ ...files, "dashboards/copy.ts": files["dashboards/targets.ts"] ?? "" });
  expect(await run(project, ["plan"])).toEqual({
    code: 65,
    stdout: "",
    stderr: `error dashboards/targets.ts (default export) uid: dashboard/my-team-targets is declared twice: also in dashboards/copy.ts (default export)
        Give one of the two another uid.

1 fault in the code or configuration; nothing was written to Grafana.
`,
  });
});

describe("warnings", () => {
  test("a property of a dashboard, or of a panel, is misspelt", async () => {
    const project = await testProject({
      "resources/a.ts": `
import { dashboard } from "grafana-provision";
export const one = dashboard({ uid: "a", spec: { title: "A", panels: [{ type: "text", titel: "P" }] } });
export const two = dashboard({ uid: "b", spec: { title: "B", pannels: [] } as never });
`,
    });
    const { code, stderr } = await run(project, ["validate"]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `warning resources/a.ts (export one) spec.panels[0].titel: Grafana knows no such property: is title meant?
warning resources/a.ts (export two) spec.pannels: Grafana knows no such property: is panels meant?
`,
    });
  });

  test("the folders of resources are empty", async () => {
    const project = await testProject({ "resources/.gitkeep": "" });
    expect(await run(project, ["validate"])).toEqual({
      code: 0,
      stdout: "Valid: no resources in 0 files.\n",
      stderr: `warning grafana.config.ts resources: there is no file in these folders, so that the code asks for nothing
        A file such as dashboards/service.ts exports a resource: export default dashboard({...});
`,
    });
  });

  test("a dashboard has no uid: what that means is said when it is created", async () => {
    const project = await testProject({
      "resources/a.ts": `
import { dashboard } from "grafana-provision";
export default dashboard({ spec: { title: "Service" } });
`,
    });
    const says = `
  + dashboard/service-be4779ba "Service"  resources/a.ts
      ! it has no uid of its own: this one is made of project, folder and title, and with another title it is another dashboard
`;
    expect((await run(project, ["apply"])).stdout).toContain(says);
    expect((await run(project, ["plan"])).stdout).not.toContain("uid of its own");
  });
});

describe("the folder", () => {
  test("is empty", async () => {
    const project = await testProject();
    await project.remove("grafana.config.ts");
    expect(await run(project, ["plan"])).toEqual({
      code: 64,
      stdout: "",
      stderr: `Error: There is no grafana.config.ts in HERE
Run the command where one is, name it with --config FILE, or write a new repository with: grafana-provision init
`,
    });
  });

  test("has a file where a folder has to be", async () => {
    const project = await testProject({ ...(await starter()), ".grafana-provision": "" });
    expect(await run(project, ["apply"])).toEqual({
      code: 1,
      stdout: "",
      stderr: `Error: HERE/.grafana-provision/sandbox can't be made: a file is in the way (ENOTDIR)
Move it away, or run the command in another folder.
`,
    });
  });

  /** Permissions don't hold for root: it becomes nobody. */
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const readable =
    spawnSync(process.execPath, ["--check", join(ROOT, "bin/grafana-provision.js")], { ...nobody, cwd: "/" }).status ===
    0;

  test.skipIf(!readable)("can't be written", async () => {
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
    const hint = "Run the command as the user who owns that folder, or let this user write there.";

    expect(cli("apply")).toEqual({
      code: 1,
      stdout: "",
      stderr: `Error: HERE/.grafana-provision can't be made: no permission (EACCES)\n${hint}\n`,
    });
    expect(cli("init", "new")).toEqual({
      code: 1,
      stdout: "",
      stderr: `Error: HERE/new can't be made: no permission (EACCES)\n${hint}\n`,
    });
  });
});

describe("Grafana", () => {
  test("wants a token, and there is none", async () => {
    const url = await grafana();
    const project = await testProject(await starter());
    expect(await run(project, ["plan"], { GRAFANA_URL: url })).toEqual({
      code: 3,
      stdout: "",
      stderr: `Error: Grafana at ${url} wants to know who asks, and no credentials are set
Set GRAFANA_TOKEN to a service account's token (Administration > Service accounts), or GRAFANA_USER and GRAFANA_PASSWORD.
`,
    });
  });

  test("doesn't know the token", async () => {
    const url = await grafana();
    const project = await testProject(await starter());
    expect(await run(project, ["plan"], { GRAFANA_URL: url, GRAFANA_TOKEN: "glsa_wrong" })).toEqual({
      code: 3,
      stdout: "",
      stderr: `Error: Grafana doesn't accept these credentials: GET /api/access-control/user/permissions was answered 401 "Invalid API key"
Set GRAFANA_TOKEN to a service account's token (Administration > Service accounts), or GRAFANA_USER and GRAFANA_PASSWORD. Grafana locks a user for five minutes after five wrong passwords.
`,
    });
  });

  test.each([
    {
      name: "a token without a URL",
      variables: { GRAFANA_TOKEN: "glsa_x" },
      code: 64,
      says: `Error: GRAFANA_TOKEN is set, but no URL
Set GRAFANA_URL, or ask for the sandbox by name with --sandbox.
`,
    },
    {
      name: "a URL without its beginning",
      variables: { GRAFANA_URL: "grafana.example.org/sub-path", GRAFANA_TOKEN: "glsa_x" },
      code: 64,
      says: `Error: GRAFANA_URL is no URL: grafana.example.org/sub-path
Is https://grafana.example.org/sub-path meant?
`,
    },
    {
      name: "a host and a port",
      variables: { GRAFANA_URL: "localhost:3000", GRAFANA_TOKEN: "glsa_x" },
      code: 64,
      says: `Error: GRAFANA_URL is no http or https URL: localhost:3000
Is http://localhost:3000 meant?
`,
    },
    {
      name: "a port where nothing listens",
      variables: { GRAFANA_URL: "http://127.0.0.1:9", GRAFANA_TOKEN: "glsa_x" },
      code: 1,
      says: `Error: Can't connect to http://127.0.0.1:9: nothing listens there (ECONNREFUSED)
Check GRAFANA_URL, and that Grafana is running and can be reached from here (VPN, firewall, HTTPS_PROXY).
`,
    },
  ])("is given by $name", async ({ variables, code, says }) => {
    const project = await testProject(await starter());
    expect(await run(project, ["plan"], variables)).toEqual({ code, stdout: "", stderr: says });
  });

  test("isn't what answers", async () => {
    const url = await grafana();
    const project = await testProject(await starter());
    const variables = { GRAFANA_URL: `${url}/no-such-path`, GRAFANA_TOKEN: "glsa_x" };
    expect(await run(project, ["plan"], variables)).toEqual({
      code: 1,
      stdout: "",
      stderr: `Error: What answers at ${url}/no-such-path is not Grafana: GET /api/health was answered 404
Check GRAFANA_URL, with its sub-path if it has one.
`,
    });
  });
});

const old = oldNode();

describe.skipIf(!old)("an old Node", () => {
  test.each([
    {
      name: "runs an installed package",
      folders: ["bin"],
      remedy:
        "install one from https://nodejs.org, or for this repository alone with `npm install --save-dev node@24`.",
    },
    {
      name: "runs a checkout",
      folders: ["bin", "src"],
      remedy: "run `npm ci` (without --ignore-scripts), which brings one, and start commands with `npm run`.",
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
      stderr: `grafana-provision needs Node 24.15 or later, and this is Node ${version} (${path}): ${remedy}\n`,
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
