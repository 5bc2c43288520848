import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ERROR_CODES } from "../../src/util/error-codes.ts";
import { MISTAKES, PROJECT, type Mistake, type MistakeResult, type MistakeRun } from "./mistakes/list.ts";

const CHILD = join(import.meta.dirname, "mistakes/child.ts");
const CONFIG = 'export default { project: "test", resources: ["./resources"] };\n';

let home: string;
let results: ReadonlyMap<string, MistakeResult>;

/** Makes the project of a mistake, without a package.json above it. */
async function projectOf({ files, links = {} }: Pick<Mistake, "files" | "links">, name: string): Promise<string> {
  const directory = join(home, name);
  for (const [path, text] of Object.entries({ "grafana.config.ts": CONFIG, ...files })) {
    if (text === undefined) continue;
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  for (const [path, target] of Object.entries(links)) await symlink(target, join(directory, path));
  return directory;
}

/** Runs all command lines in one process. */
async function resultsOf(runs: readonly MistakeRun[]): Promise<MistakeResult[]> {
  const env = { PATH: process.env["PATH"], HOME: home, NO_COLOR: "1" };
  const options = { env, maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, JSON.stringify(runs)], options);
  return (JSON.parse(stdout) as MistakeResult[]).map((result, index) => ({
    ...result,
    text: result.text.replaceAll(runs[index]?.directory ?? "", "HERE"),
  }));
}

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-")));
  const runs = await Promise.all(
    MISTAKES.map(async ({ args = ["validate"], variables = {}, ...mistake }, index): Promise<MistakeRun> => {
      return { directory: await projectOf(mistake, `project${index}`), args, variables };
    }),
  );
  const all = await resultsOf(runs);
  results = new Map(all.map((result, index) => [MISTAKES[index]?.name ?? "", result]));
});

afterAll(() => rm(home, { recursive: true, force: true }));

describe("a first-time mistake is explained", () => {
  test.each(MISTAKES)("$name: exit $exit", ({ name, exit, codes, says, hides }) => {
    const result = results.get(name);
    expect({ exit: result?.exitCode, codes: result?.codes }).toEqual({ exit, codes });
    const lines = (result?.text ?? "")
      .split("\n")
      .map((line) => line.replace(/^\s*(?:(?:error|Error:|warning) )?/, ""));
    for (const said of says) expect(lines).toContainEqual(expect.stringMatching(beginningWith(said)));
    expect(hides !== undefined && result?.text.includes(hides)).toBe(false);
    // A stack trace would not help the user.
    expect(result?.text).not.toMatch(/^\s+at /m);
    expect(result?.text).not.toContain("This is a bug");
  });

  test("there are at least 60, with different names and with stable codes", () => {
    expect(MISTAKES.length).toBeGreaterThanOrEqual(60);
    expect(new Set(MISTAKES.map(({ name }) => name)).size).toBe(MISTAKES.length);
    expect(MISTAKES.flatMap(({ codes }) => codes).filter((code) => !ERROR_CODES.some((one) => one === code))).toEqual(
      [],
    );
    expect(MISTAKES.filter(({ says }) => says.length === 0)).toEqual([]);
  });
});

function beginningWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}`);
}

describe("what looks like a mistake works", () => {
  const board =
    'import { dashboard } from "grafana-provision";\nexport default dashboard({ uid: "a", spec: { title: "A" } });\n';
  const works = [
    {
      name: "in a directory below the configuration",
      files: { ...PROJECT, "docs/deep/.keep": "" },
      below: "docs/deep",
    },
    { name: "with --config naming the directory", files: PROJECT, args: ["validate", "--config", "."] },
    {
      name: "with a pattern",
      files: PROJECT,
      args: ["plan", "--sandbox", "--only", "dashboard/team-*"],
      says: "0 to add, 0 to change, 0 to destroy. 2 not applied",
    },
    {
      name: "with a symbolic link to a module",
      files: { "shared/a.ts": board, "resources/.keep": "" },
      links: { "resources/a.ts": "../shared/a.ts" },
      says: "1 dashboard in 1 file",
    },
    {
      name: "with two names of one file",
      files: { "resources/a.json": '{ "uid": "a", "title": "A", "panels": [] }' },
      links: { "resources/b.json": "a.json" },
      says: "1 dashboard in 1 file",
    },
    {
      name: "with a link to the directory itself",
      files: PROJECT,
      links: { "resources/loop": "." },
      says: "2 dashboards",
    },
  ];

  test("in each of these cases", async () => {
    const runs = await Promise.all(
      works.map(async ({ below = ".", args = ["validate"], ...project }, index) => ({
        directory: join(await projectOf(project, `works${index}`), below),
        args,
      })),
    );
    const all = await resultsOf(runs);
    expect(all.map(({ exitCode }, index) => [works[index]?.name, exitCode])).toEqual(
      works.map(({ name }) => [name, 0]),
    );
    for (const [index, { says = "Valid:" }] of works.entries()) expect(all[index]?.text).toContain(says);
  });

  test("a stack without a definition has the name of the project, and no backend of another team", async () => {
    const directory = await projectOf({ files: { ...PROJECT, "sub/.keep": "" } }, "stack");
    const [result] = await resultsOf([{ directory: join(directory, "sub"), args: ["stack:render", "../out"] }]);
    expect(result).toMatchObject({ exitCode: 0 });
    const compose = await readFile(join(directory, "out/compose.yaml"), "utf8");
    const prometheus = await readFile(join(directory, "out/prometheus/prometheus.yml"), "utf8");
    expect(compose).toContain("container_name: prometheus-test\n");
    for (const text of [compose, prometheus]) expect(text).not.toMatch(/toolboxai|fastapi/);
  });

  test("but a configuration above the root of a git repository is not loaded", async () => {
    const directory = await projectOf({ files: { ...PROJECT, "clone/.git/HEAD": "" } }, "git");
    const [result] = await resultsOf([{ directory: join(directory, "clone"), args: ["validate"] }]);
    expect(result).toMatchObject({ exitCode: 64, codes: ["config-missing"] });
  });
});
