import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { alertingGrafana } from "../alerting/support.ts";
import { localServer } from "../cli/support.ts";
import { board, find, repository } from "../engine/support.ts";
import type { TestProject } from "../helpers/cli.ts";
import { ReportSchema } from "../../src/report/json.ts";
import { RunRecord } from "../../src/rollback/record.ts";
import { expr, projectOn } from "./project.ts";
import { filesIn, runsIn } from "./support.ts";

/** A project with a folder and up to two dashboards, on a Grafana of its own. */
const scene = async () => projectOn(await alertingGrafana());

async function recordOf({ directory }: TestProject, id = ""): Promise<RunRecord> {
  const file = join(directory, ".grafana-provision", "runs", id, "run.json");
  return RunRecord.parse(JSON.parse(await readFile(file, "utf8")));
}

describe("the directory of a run", () => {
  test("is written before the first write, contains everything that is replaced, and is readable only by its owner", async () => {
    const stage = await scene();
    const { project, a, b, home } = stage;
    const out = await stage.done("apply");
    const [first = ""] = await runsIn(project);
    expect(out).toContain(`npx grafana-provision rollback ${first}\n`);
    await stage.code("rate", undefined);
    await stage.done("apply", "--prune", "--yes");

    const [, second = ""] = await runsIn(project);
    const runs = join(project.directory, ".grafana-provision", "runs");
    expect(Object.keys(await filesIn(join(runs, second))).toSorted()).toEqual([
      `before/dashboard-${a}.json`,
      `before/dashboard-${b}.json`,
      "run.json",
    ]);
    for (const path of [runs, join(runs, second), join(runs, second, "before")])
      expect((await stat(path)).mode & 0o777, path).toBe(0o700);
    for (const file of Object.keys(await filesIn(join(runs, second))))
      expect((await stat(join(runs, second, file))).mode & 0o777, file).toBe(0o600);
    expect(await readFile(join(runs, ".gitignore"), "utf8")).toBe("*\n");

    const record = await recordOf(project, second);
    expect(record).toMatchObject({ id: second, command: "apply", project: stage.owner, owner: stage.owner });
    expect(record.options).toMatchObject({ prune: true, yes: true });
    expect(record.target).toMatchObject({ type: "grafana", url: stage.grafana.url, namespace: "default" });
    expect(record.who).toMatchObject({ login: "admin" });
    expect(record.endedAt).toBeDefined();
    expect(
      record.changes.map(({ kind, id, action, before, status }) => ({ kind, id, action, before, status })),
    ).toEqual([
      { kind: "dashboard", id: a, action: "update", before: `before/dashboard-${a}.json`, status: "done" },
      { kind: "dashboard", id: b, action: "delete", before: `before/dashboard-${b}.json`, status: "done" },
    ]);
    expect((await recordOf(project, first)).changes.map(({ id, before }) => [id, before])).toEqual([
      [home, null],
      [a, null],
      [b, null],
    ]);
    expect(JSON.stringify(record)).not.toContain("admin:admin");
  });

  test("is not created if nothing is written", async () => {
    const stage = await scene();
    await stage.done("apply");
    await stage.done("apply");
    await stage.done("plan");
    await stage.done("rollback");
    expect(await runsIn(stage.project)).toHaveLength(1);
  });

  test("is in the configured folder; if that is not writable, nothing is sent", async () => {
    const stage = await scene();
    const { project, grafana, a } = stage;
    const config = (runs: string) =>
      project.write({
        "grafana.config.ts": `export default { project: "${stage.owner}", resources: ["./resources"], runs: ${runs} };\n`,
        "a-file": "in the way",
      });
    await config(`{ directory: "a-file/runs" }`);

    const { code, stderr } = await stage.run("apply");
    expect(code).toBe(1);
    expect(stderr).toMatch(/a-file\/runs failed \((ENOTDIR|EEXIST)\)/);
    expect(stderr).toContain("`runs.directory`");
    expect(await find(grafana, "dashboard", a)).toBeUndefined();

    await config(`"./kept"`);
    await stage.done("apply");
    expect((await readdir(join(project.directory, "kept"))).filter((name) => !name.startsWith("."))).toHaveLength(1);
    expect(await stage.done("rollback")).toContain("3 added, 0 changed, 0 destroyed");
  });

  test("is deleted if the run has ended and there are more runs than are kept; an interrupted run is kept", async () => {
    const stage = await scene();
    const { project } = stage;
    await project.write({
      "grafana.config.ts": `export default { project: "${stage.owner}", resources: ["./resources"], runs: { keep: 2 } };\n`,
    });
    await stage.done("apply");
    const [first = ""] = await runsIn(project);
    const { endedAt: _, ...open } = await recordOf(project, first);
    await writeFile(join(project.directory, ".grafana-provision", "runs", first, "run.json"), JSON.stringify(open));
    for (const query of ["1", "2", "3", "4"]) {
      await stage.code(query, "up");
      await stage.done("apply");
    }
    const kept = await runsIn(project);
    expect(kept).toHaveLength(2);
    expect(kept).toContain(first);
    expect(await stage.done("rollback")).toMatch(new RegExp(`${first} .*interrupted or still running`));
  });
});

describe("the list of runs", () => {
  test("shows what each run did, who started it and where, and its state", async () => {
    const stage = await scene();
    expect(await stage.done("rollback")).toContain("No runs are recorded here yet");
    await stage.done("apply");
    await stage.code("rate", "up");
    await stage.project.run(["apply"], {
      ...stage.grafana.variables,
      CI_JOB_URL: "https://user:hunter2@ci.example.org/job/7",
    });
    const [first = "", second = ""] = await runsIn(stage.project);
    await stage.done("rollback", "latest");
    const [, , third = ""] = await runsIn(stage.project);

    const lines = (await stage.done("rollback")).split("\n");
    expect(lines[0]).toBe(`${third}  rollback: 0 added, 1 changed, 0 destroyed (rolls back ${second}), finished`);
    expect(lines[1]).toContain(`${stage.grafana.url} (default), by `);
    expect(lines[2]).toBe(`${second}  apply: 0 added, 1 changed, 0 destroyed, rolled back by ${third}`);
    expect(lines[3]).toContain("as admin, https://ci.example.org/job/7");
    expect(lines[4]).toBe(`${first}  apply: 3 added, 0 changed, 0 destroyed, finished`);

    const report = ReportSchema.parse(JSON.parse(await stage.done("rollback", "-o", "json")));
    expect(report.runs?.map(({ id, state }) => [id, state])).toEqual([
      [third, "finished"],
      [second, "undone"],
      [first, "finished"],
    ]);
  });

  test("omits other projects, and names runs that it can't read", async () => {
    const stage = await scene();
    await stage.done("apply");
    const runs = join(stage.project.directory, ".grafana-provision", "runs");
    const [first = ""] = await runsIn(stage.project);
    const broken = "2020-01-01T00-00-00-000Z";
    const other = "2020-01-02T00-00-00-000Z";
    await mkdir(join(runs, broken));
    await writeFile(join(runs, broken, "run.json"), '{"version": 1, "id"');
    await cp(join(runs, first), join(runs, other), { recursive: true });
    await writeFile(
      join(runs, other, "run.json"),
      JSON.stringify({ ...(await recordOf(stage.project, first)), id: other, project: "x" }),
    );
    await mkdir(join(runs, "2020-01-03T00-00-00-000Z"));

    const list = await stage.done("rollback");
    expect(list).toContain(`${broken}  its run.json is not valid`);
    expect(list).not.toContain(other);
    expect(list).not.toContain("2020-01-03");
    const { code, stderr } = await stage.run("rollback", broken);
    expect(code).toBe(1);
    expect(stderr).toContain(`run ${broken}: its run.json`);
  });
});

describe("rollback RUN", () => {
  test("can be rolled back, and accepts the path of a directory elsewhere", async () => {
    const stage = await scene();
    const { a, project } = stage;
    await stage.done("apply");
    await stage.code("rate", "up");
    await stage.done("apply");
    await stage.done("rollback", "latest");
    expect(await expr(stage, a)).toBe("up");
    const [, , third = ""] = await runsIn(project);
    const runs = join(project.directory, ".grafana-provision", "runs");
    await cp(join(runs, third), join(project.directory, "artifact"), { recursive: true });
    await rm(join(runs, third), { recursive: true });
    await stage.done("rollback", "./artifact");
    expect(await expr(stage, a)).toBe("rate");
    expect((await recordOf(project, (await runsIn(project)).at(-1))).undoes).toBe(third);
  });

  test("skips objects without a readable body", async () => {
    const stage = await scene();
    const { a, b, project } = stage;
    await stage.done("apply");
    await stage.code("rate", "rate");
    await stage.done("apply");
    const [, second = ""] = await runsIn(project);
    const before = join(project.directory, ".grafana-provision", "runs", second, "before");
    await writeFile(join(before, `dashboard-${a}.json`), '{"address": "x", "redacted": false, "body": {"spec": 1}}');
    await rm(join(before, `dashboard-${b}.json`));

    const { code, stdout } = await stage.run("rollback", second);
    expect(code).toBe(4);
    expect(stdout).toContain(`before/dashboard-${a}.json has a format that this version can't read`);
    expect(stdout).toContain(`its previous state can't be read from before/dashboard-${b}.json`);
    expect([await expr(stage, a), await expr(stage, b)]).toEqual(["rate", "rate"]);
  });

  test("reports as JSON, with the id of its own run", async () => {
    const stage = await scene();
    await stage.done("apply", "-o", "json");
    const report = ReportSchema.parse(JSON.parse(await stage.done("rollback", "latest", "--yes", "-o", "json")));
    const [, second = ""] = await runsIn(stage.project);
    expect(report).toMatchObject({
      command: "rollback",
      exitCode: 0,
      run: { id: second },
      summary: { destroy: 3, done: 3 },
    });
    expect(report.run?.directory).toBe(join(stage.project.directory, ".grafana-provision", "runs", second));
  });
});

describe("is rejected with the difference and exit 7", () => {
  test("on another Grafana, with another owner, and in another project", async () => {
    const stage = await scene();
    const { project, owner, grafana } = stage;
    await stage.done("apply");
    const [first = ""] = await runsIn(project);
    const line = await localServer((incoming, response) => {
      void fetch(`${grafana.url}${incoming.url}`, {
        headers: { authorization: incoming.headers.authorization ?? "" },
      }).then(async (answer) => {
        response.writeHead(answer.status, { "content-type": "application/json" });
        return response.end(await answer.text());
      });
    });
    const elsewhere = await project.run(["rollback", first, "--yes"], { ...grafana.variables, GRAFANA_URL: line.url });
    expect(elsewhere.code).toBe(7);
    expect(elsewhere.stderr).toContain(
      `belongs to the Grafana ${grafana.url}, but this command works on the Grafana ${line.url}`,
    );
    expect(line.seen.filter(({ request }) => !request.startsWith("GET"))).toEqual([]);
    const latest = await project.run(["rollback", "latest"], { ...grafana.variables, GRAFANA_URL: line.url });
    expect(latest.code).toBe(64);
    expect(latest.stderr).toContain("has no run on this Grafana");

    await project.write({
      "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"], environments: { e: { owner: "x" } } };\n`,
    });
    const other = await project.run(["rollback", first, "--yes", "--env", "e"], grafana.variables);
    expect(other.code).toBe(7);
    expect(other.stderr).toContain(`belongs to the owner ${owner}, but this command works on the owner x`);

    await project.write({ "grafana.config.ts": `export default { project: "other", resources: ["./resources"] };\n` });
    const path = join(".", ".grafana-provision", "runs", first);
    const foreign = await project.run(["rollback", `./${path}`, "--yes"], grafana.variables);
    expect(foreign.code).toBe(7);
    expect(foreign.stderr).toContain(`belongs to the project ${owner}, but this command works on the project other`);
    expect((await project.run(["rollback", first], grafana.variables)).code).toBe(64);
    expect(await find(grafana, "dashboard", stage.a)).toBeDefined();
  });
});

test("works on the sandbox of a project, whose port changes", async () => {
  const project = await repository("test", [board("a", { expr: "up" })]);
  const applied = await project.run(["apply"]);
  expect(applied.code, applied.stderr).toBe(0);
  const back = await project.run(["rollback", "latest", "--yes"]);
  expect(back.code, back.stdout + back.stderr).toBe(0);
  expect(back.stdout).toContain("0 added, 0 changed, 1 destroyed");
});
