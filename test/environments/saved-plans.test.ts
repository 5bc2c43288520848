import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ReportSchema, type Report } from "../../src/index.ts";
import { testProject, type CliResult, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { config } from "./support.ts";

const TOKENS = { GRAFANA_TOKEN_A: "admin:admin", GRAFANA_TOKEN_B: "admin:admin" };
const CODE = `import { environment, folder } from "grafana-provision";
export const own = folder({ uid: "own", title: \`Own \${environment().name}\` });
`;

async function projectOn(a: string, b: string): Promise<TestProject> {
  return testProject({
    "grafana.config.ts": config(`{ a: { url: "${a}" }, b: { url: "${b}" } }`),
    "resources/a.ts": CODE,
  });
}

/** What identifies a plan of several environments. */
function oldPlan(environment: string): string {
  return JSON.stringify({
    $kind: "grafana-provision plan",
    set: { id: "old", environment, environments: [environment] },
  });
}

/** The words of the command in a hint, without the program. */
function suggested(hint = ""): string[] {
  return /npx grafana-provision (.+)$/.exec(hint)?.[1]?.split(" ") ?? [];
}

function reportOf({ stdout }: CliResult): Report {
  return ReportSchema.parse(JSON.parse(stdout));
}

async function titlesIn({ other }: TestGrafana): Promise<string[]> {
  return ((await other.send({ method: "GET", path: "/api/folders" })) as { title: string }[])
    .map(({ title }) => title)
    .filter((title) => title.startsWith("Own"));
}

describe.runIf(process.env["TEST_GRAFANA_URL"] === undefined)("saved plans of several environments", () => {
  test("are applied as they were shown, and only those of unchanged environments", async () => {
    const [a, b] = [await testGrafana(), await testGrafana()];
    const project = await projectOn(a.url, b.url);
    await project.write({ "plans/old.json": oldPlan("old"), "plans/other.json": "{}" });

    const planned = await project.run(["plan", "--env-all", "--out", "plans"], TOKENS);
    expect(planned.code, planned.stderr).toBe(0);
    expect((await readdir(join(project.directory, "plans"))).toSorted()).toEqual(["a.json", "b.json", "other.json"]);
    await b.other.send({ method: "POST", path: "/api/folders", body: { uid: "own", title: "Made by others" } });
    const applied = await project.run(["apply", "plans", "-o", "json"], TOKENS);

    expect(applied.code, applied.stderr).toBe(7);
    const { environments = [] } = reportOf(applied);
    expect(environments.map(({ name, exitCode, error }) => [name, exitCode, error?.code])).toEqual([
      ["a", 0, undefined],
      ["b", 7, "plan-stale"],
    ]);
    expect(environments[1]?.error?.moved?.map(({ address }) => address)).toEqual(["folder/own"]);
    expect(await titlesIn(a)).toEqual(["Own a"]);
    expect(await titlesIn(b)).toEqual([]);
  });

  test("the directory keeps the files that are not plans of several environments", async () => {
    const [a, b] = [await testGrafana(), await testGrafana()];
    const project = await projectOn(a.url, b.url);
    const files = {
      "package.json": '{ "type": "module", "scripts": { "diff": "grafana-provision plan" } }\n',
      "copy-of-a.json": oldPlan("a"),
      "broken.json": '{ "$kind": "grafana-provision plan", "set": ',
    };
    await project.write({ ...files, "c.json": oldPlan("c") });
    const single = await project.run(["plan", "--env", "a", "--out", "plan.json"], TOKENS);
    expect(single.code, single.stderr).toBe(0);
    const plan = await readFile(join(project.directory, "plan.json"), "utf8");

    const planned = await project.run(["plan", "--env-all", "--out", "."], TOKENS);

    expect(planned.code, planned.stderr).toBe(0);
    const names = await readdir(project.directory);
    expect(names).toEqual(expect.arrayContaining([...Object.keys(files), "plan.json", "a.json", "b.json"]));
    expect(names).not.toContain("c.json");
    for (const [name, text] of Object.entries({ ...files, "plan.json": plan }))
      expect(await readFile(join(project.directory, name), "utf8"), name).toBe(text);
    const applied = await project.run(["apply", "."], TOKENS);
    expect(applied.code, applied.stderr).toBe(0);
    expect([await titlesIn(a), await titlesIn(b)]).toEqual([["Own a"], ["Own b"]]);
  });

  test("a plan does not overwrite another file", async () => {
    const [a, b] = [await testGrafana(), await testGrafana()];
    const project = await projectOn(a.url, b.url);
    await project.write({ "plans/a.json": oldPlan("a"), "plans/b.json": "{}" });

    const planned = await project.run(["plan", "--env-all", "--out", "plans"], TOKENS);

    expect(planned.code, planned.stderr).toBe(64);
    expect(planned.stderr).toContain("plans/b.json");
    const textOf = (name: string) => readFile(join(project.directory, "plans", name), "utf8");
    expect([await textOf("a.json"), await textOf("b.json")]).toEqual([oldPlan("a"), "{}"]);
  });

  test("can be continued after a failure: what was applied before is complete", async () => {
    const [a, b] = [await testGrafana(), await testGrafana()];
    const more = 'export const more = folder({ uid: "more", title: "Own more" });\n';
    const project = await testProject({
      "grafana.config.ts": config(`{ a: { url: "${a.url}" }, b: { url: "${b.url}" } }`, 'waves: [["a"], ["b"]],'),
      "resources/a.ts": `${CODE}${more}`,
    });
    await project.run(["plan", "--env-all", "--out", "plans"], TOKENS);
    const plan = await readFile(join(project.directory, "plans/a.json"), "utf8");

    const failed = await project.run(["apply", "plans", "-o", "json"], { ...TOKENS, GRAFANA_TOKEN_B: "admin:wrong" });
    // As after an interruption: one of two changes was applied.
    await a.other.send({ method: "DELETE", path: "/api/folders/more" });
    const again = await project.run(["apply", "plans", "-o", "json"], TOKENS);
    const complete = await project.run(["apply", "plans", "-o", "json"], TOKENS);
    await project.write({ "resources/a.ts": CODE });
    const changed = await project.run(["apply", "plans", "-o", "json"], TOKENS);

    const codes = (result: CliResult) =>
      reportOf(result).environments?.map(({ exitCode, changes }) => [exitCode, changes?.length]);
    expect(codes(failed)?.[0]).toEqual([0, 2]);
    expect(failed.code).not.toBe(0);
    expect(codes(again), again.stderr).toEqual([
      [0, 1],
      [0, 2],
    ]);
    expect(codes(complete), complete.stderr).toEqual([
      [0, 0],
      [0, 0],
    ]);
    for (const one of [a, b]) expect((await titlesIn(one)).length).toBe(2);
    // The plans are not complete for other code, although Grafana needs no change.
    expect(reportOf(changed).environments?.[0]?.error).toMatchObject({
      code: "plan-stale",
      moved: [{ address: "folder/more" }],
    });
    expect(await readFile(join(project.directory, "plans/a.json"), "utf8")).toBe(plan);
  });

  test("the suggested commands create the plans again", async () => {
    const [a, b] = [await testGrafana(), await testGrafana()];
    const project = await projectOn(a.url, b.url);
    const saved = ["plan", "--env", "a,b", "--out", "plans", "--prune", "--allow-empty", "--adopt"];
    await project.run(saved, TOKENS);
    await project.write({ "resources/a.ts": CODE.replace("Own ", "Owned ") });

    const outdated = await project.run(["apply", "plans", "--env", "b", "-o", "json"], TOKENS);
    await project.run(suggested(reportOf(outdated).environments?.[0]?.error?.hint), TOKENS);
    const applied = await project.run(["apply", "plans", "--env", "b"], TOKENS);
    expect(outdated.code).toBe(7);
    expect(suggested(reportOf(outdated).environments?.[0]?.error?.hint).toSorted()).toEqual(saved.toSorted());
    expect(applied.code, applied.stderr).toBe(0);

    await project.remove("plans/a.json");
    const incomplete = await project.run(["apply", "plans", "--env", "b", "-o", "json"], TOKENS);
    const made = await project.run(suggested(reportOf(incomplete).error?.hint), TOKENS);
    expect([incomplete.code, made.code], made.stderr).toEqual([7, 0]);
    await project.remove("plans/a.json", "plans/b.json");
    const empty = await project.run(["apply", "plans", "--env", "b", "-o", "json"], TOKENS);
    const created = await project.run(suggested(reportOf(empty).error?.hint), TOKENS);
    expect([empty.code, created.code], created.stderr).toEqual([64, 0]);

    const one = await project.run(["plan", "--env", "b", "--out", "plans"], TOKENS);
    expect(one.code, one.stderr).toBe(0);
    expect(await readdir(join(project.directory, "plans"))).toEqual(["b.json"]);
  });

  test("some of them, and what can't be applied", async () => {
    const [a, b] = [await testGrafana(), await testGrafana()];
    const project = await projectOn(a.url, b.url);
    await project.run(["plan", "--env-all", "--out", "plans"], TOKENS);

    const one = await project.run(["apply", "plans", "--env", "b"], TOKENS);
    expect(one.code, one.stderr).toBe(0);
    expect([await titlesIn(a), await titlesIn(b)]).toEqual([[], ["Own b"]]);

    const option = await project.run(["apply", "plans", "--prune"], TOKENS);
    await rm(join(project.directory, "plans/b.json"));
    const incomplete = await project.run(["apply", "plans", "-o", "json"], TOKENS);
    await rm(join(project.directory, "plans/a.json"));
    const empty = await project.run(["apply", "plans", "-o", "json"], TOKENS);

    expect(option.code).toBe(64);
    expect([incomplete.code, reportOf(incomplete).error?.code]).toEqual([7, "plan-invalid"]);
    expect([empty.code, reportOf(empty).error?.code]).toEqual([64, "plan-missing"]);
    expect(await titlesIn(a)).toEqual([]);
  });

  test("an environment without a plan: none is saved", async () => {
    const a = await testGrafana();
    const project = await projectOn(a.url, "http://127.0.0.1:1");

    const planned = await project.run(["plan", "--env-all", "--out", "plans"], TOKENS);

    expect(planned.code).toBe(1);
    expect(await readdir(project.directory)).not.toContain("plans");
  });
});
