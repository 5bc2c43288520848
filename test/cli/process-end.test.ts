import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/index.ts";
import { board, declare, find, repository } from "../engine/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { faultsIn } from "./support.ts";

const OK = `import { folder } from "grafana-provision";\nexport const home = folder({ uid: "home", title: "Home" });\n`;

/** How a command ends, and the first fault that it reports. */
async function faultOf(project: TestProject, args = ["validate"]) {
  const result = await project.run(args);
  const [fault] = faultsIn(result);
  return { code: result.code, place: fault?.place, message: fault?.message };
}

const CALLS: readonly [call: string, text: string][] = [
  ["process.exit(0)", "process.exit(0);"],
  ["process.exit()", "process.exitCode = 0; process.exit();"],
  ["process.exit(3)", 'import { exit } from "node:process"; exit(3);'],
  ["process.reallyExit(0)", "(process as never as { reallyExit(code: number): void }).reallyExit(0);"],
  ["process.abort()", "process.abort();"],
  ["process.kill()", "process.kill(process.pid, 'SIGKILL');"],
  ["process.exit(0)", "try { process.exit(0); } catch {}"],
  ["process.exit(0)", "void (async () => { await null; process.exit(0); })();"],
];

describe("a call that would end the process is a fault in its file", () => {
  test.each(CALLS)("%s in a resource file: %s", async (call, text) => {
    const project = await testProject({
      "resources/a.ts": OK,
      "resources/ends.ts": `${text}\nexport const none = [];\n`,
    });
    expect(await faultOf(project)).toEqual({
      code: 65,
      place: "resources/ends.ts",
      message: expect.stringContaining(`calls ${call}`),
    });
  });

  test.each(CALLS)("%s in the configuration: %s", async (call, text) => {
    const project = await testProject({
      "resources/a.ts": OK,
      "grafana.config.ts": `${text}\nexport default { project: "test", resources: ["./resources"] };\n`,
    });
    expect(await faultOf(project)).toEqual({
      code: 65,
      place: expect.stringContaining("grafana.config.ts"),
      message: expect.stringContaining(`calls ${call}`),
    });
  });

  test("in CommonJS, and in a function that a resource file imports", async () => {
    const project = await testProject({ "resources/ends.js": "exports.x = 1; process.exit(0);\n" });
    await project.write({ "package.json": '{ "type": "commonjs" }' });
    expect(await faultOf(project)).toMatchObject({ code: 65, place: "resources/ends.js" });
    await project.remove("resources/ends.js");
    await project.write({
      "resources/_stop.ts": "export function stop(): never { process.exit(0); }\n",
      "resources/b.ts": 'import { stop } from "./_stop.ts";\nexport const x = stop();\n',
    });
    expect(await faultOf(project)).toEqual({
      code: 65,
      place: "resources/b.ts",
      message: expect.stringMatching(/\(line 2, in .*_stop\.ts line 1\)/),
    });
  });

  test("in a package that a resource file imports", async () => {
    const project = await testProject({
      "node_modules/ends/package.json": '{ "name": "ends", "type": "module", "exports": "./index.js" }',
      "node_modules/ends/index.js": "process.exit(0);\n",
      "resources/a.ts": `import "ends";\n${OK}`,
    });
    expect(await faultOf(project)).toMatchObject({ code: 65, place: "resources/a.ts" });
  });

  test("with JSON on standard output for -o json", async () => {
    const project = await testProject({
      "resources/a.ts": "setTimeout(() => process.exit(0)); await new Promise(() => {});\n",
    });
    const { code, stdout } = await project.run(["plan", "--sandbox", "-o", "json"]);
    const { exitCode, error } = JSON.parse(stdout) as Report;
    expect({ code, exitCode, file: error?.faults?.[0]?.file }).toEqual({
      code: 65,
      exitCode: 65,
      file: "resources/a.ts",
    });
  });
});

describe("user code that runs later", () => {
  test.each([
    ["calls process.exit", "process.exit(0)"],
    ["throws", "throw new Error('late')"],
    ["rejects", "void Promise.reject(new Error('late'))"],
  ])("and %s while the command runs is exit 65", async (_what, statement) => {
    const project = await testProject({ "resources/a.ts": `setTimeout(() => { ${statement}; });\n${OK}` });
    expect(await faultOf(project, ["apply", "--sandbox", "--yes"])).toMatchObject({
      code: 65,
      place: "resources/a.ts",
    });
  });

  test.each([
    ["process.exit(0) in an exit handler", "process.on('exit', () => process.exit(0));"],
    ["process.exitCode in an exit handler", "process.on('exit', () => { process.exitCode = 0; });"],
    ["process.exitCode", "process.exitCode = 0; setImmediate(() => { process.exitCode = 0; });"],
  ])("and sets another exit code does not change it: %s", async (_what, statement) => {
    const project = await testProject({ "resources/a.ts": `${statement}\n${OK}` });
    const { code, stdout } = await project.run(["plan", "--sandbox", "--detailed-exitcode"]);
    expect(code).toBe(2);
    expect(stdout).toContain("1 to add");
  });
});

describe("a top-level await that never settles is a fault in its file", () => {
  test("in a resource file, or in a file that it imports", async () => {
    const project = await testProject({ "resources/a.ts": `await new Promise(() => {});\n${OK}` });
    expect(await faultOf(project)).toMatchObject({ code: 65, place: "resources/a.ts" });
    await project.write({
      "resources/_b.ts": "await new Promise(() => {});\n",
      "resources/a.ts": `import "./_b.ts";\n${OK}`,
    });
    expect(await faultOf(project)).toMatchObject({ code: 65, place: "resources/a.ts" });
  });

  test("in the configuration", async () => {
    const project = await testProject({ "grafana.config.ts": "await new Promise(() => {});\nexport default {};\n" });
    expect(await faultOf(project, ["destroy", "--yes"])).toMatchObject({
      code: 65,
      place: expect.stringContaining("grafana.config.ts"),
    });
  });
});

describe("output that a slow reader has not read yet is written before the process exits", () => {
  const SIZE = 4_000_000;
  const GUARD = new URL("../../src/cli/exit-guard.ts", import.meta.url).href;
  test.each([
    ["has a timer", "setInterval(() => {}, 1000);"],
    ["throws", "setTimeout(() => { throw new Error('late'); });"],
  ])("if the code %s", async (_what, statement) => {
    const text = `
      import { commandEnded, guardProcess } from ${JSON.stringify(GUARD)};
      guardProcess(() => {});
      ${statement}
      process.stdout.write("x".repeat(${SIZE}));
      commandEnded(2);
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", text], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
    let size = 0;
    await sleep(2500);
    child.stdout.on("data", (chunk: Buffer) => (size += chunk.length));
    expect({ code: await closed, size }).toEqual({ code: 2, size: SIZE });
  });
});

test("--prune deletes nothing if a resource file ends the process", async () => {
  const grafana = await testGrafana();
  const uids = [grafana.name("one"), grafana.name("two")];
  const project = await repository(
    grafana.name("own"),
    uids.map((uid) => board(uid)),
  );
  expect((await project.run(["apply"], grafana.variables)).code).toBe(0);
  await declare(
    project,
    uids.slice(0, 1).map((uid) => board(uid)),
  );
  await project.write({ "resources/ends.ts": "process.exit(0);\n" });

  const { code, stdout, stderr } = await project.run(["apply", "--prune", "--yes"], grafana.variables);

  expect({ code, stdout, stderr }).toEqual({
    code: 65,
    stdout: "",
    stderr: expect.stringContaining("resources/ends.ts"),
  });
  for (const uid of uids) expect(await find(grafana, "dashboard", uid)).toBeDefined();
});
