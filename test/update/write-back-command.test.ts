import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/index.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { edit, make } from "../engine/support.ts";
import { testProject, type CliResult } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { HAS_TERMINAL, KEYS, onTerminal, type Answers } from "../helpers/terminal.ts";

const QUESTION = "[y/N] ";

function board(uid: string, title: string, more = ""): string {
  return `import { dashboard } from "grafana-provision";\n${more}export default dashboard({ spec: { uid: "${uid}", title: ${title} } });\n`;
}

/** A project that was applied, with one dashboard and these files. */
async function scene(files: (name: (stem: string) => string) => Readonly<Record<string, string>> = () => ({})) {
  const grafana = await testGrafana();
  const name = (stem: string) => grafana.name(stem);
  const shop = name("shop");
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${name("own")}", resources: ["./resources"] };\n`,
    "resources/shop.ts": board(shop, '"Shop"'),
    ...files(name),
  });
  const variables: Record<string, string> = { ...grafana.variables };
  const run = (...args: string[]) => project.run(args, variables);
  const applied = await run("apply");
  expect(applied.code, applied.stderr).toBe(0);
  return {
    grafana,
    project,
    shop,
    name,
    run,
    variables,
    terminal: (args: readonly string[], answers?: Answers) => onTerminal(project, args, variables, answers),
    read: (path: string) => readFile(join(project.directory, path), "utf8"),
    path: (path: string) => join(project.directory, path),
    retitle: (uid: string, title: string) =>
      edit(grafana, "dashboard", uid, ({ spec }) => {
        spec["title"] = title;
      }),
  };
}

function writeBackOf({ stdout }: CliResult): NonNullable<Report["writeBack"]> {
  const { writeBack } = JSON.parse(stdout) as Report;
  if (!writeBack) throw new Error(stdout);
  return writeBack;
}

const NOTHING = { written: [], left: [], files: [], remaining: [] };

test.runIf(MARKS)("without an edit, drift --write changes nothing", async () => {
  const { run, read } = await scene();
  const before = await read("resources/shop.ts");
  const [text, json] = [await run("drift", "--write"), await run("drift", "--write", "-o", "json")];
  expect([text.code, json.code]).toEqual([0, 0]);
  expect(text.stdout).toContain("No file was changed.");
  expect(writeBackOf(json)).toEqual(NOTHING);
  expect(await read("resources/shop.ts")).toBe(before);
});

test.runIf(MARKS)("drift --write leaves objects of other users, and provisioned ones", async () => {
  const { grafana, project, name, run, read } = await scene();
  const [own, file] = [name("foreign"), name("managed")];
  await make(grafana, "dashboard", own, { spec: { title: "Of another user" } });
  const annotations = { "grafana.app/managedBy": "classic-file-provisioning", "grafana.app/managerId": "files" };
  await make(grafana, "dashboard", file, { spec: { title: "From a file" }, annotations });
  const files = { "resources/own.ts": board(own, '"Own"'), "resources/file.ts": board(file, '"File"') };
  await project.write(files);

  const [text, json] = [await run("drift", "--write"), await run("drift", "--write", "-o", "json")];

  expect([text.code, json.code]).toEqual([0, 0]);
  expect(writeBackOf(json)).toEqual(NOTHING);
  for (const [path, content] of Object.entries(files)) expect(await read(path)).toBe(content);
});

const HOOK = "https://hooks.example.org/live-value-0123456789";

test.runIf(MARKS)("an edit next to a secret is written without the secret", async () => {
  const grafana = await testGrafana();
  const [own, point, folder] = ["own", "point", "folder"].map((stem) => grafana.name(stem));
  const code = `import { contactPoint, env, folder, secret } from "grafana-provision";
export const team = folder({ uid: "${folder}", title: "${folder}" });
export const hook = contactPoint({
  name: "${point}",
  integrations: [
    // The address is a secret.
    { uid: "${point}", type: "slack", settings: { url: secret(env("TEST_HOOK")), title: "Alert" } },
  ],
});
`;
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${own}", resources: ["./resources"], alerting: { provenance: "none" } };\n`,
    "resources/hook.ts": code,
  });
  const variables = { ...grafana.variables, TEST_HOOK: HOOK };
  const run = (...args: string[]) => project.run(args, variables);
  const applied = await run("apply");
  expect(applied.code, applied.stderr).toBe(0);
  const path = `/api/v1/provisioning/contact-points`;
  const all = (await grafana.other.send({ method: "GET", path: `${path}?name=${point}` })) as JsonObject[];
  const [stored = {}] = all;
  const retitle = (title: string) => {
    const settings = { ...(stored["settings"] as JsonObject), url: `${HOOK}-of-another-user`, title };
    return grafana.other.send({ method: "PUT", path: `${path}/${point}`, body: { ...stored, settings } });
  };
  const source = () => readFile(join(project.directory, "resources/hook.ts"), "utf8");

  // The title contains the value of a secret.
  await retitle(`See ${HOOK}`);
  const left = [await run("drift", "--write"), await run("drift", "--write", "-o", "json")];
  expect(await source()).toBe(code);
  await retitle("Alert!");
  const json = await run("drift", "--write", "-o", "json");
  expect(await source()).toBe(code.replace('"Alert"', '"Alert!"'));
  await project.write({ "resources/hook.ts": code });
  await retitle("Alert?");
  const text = await run("drift", "--write");
  expect(await source()).toBe(code.replace('"Alert"', '"Alert?"'));

  for (const { stdout, stderr } of [...left, json, text]) expect(stdout + stderr).not.toContain(HOOK);
  expect(left.map((one) => one.code)).toEqual([4, 4]);
  const [, reported] = left.map(({ stdout }) => stdout);
  const { writeBack } = JSON.parse(reported ?? "") as Report;
  expect(writeBack).toMatchObject({ written: [], files: [] });
  expect(writeBack?.left.map(({ reason }) => reason)).toContain("secret");
  expect(writeBackOf(json)).toMatchObject({ written: [{ after: "Alert!" }], files: ["resources/hook.ts"] });
});

describe.runIf(MARKS && HAS_TERMINAL)("drift --write on a terminal", () => {
  test("changes files after a confirmation, and without one if --yes is passed", async () => {
    const { project, shop, terminal, read, retitle } = await scene();
    await retitle(shop, "Store");
    const asked = await terminal(["drift", "--write"], [[QUESTION, `y${KEYS.enter}`]]);
    expect([asked.code, asked.stdout.includes("Change 1 file?")]).toEqual([0, true]);
    expect(await read("resources/shop.ts")).toContain('"Store"');
    await project.write({ "resources/shop.ts": board(shop, '"Shop"') });
    const sure = await terminal(["drift", "--write", "--yes"]);
    expect([sure.code, sure.stdout.includes(QUESTION)]).toEqual([0, false]);
    expect(await read("resources/shop.ts")).toContain('"Store"');
  });

  test.each([
    ["no", `n${KEYS.enter}`],
    ["an empty line", KEYS.enter],
    ["Ctrl-C", KEYS.interrupt],
  ])("changes nothing after %s", async (_what, keys) => {
    const { shop, terminal, read, retitle } = await scene();
    await retitle(shop, "Store");
    const { code, stdout } = await terminal(["drift", "--write"], [[QUESTION, keys]]);
    expect([code, stdout.includes('"Shop" → "Store"')]).toEqual([5, true]);
    expect(await read("resources/shop.ts")).toContain('"Shop"');
  });

  test("does not ask with -o json, or if it can write nothing", async () => {
    const { shop, name, terminal, read, retitle } = await scene((name) => ({
      "resources/size.ts": board(name("size"), "`Size ${40 + 2}`"),
    }));
    await retitle(name("size"), "Other");
    const left = await terminal(["drift", "--write"]);
    expect([left.code, left.stdout.includes(QUESTION)]).toEqual([4, false]);
    await retitle(shop, "Store");
    const json = await terminal(["drift", "--write", "-o", "json"]);
    expect([json.code, json.stdout.includes(QUESTION)]).toEqual([4, false]);
    expect(await read("resources/shop.ts")).toContain('"Store"');
  });

  test("leaves a file that changes before the answer", async () => {
    const { shop, terminal, path, read, retitle } = await scene();
    await retitle(shop, "Store");
    const changed = board(shop, '"Shop"', "// A new comment.\n");
    const answer = () => {
      writeFileSync(path("resources/shop.ts"), changed);
      return `y${KEYS.enter}`;
    };
    const { code, stdout } = await terminal(["drift", "--write"], [[QUESTION, answer]]);
    expect([code, stdout.includes("file-changed")]).toEqual([4, true]);
    expect(await read("resources/shop.ts")).toBe(changed);
  });
});

test.runIf(MARKS)("drift --write -o json leaves a file that changes while the command runs", async () => {
  // The third evaluation in the command's own thread is the last one, after all files were read.
  const { shop, run, project, read, retitle } = await scene();
  await retitle(shop, "Store");
  const before = await read("resources/shop.ts");
  await project.write({
    "resources/_count.ts": `import { appendFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
const all = globalThis as { count?: number };
if (isMainThread) all.count = (all.count ?? 0) + 1;
if (all.count === 3) appendFileSync(new URL("./shop.ts", import.meta.url), "// Changed.\\n");
`,
    "resources/none.ts": 'import "./_count.ts";\nexport type None = undefined;\n',
  });
  const result = await run("drift", "--write", "-o", "json");
  expect(result.code, result.stderr).toBe(4);
  expect(writeBackOf(result)).toMatchObject({ written: [], files: [], left: [{ reason: "file-changed" }] });
  expect(await read("resources/shop.ts")).toBe(`${before}// Changed.\n`);
});

test.runIf(MARKS)(
  "an object with other values in each evaluation is named, and all other edits are written",
  async () => {
    const { shop, name, run, read, retitle } = await scene((name) => ({
      "resources/clock.ts": board(name("clock"), '"Clock"').replace(
        "title:",
        "description: `${Math.random()}`, title:",
      ),
      "resources/_titles.ts": 'export const titles = { both: "Both" };\n',
      "resources/both.ts": `import { titles } from "./_titles.ts";\n${board(name("both"), "titles.both")}`,
      "resources/random.ts": `import { titles } from "./_titles.ts";\n${board(name("random"), "titles.both + Math.random()")}`,
    }));
    for (const uid of [shop, name("clock"), name("both")]) await retitle(uid, "New");
    const result = await run("drift", "--write", "-o", "json", "--only", `dashboard/*`);
    const { written, left } = writeBackOf(result);
    expect(written).toMatchObject([{ address: `dashboard/${shop}`, after: "New" }]);
    expect(left).toContainEqual(
      expect.objectContaining({ address: `dashboard/${name("clock")}`, path: "title", reason: "unstable" }),
    );
    expect(left).toContainEqual(
      expect.objectContaining({
        address: `dashboard/${name("both")}`,
        reason: "unstable",
        other: `dashboard/${name("random")}`,
      }),
    );
    expect(await read("resources/shop.ts")).toContain('"New"');
    expect(await read("resources/_titles.ts")).toContain('"Both"');
  },
);

test.runIf(MARKS).each([
  ["throws in a timer", 'setTimeout(() => { throw new Error("late"); }, 1);'],
  ["ends the process", "process.exit(1);"],
])("code that %s in a thread does not end drift --write", async (_what, statement) => {
  const { project, shop, run, read, retitle } = await scene();
  await retitle(shop, "Store");
  const code = await read("resources/shop.ts");
  const changed = `import { isMainThread } from "node:worker_threads";\nif (!isMainThread) ${statement}\n${code}`;
  await project.write({ "resources/shop.ts": changed });
  const result = await run("drift", "--write", "-o", "json");
  const { written, left } = writeBackOf(result);
  expect(result.code).toBe(left.length > 0 ? 4 : 0);
  expect([...written, ...left]).toMatchObject([{ path: "title", after: "Store" }]);
  expect(await read("resources/shop.ts")).toBe(written.length > 0 ? changed.replace('"Shop"', '"Store"') : changed);
});

/** More evaluations of one thread would fill its memory: Node keeps all modules that it has imported. */
const MOST = 100;

test.runIf(MARKS)("edits that can't be written are tried in threads that end", async () => {
  const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
  const { grafana, name, run, read, path, variables } = await scene((name) => ({
    "resources/_log.ts": `import { appendFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
const log = process.env["LOG"];
if (log !== undefined) appendFileSync(log, \`\${threadId}\\n\`);
`,
    "resources/many.ts": `import "./_log.ts";
import { dashboard } from "grafana-provision";
const text = (value: string) => ({ type: "text", title: value, description: "Of " + value.split("").join(""), interval: "1m".slice(0) });
const names = ${JSON.stringify(names)};
export default dashboard({ spec: { uid: "${name("many")}", title: "Many", panels: names.map((one) => text(one)) } });
`,
  }));
  await edit(grafana, "dashboard", name("many"), ({ spec }) => {
    for (const panel of spec["panels"] as JsonObject[]) panel["description"] = "Edited";
  });
  const code = await read("resources/many.ts");
  variables["LOG"] = path("log");
  const result = await run("drift", "--write", "-o", "json");
  expect(result.code, result.stderr).toBe(4);
  expect(writeBackOf(result).left).toHaveLength(names.length);
  expect(await read("resources/many.ts")).toBe(code);
  const evaluations = Map.groupBy((await read("log")).trim().split("\n"), (thread) => thread);
  expect(evaluations.get("0")?.length).toBeLessThanOrEqual(3);
  expect(evaluations.size).toBeGreaterThan(2);
  for (const own of evaluations.values()) expect(own.length).toBeLessThanOrEqual(MOST);
});
