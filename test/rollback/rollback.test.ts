import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { alertingGrafana } from "../alerting/support.ts";
import { localServer } from "../cli/support.ts";
import {
  board,
  declare,
  edit,
  exprOf,
  find,
  make,
  objectPath,
  place,
  remove,
  repository,
  setExpr,
  stored,
} from "../engine/support.ts";
import type { TestProject } from "../helpers/cli.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { ReportSchema } from "../../src/report/json.ts";
import { RunRecord } from "../../src/rollback/record.ts";
import { filesIn, runsIn } from "./support.ts";

interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly owner: string;
  readonly a: string;
  readonly b: string;
  readonly home: string;
  run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  done(...args: string[]): Promise<string>;
  code(a: string | undefined, b: string | undefined): Promise<void>;
}

/** A project with a folder and up to two dashboards, whose queries tests change. */
async function scene(): Promise<Scene> {
  const grafana = await alertingGrafana();
  const [owner = "", a = "", b = "", home = ""] = ["own", "a", "b", "home"].map((stem) => grafana.name(stem));
  const folder = place(home);
  const code = (one: string | undefined, two: string | undefined) => [
    folder,
    ...(one === undefined ? [] : [board(a, { folder, expr: one })]),
    ...(two === undefined ? [] : [board(b, { folder, expr: two })]),
  ];
  const project = await repository(owner, code("up", "up"));
  const run = (...args: string[]) => project.run(args, grafana.variables);
  return {
    grafana,
    project,
    owner,
    a,
    b,
    home,
    run,
    async done(...args) {
      const { code: exit, stdout, stderr } = await run(...args);
      expect(exit, stdout + stderr).toBe(0);
      return stdout;
    },
    code: (one, two) => declare(project, code(one, two)),
  };
}

async function recordOf({ directory }: TestProject, id = ""): Promise<RunRecord> {
  const file = join(directory, ".grafana-provision", "runs", id, "run.json");
  return RunRecord.parse(JSON.parse(await readFile(file, "utf8")));
}

async function expr(scene: Scene, uid: string): Promise<unknown> {
  return exprOf(await stored(scene.grafana, "dashboard", uid));
}

describe("a run's folder", () => {
  test("is there before the first write, holds everything that is replaced, and nobody else can read it", async () => {
    const stage = await scene();
    const { project, a, b, home } = stage;
    const out = await stage.done("apply");
    const [first = ""] = await runsIn(project);
    expect(out).toContain(`Run ${first}: undo it with grafana-provision rollback ${first}\n`);
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

  test("is not made where nothing is written", async () => {
    const stage = await scene();
    await stage.done("apply");
    await stage.done("apply");
    await stage.done("plan");
    await stage.done("rollback");
    expect(await runsIn(stage.project)).toHaveLength(1);
  });

  test("stands where the configuration says; where it can't be written, nothing is sent", async () => {
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
    expect(stderr).toMatch(/a-file\/runs can't be written \((ENOTDIR|EEXIST)\)/);
    expect(stderr).toContain("Name a folder that can be written as `runs` in the configuration");
    expect(await find(grafana, "dashboard", a)).toBeUndefined();

    await config(`"./kept"`);
    await stage.done("apply");
    expect((await readdir(join(project.directory, "kept"))).filter((name) => !name.startsWith("."))).toHaveLength(1);
    expect(await stage.done("rollback")).toContain("3 added, 0 changed, 0 destroyed");
  });

  test("goes when it has ended and there are more than are kept; one that was interrupted stays", async () => {
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
    expect(await stage.done("rollback")).toMatch(new RegExp(`${first} .*interrupted, or still running`));
  });
});

describe("the list", () => {
  test("says of each run what it did, who did it where, and what became of it", async () => {
    const stage = await scene();
    expect(await stage.done("rollback")).toContain("No run is kept here yet");
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
    expect(lines[0]).toBe(`${third}  rollback: 0 added, 1 changed, 0 destroyed (undoes ${second}), finished`);
    expect(lines[1]).toContain(`${stage.grafana.url} (default), by `);
    expect(lines[2]).toBe(`${second}  apply: 0 added, 1 changed, 0 destroyed, undone by ${third}`);
    expect(lines[3]).toContain("as admin, https://ci.example.org/job/7");
    expect(lines[4]).toBe(`${first}  apply: 3 added, 0 changed, 0 destroyed, finished`);

    const report = ReportSchema.parse(JSON.parse(await stage.done("rollback", "-o", "json")));
    expect(report.runs?.map(({ id, state }) => [id, state])).toEqual([
      [third, "finished"],
      [second, "undone"],
      [first, "finished"],
    ]);
  });

  test("leaves out other projects, and names what it can't read", async () => {
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
    expect(list).toContain(`${broken}  its run.json is not one that this version writes`);
    expect(list).not.toContain(other);
    expect(list).not.toContain("2020-01-03");
    const { code, stderr } = await stage.run("rollback", broken);
    expect(code).toBe(1);
    expect(stderr).toContain(`The run ${broken} can't be undone: its run.json`);
  });
});

describe("rollback RUN", () => {
  test("shows the plan, asks for consent, and brings everything back", async () => {
    const stage = await scene();
    const { a, b } = stage;
    await stage.done("apply");
    await stage.code("rate", undefined);
    await stage.done("apply", "--prune", "--yes");
    const [first = "", second = ""] = await runsIn(stage.project);

    const out = await stage.done("rollback", second);
    expect(out).toContain(`Undoing the run ${second}: apply of 20`);
    expect(out).toMatch(new RegExp(`~ dashboard/${a} "${a}"\n +panel "Requests"\n +query A\n +~ expr: "rate" → "up"`));
    expect(out).toContain(
      `+ dashboard/${b} "${b}"\n      ! its former versions and permissions that were set on it do not come back`,
    );
    expect(out).toContain("Applied: 1 added, 1 changed, 0 destroyed.");
    expect([await expr(stage, a), await expr(stage, b)]).toEqual(["up", "up"]);
    await stage.code("up", "up");
    expect(await stage.done("plan", "--detailed-exitcode")).toContain("3 unchanged");

    const refused = await stage.run("rollback", first);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain("A deletion requires confirmation");
    const few = await stage.run("rollback", first, "--yes", "--max-deletes", "2");
    expect(few.code).toBe(64);
    expect(few.stderr).toContain("This would delete 3 objects");
    expect(await find(stage.grafana, "dashboard", a)).toBeDefined();
    await stage.done("rollback", first, "--yes");
    expect(await find(stage.grafana, "folder", stage.home)).toBeUndefined();
    expect(await stage.done("rollback", first, "--yes")).toContain("Nothing was written.");
  });

  test("what nobody touched since is known to be untouched afterwards: where a mark says so, no body is read for the next plan", async () => {
    const stage = await scene();
    await stage.done("apply");
    await stage.code("rate", undefined);
    await stage.done("apply", "--prune", "--yes");
    await stage.done("rollback", "latest");
    await stage.code("up", "up");
    const before = stage.grafana.requests.length;
    const proxied: string[] = [];
    const line = await localServer((incoming, response) => {
      proxied.push(`${incoming.method} ${incoming.url}`);
      void fetch(`${stage.grafana.url}${incoming.url}`, {
        headers: { authorization: incoming.headers.authorization ?? "", accept: incoming.headers.accept ?? "*/*" },
      }).then(async (answer) => {
        response.writeHead(answer.status, { "content-type": "application/json" });
        return response.end(await answer.text());
      });
    });
    const { code, stdout } = await stage.project.run(["plan", "--detailed-exitcode"], {
      ...stage.grafana.variables,
      GRAFANA_URL: line.url,
    });
    expect(code, stdout).toBe(0);
    expect(stage.grafana.requests).toHaveLength(before);
    const bodies = proxied.filter((request) => request.endsWith(objectPath("dashboard", stage.a)));
    // Without a mark the body is all that tells.
    expect(bodies.length > 0).toBe(!MARKS);
  });

  test("leaves and names what was changed since, exit 8, until --overwrite-drift says so", async () => {
    const stage = await scene();
    const { a, b, grafana } = stage;
    await stage.done("apply");
    await stage.code("rate", "rate");
    await stage.done("apply");
    const [, second = ""] = await runsIn(stage.project);
    await edit(grafana, "dashboard", a, (object) => setExpr(object, "theirs"));

    const { code, stdout } = await stage.run("rollback", second);
    expect(code).toBe(8);
    expect(stdout).toContain(`! dashboard/${a} "${a}": was changed since the run, in Grafana`);
    expect(stdout).toMatch(/~ expr: "theirs" → "up"/);
    expect(stdout).toContain(`restore it anyway with --overwrite-drift dashboard/${a}`);
    expect([await expr(stage, a), await expr(stage, b)]).toEqual(["theirs", "up"]);

    const unknown = await stage.run("rollback", second, "--overwrite-drift", "dashboard/nothing");
    expect(unknown.code).toBe(64);
    await stage.done("rollback", second, "--overwrite-drift", `dashboard/${a}`);
    expect(await expr(stage, a)).toBe("up");
  });

  test("leaves what a later run changed, and names it", async () => {
    const stage = await scene();
    const { a, b } = stage;
    await stage.done("apply");
    await stage.code("rate", "rate");
    await stage.done("apply");
    await stage.code("later", "rate");
    await stage.done("apply");
    const [, second = "", third = ""] = await runsIn(stage.project);

    const { code, stdout } = await stage.run("rollback", second);
    expect(code).toBe(8);
    expect(stdout).toContain(`! dashboard/${a} "${a}": was changed since the run, by the run ${third}`);
    expect([await expr(stage, a), await expr(stage, b)]).toEqual(["later", "up"]);
  });

  test("says of what was deleted, or made again, since", async () => {
    const stage = await scene();
    const { a, b, grafana } = stage;
    await stage.done("apply");
    await stage.code("rate", undefined);
    await stage.done("apply", "--prune", "--yes");
    await remove(grafana, "dashboard", a);
    await make(grafana, "dashboard", b, { spec: { title: "theirs", schemaVersion: 42 } });

    const { code, stdout } = await stage.run("rollback", "latest");
    expect(code).toBe(4);
    expect(stdout).toContain(`! dashboard/${a} "${a}": was deleted since the run, in Grafana`);
    expect(stdout).toContain(`! dashboard/${b} "${b}": was made again since the run, and is not this project's`);
    expect((await stored(grafana, "dashboard", b)).spec["title"]).toBe("theirs");
    const again = await stage.run("rollback", "latest", "--overwrite-drift");
    expect(again.code).toBe(4);
    expect(await expr(stage, a)).toBe("up");
    expect((await stored(grafana, "dashboard", b)).spec["title"]).toBe("theirs");
  });

  test("deletes nothing that is not this project's any more, nor a folder that holds anything else", async () => {
    const stage = await scene();
    const { a, b, grafana, home } = stage;
    await stage.done("apply");
    await edit(grafana, "dashboard", a, ({ metadata, spec }) => {
      for (const name of Object.keys(metadata.annotations))
        if (name.startsWith("grafana.app/manage")) delete metadata.annotations[name];
      // Without marks it is the tag that says whose it is.
      if (!MARKS) delete spec["tags"];
    });

    const { code, stdout } = await stage.run("rollback", "latest", "--yes");
    expect(code).toBe(4);
    expect(stdout).toContain(`! dashboard/${a} "${a}": is not this project's any more`);
    expect(stdout).toContain(`! folder/${home} "${home}": it holds dashboard/${a}, which is not deleted with it`);
    expect(await find(grafana, "dashboard", b)).toBeUndefined();
    expect(await find(grafana, "dashboard", a)).toBeDefined();
  });

  test("takes only what --only names, and says what that would need", async () => {
    const stage = await scene();
    const { a, b, home, project, grafana } = stage;
    await stage.done("apply");
    await declare(project, []);
    await stage.done("apply", "--prune", "--allow-empty", "--yes");
    // A folder without a mark is not pruned.
    if (!MARKS) await remove(grafana, "folder", home);

    const { code, stdout } = await stage.run("rollback", "latest", "--only", `dashboard/${a}`);
    expect(code).toBe(4);
    expect(stdout).toContain(`needs folder/${home}, which Grafana does not have`);
    expect(stdout).toContain(MARKS ? `add --only folder/${home}` : "the run did not touch it: make it first");
    const [, second = ""] = await runsIn(project);
    if (!MARKS) await make(grafana, "folder", home, { spec: { title: home } });
    await stage.done("rollback", second, "--only", `dashboard/${a}`, `folder/${home}`);
    expect(await find(grafana, "dashboard", a)).toBeDefined();
    expect(await find(grafana, "dashboard", b)).toBeUndefined();
    expect((await stage.run("rollback", second, "--only", "dashboard/nothing")).code).toBe(64);
  });

  test("brings a change made in Grafana back that the run had overwritten, and it reads as such again", async () => {
    const stage = await scene();
    const { a, grafana } = stage;
    await stage.done("apply");
    await edit(grafana, "dashboard", a, (object) => setExpr(object, "theirs"));
    await stage.done("apply", "--overwrite-drift", `dashboard/${a}`);
    expect(await expr(stage, a)).toBe("up");
    await stage.done("rollback", "latest");
    expect(await expr(stage, a)).toBe("theirs");
    const { code, stdout } = await stage.run("apply");
    expect(code).toBe(MARKS ? 8 : 0);
    expect(stdout).toContain(MARKS ? "changed in Grafana since the last apply" : "origin unknown");
  });

  test("can be rolled back itself, and takes the path of a folder that was kept elsewhere", async () => {
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

  test("leaves what it has no readable body of", async () => {
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
    expect(stdout).toContain(`its former state can't be read from before/dashboard-${b}.json`);
    expect([await expr(stage, a), await expr(stage, b)]).toEqual(["rate", "rate"]);
  });

  test("reports as JSON, with the run that it is", async () => {
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

describe("is refused, and names the difference, exit 7", () => {
  test("on another Grafana, with another owner, in another project", async () => {
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
    expect(elsewhere.stderr).toContain(`was made with the Grafana ${grafana.url}, and this is the Grafana ${line.url}`);
    expect(line.seen.filter(({ request }) => !request.startsWith("GET"))).toEqual([]);
    const latest = await project.run(["rollback", "latest"], { ...grafana.variables, GRAFANA_URL: line.url });
    expect(latest.code).toBe(64);
    expect(latest.stderr).toContain("No run of this Grafana is kept here");

    await project.write({
      "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"], environments: { e: { owner: "x" } } };\n`,
    });
    const other = await project.run(["rollback", first, "--yes", "--env", "e"], grafana.variables);
    expect(other.code).toBe(7);
    expect(other.stderr).toContain(`was made with the owner ${owner}, and this is the owner x`);

    await project.write({ "grafana.config.ts": `export default { project: "other", resources: ["./resources"] };\n` });
    const path = join(".", ".grafana-provision", "runs", first);
    const foreign = await project.run(["rollback", `./${path}`, "--yes"], grafana.variables);
    expect(foreign.code).toBe(7);
    expect(foreign.stderr).toContain(`was made with the project ${owner}, and this is the project other`);
    expect((await project.run(["rollback", first], grafana.variables)).code).toBe(64);
    expect(await find(grafana, "dashboard", stage.a)).toBeDefined();
  });
});

test("works on the sandbox of a project, which has another address each time", async () => {
  const project = await repository("test", [board("a", { expr: "up" })]);
  const applied = await project.run(["apply"]);
  expect(applied.code, applied.stderr).toBe(0);
  const back = await project.run(["rollback", "latest", "--yes"]);
  expect(back.code, back.stdout + back.stderr).toBe(0);
  expect(back.stdout).toContain("0 added, 0 changed, 1 destroyed");
});
