import { describe, expect, test } from "vitest";
import { apply } from "../../src/engine/apply.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { kinds } from "../../src/kinds/index.ts";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { dashboard, datasource, env, secret, type Datasource } from "../../src/index.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { secretValues } from "../../src/secrets/values.ts";
import { EXIT } from "../../src/util/errors.ts";
import { textOf } from "../../src/util/json.ts";
import {
  actions,
  carryOut,
  changeOf,
  datasourceNow,
  declare,
  editDatasource,
  keepDefault,
  make,
  makeDatasource,
  repository,
  statuses,
  stored,
} from "../engine/support.ts";
import { accused, applyUntil } from "../faults/support.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { carriedOut, recorded, runsFolder, undoOf } from "../rollback/support.ts";

function source(uid: string, name: string, more: Partial<Datasource> = {}) {
  return datasource({ uid, name, type: "prometheus", url: "http://prometheus:9090", ...more });
}

function boardOn(uid: string, { ref }: { readonly ref: object }) {
  const panels = [{ id: 1, type: "timeseries", title: "P", datasource: ref, targets: [{ refId: "A", expr: "up" }] }];
  return dashboard({ uid, spec: { title: uid, panels: panels as never } });
}

/** The names of this test's datasources, by uid. */
async function names(grafana: TestGrafana): Promise<Record<string, string>> {
  const all = (await grafana.other.send({ method: "GET", path: "/api/datasources" })) as Datasource[];
  const mine = all.filter(({ uid = "" }) => uid.endsWith(grafana.name("")));
  return Object.fromEntries(mine.map(({ uid = "", name }) => [uid, name]));
}

/** Datasources with these names, by uid, both without the suffix of the test. */
function sources(grafana: TestGrafana, named: Readonly<Record<string, string>>) {
  return Object.entries(named).map(([uid, name]) => source(grafana.name(uid), grafana.name(name)));
}

/** The uid of the datasource that a dashboard's panel queries. */
async function queriedBy(grafana: TestGrafana, uid: string): Promise<unknown> {
  const { spec } = await stored(grafana, "dashboard", uid);
  return (spec["panels"] as { datasource: { uid: string } }[])[0]?.datasource.uid;
}

interface Replacement {
  readonly grafana: TestGrafana;
  readonly context: KindContext;
  readonly old: ReturnType<typeof source>;
  readonly now: ReturnType<typeof source>;
  readonly uid: string;
  readonly code: { kind: string }[];
}

/** A datasource with a dashboard, and code that gives the datasource another uid. */
async function replacement(): Promise<Replacement> {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const [old, now] = ["old", "new"].map((stem) => source(grafana.name(stem), grafana.name("Prometheus")));
  const uid = grafana.name("board");
  if (!old || !now) throw new Error("unreachable");
  await converge(context, [old, boardOn(uid, old)]);
  return { grafana, context, old, now, uid, code: [now, boardOn(uid, now)] };
}

describe("a datasource that gets another uid", () => {
  test("is replaced in one apply, which moves the dashboards to the new one", async () => {
    const { grafana, old, now, uid } = await replacement();
    const project = await repository(grafana.name("own"), [now, boardOn(uid, now)]);

    const { code, stdout, stderr } = await project.run(
      ["apply", "--prune", "--yes", "--max-deletes", "5"],
      grafana.variables,
    );

    expect(code, stdout + stderr).toBe(EXIT.done);
    expect(stdout).toContain(`takes the name of datasource/${old.uid}`);
    expect(await names(grafana)).toEqual({ [now.uid]: now.name });
    expect(await queriedBy(grafana, uid)).toBe(now.uid);
  });

  test("without --prune: nothing is written, the plan says what to do, and the exit code is 4", async () => {
    const { grafana, old, now, uid } = await replacement();
    const project = await repository(grafana.name("own"), [now, boardOn(uid, now)]);

    const { code, stdout } = await project.run(["apply", "--yes"], grafana.variables);

    expect(code, stdout).toBe(EXIT.partlyApplied);
    expect(stdout).toContain(`the name "${now.name}" is used by datasource/${old.uid}, which the code no longer has`);
    expect(stdout).toContain("--prune");
    expect(await names(grafana)).toEqual({ [old.uid]: old.name });
    expect(await queriedBy(grafana, uid)).toBe(old.uid);
  });

  test("stays the default datasource, and a rollback makes the former one the default again", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const context = await grafana.context(grafana.name("own"));
    const [old, now] = [grafana.name("old"), grafana.name("new")];
    const name = grafana.name("Prometheus");
    await converge(context, [source(old, name, { isDefault: true })]);

    const directory = await runsFolder();
    const code = [source(now, name)];
    const { run } = await carriedOut(context, await planFor(context, code, { prune: true }), directory);
    expect(await datasourceNow(grafana, now)).toMatchObject({ isDefault: true });
    expect((await planFor(context, code, { prune: true })).plan.changes).toEqual([]);

    if (!run) throw new Error("no run was recorded");
    await carryOut(context, await undoOf(context, run));
    expect(await names(grafana)).toEqual({ [old]: name });
    expect(await datasourceNow(grafana, old)).toMatchObject({ isDefault: true });
    await converge(context, [source(old, name)], { prune: true });
  });

  test("is not replaced if another user's dashboard queries it: nothing is deleted and nothing is moved", async () => {
    const { grafana, context, old, now, uid, code } = await replacement();
    const spec = { title: "Theirs", schemaVersion: 42, panels: [{ id: 1, type: "stat", datasource: old.ref }] };
    await make(grafana, "dashboard", grafana.name("theirs"), { spec });

    const prepared = await planFor(context, code, { prune: true });
    const outcomes = await carryOut(context, prepared);

    expect(actions(prepared)).toEqual({
      [`datasource/${now.uid}`]: "left: dependency",
      [`dashboard/${uid}`]: "left: dependency",
      [`datasource/${old.uid}`]: "left: not-empty",
    });
    expect(changeOf(prepared, `datasource/${old.uid}`).left?.message).toContain(`dashboard/${grafana.name("theirs")}`);
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.partlyApplied);
    expect(await names(grafana)).toEqual({ [old.uid]: old.name });
  });

  test("is replaced if other users' dashboards use only its name, which the new one takes", async () => {
    const { grafana, context, old, now, code } = await replacement();
    const theirs = { uid: grafana.name("theirs"), title: "Theirs", panels: [{ id: 1, datasource: old.name }] };
    await grafana.other.send({ method: "POST", path: "/api/dashboards/db", body: { dashboard: theirs } });

    await converge(context, code, { prune: true });

    expect(await names(grafana)).toEqual({ [now.uid]: now.name });
  });

  test("is replaced only with --overwrite-drift if it was changed in Grafana", async () => {
    const { grafana, context, old, now, uid, code } = await replacement();
    await editDatasource(grafana, old.uid, { url: "http://by-hand:9090" });

    const prepared = await planFor(context, code, { prune: true });
    const outcomes = await carryOut(context, prepared);

    expect(actions(prepared)).toEqual({
      [`datasource/${now.uid}`]: "left: dependency",
      [`dashboard/${uid}`]: "left: dependency",
      [`datasource/${old.uid}`]: "left: drift",
    });
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.driftLeft);
    expect(await names(grafana)).toEqual({ [old.uid]: old.name });
    await converge(context, code, { prune: true, overwriteDrift: only(`datasource/${old.uid}`) });
    expect(await names(grafana)).toEqual({ [now.uid]: now.name });
  });

  test("is not deleted if the new one can't be created, and its temporary name is reported", async () => {
    const { grafana, context, old, now, uid } = await replacement();
    const broken = source(now.uid, now.name, { url: "://nope" });
    const prepared = await planFor(context, [broken, boardOn(uid, broken)], { prune: true });

    const notes: string[] = [];
    const emit = (event: EngineEvent) => void (event.type === "note" && notes.push(event.message));
    const outcomes = await apply(prepared.context, prepared, { kinds, concurrency: 8, emit });

    expect(statuses(outcomes)).toEqual({
      [`datasource/${now.uid}`]: "failed",
      [`dashboard/${uid}`]: "skipped",
      [`datasource/${old.uid}`]: "skipped",
    });
    const there = await datasourceNow(grafana, old.uid);
    expect(there?.name).not.toBe(old.name);
    expect(notes).toEqual([
      expect.stringContaining(`datasource/${old.uid} has the temporary name "${textOf(there?.name)}"`),
    ]);
    // The code of before is restored, as is the name.
    await converge(context, [old, boardOn(uid, old)], { prune: true });
    expect(await names(grafana)).toEqual({ [old.uid]: old.name });
  });

  test("is replaced by a saved plan, which is out of date if the former one has changed since", async () => {
    const { grafana, old, now, uid } = await replacement();
    const project = await repository(grafana.name("own"), [now, boardOn(uid, now)]);
    await project.run(["plan", "--prune", "--out", "plan.json"], grafana.variables);
    await editDatasource(grafana, old.uid, { url: "http://by-hand:9090" });

    const { code, stdout } = await project.run(["apply", "plan.json", "--yes"], grafana.variables);

    expect(code, stdout).toBe(EXIT.conflict);
    expect(await names(grafana)).toEqual({ [old.uid]: old.name });
  });
});

describe("a name of a datasource that this project doesn't own", () => {
  test("is not taken: the plan names the datasource, and writes the rest", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [theirs, mine] = [grafana.name("theirs"), grafana.name("mine")];
    await makeDatasource(grafana, theirs, { name: grafana.name("Name") });
    const other = source(grafana.name("other"), grafana.name("Other"));

    const prepared = await planFor(context, [source(mine, grafana.name("Name")), other], { prune: true });
    const outcomes = await carryOut(context, prepared);

    const { left } = changeOf(prepared, `datasource/${mine}`);
    expect(left).toMatchObject({ reason: "obstacle", hint: `use the uid ${theirs}, or another name` });
    expect(left?.message).toContain(`datasource/${theirs}`);
    expect(statuses(outcomes)).toEqual({ [`datasource/${other.uid}`]: "done" });
    expect((await names(grafana))[theirs]).toBe(grafana.name("Name"));
  });

  test("is taken if the same apply adopts and renames it", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    await makeDatasource(grafana, grafana.name("theirs"), { name: grafana.name("A") });
    const code = sources(grafana, { mine: "A", theirs: "B" });

    expect(changeOf(await planFor(context, code), `datasource/${grafana.name("mine")}`).left?.reason).toBe(
      "dependency",
    );
    await converge(context, code, { adopt: only(`datasource/${grafana.name("theirs")}`) });

    expect(await names(grafana)).toEqual({
      [grafana.name("mine")]: grafana.name("A"),
      [grafana.name("theirs")]: grafana.name("B"),
    });
  });
});

describe("names that datasources exchange", () => {
  const states: Record<string, readonly [Record<string, string>, Record<string, string>]> = {
    "a swap": [
      { a: "A", b: "B" },
      { a: "B", b: "A" },
    ],
    "a chain": [
      { a: "A", b: "B", c: "C" },
      { a: "B", b: "C", c: "D" },
    ],
    "a rotation": [
      { a: "A", b: "B", c: "C" },
      { a: "C", b: "A", c: "B" },
    ],
    "a rotation in which one gets another uid": [
      { a: "A", b: "B", c: "C" },
      { a: "B", b: "C", d: "A" },
    ],
    "a new one that takes the name of one that is renamed": [
      { a: "A", b: "B" },
      { a: "C", b: "B", n: "A" },
    ],
    "a name and an id that are equal": [
      { a: "A", b: "B" },
      { a: "b", b: "A" },
    ],
  };

  test.each(Object.entries(states))(
    "%s: one apply, and its rollback restores the former names",
    async (_, [one, two]) => {
      const grafana = await testGrafana();
      const context = await grafana.context(grafana.name("own"));
      await converge(context, sources(grafana, one));
      const ids = async () => {
        const all = await Promise.all(Object.keys(one).map((uid) => datasourceNow(grafana, grafana.name(uid))));
        return all.flatMap((found) => (found ? [[found.uid, found["id"]]] : []));
      };
      const before = await ids();
      const directory = await runsFolder();

      const prepared = await planFor(context, sources(grafana, two), { prune: true });
      const { run } = await carriedOut(context, prepared, directory);

      const expected = (named: Record<string, string>) =>
        Object.fromEntries(Object.entries(named).map(([uid, name]) => [grafana.name(uid), grafana.name(name)]));
      expect(await names(grafana)).toEqual(expected(two));
      expect((await planFor(context, sources(grafana, two), { prune: true })).plan.changes).toEqual([]);
      expect(before).toEqual(expect.arrayContaining(await ids()));

      if (!run) throw new Error("no run was recorded");
      const undo = await undoOf(context, run);
      const { run: second } = await carriedOut(undo.context, undo, directory);
      expect(await names(grafana)).toEqual(expected(one));
      expect((await planFor(context, sources(grafana, one), { prune: true })).plan.changes).toEqual([]);
      if (!second) throw new Error("no rollback was recorded");
      const redo = await undoOf(context, second);
      await carriedOut(redo.context, redo, directory);
      expect(await names(grafana)).toEqual(expected(two));
    },
  );

  test("secrets, settings and the default stay with the uid", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const own = await grafana.context(grafana.name("own"));
    const context = {
      ...own,
      secrets: secretValues({ variables: { TOKEN: "hunter2-token", GRAFANA_PROVISION_KEY: "0123456789abcdef" } }),
    };
    const [a, b] = [grafana.name("a"), grafana.name("b")];
    const code = (first: string, second: string) => [
      source(a, first, { isDefault: true, secureJsonData: { httpHeaderValue1: secret(env("TOKEN")) } }),
      source(b, second, { jsonData: { httpMethod: "POST" } }),
    ];
    await converge(context, code(a, b));
    grafana.requests.length = 0;

    await converge(context, code(b, a));

    expect(await datasourceNow(grafana, a)).toMatchObject({
      name: b,
      isDefault: true,
      secureJsonFields: { httpHeaderValue1: true },
    });
    expect(await datasourceNow(grafana, b)).toMatchObject({ name: a, jsonData: { httpMethod: "POST" } });
    const writes = grafana.requests.filter(
      ({ method, path }) => method !== "GET" && path.startsWith("/api/datasources"),
    );
    expect(writes).toHaveLength(3);
  });

  test("a datasource that was changed since the plan keeps its name, and its change is a conflict", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    await converge(context, sources(grafana, { a: "A", b: "B" }));
    const prepared = await planFor(context, sources(grafana, { a: "B", b: "A" }));
    await editDatasource(grafana, grafana.name("b"), { url: "http://by-hand:9090" });

    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({
      [`datasource/${grafana.name("a")}`]: "conflict",
      [`datasource/${grafana.name("b")}`]: "conflict",
    });
    expect(await datasourceNow(grafana, grafana.name("b"))).toMatchObject({
      name: grafana.name("B"),
      url: "http://by-hand:9090",
    });
  });

  test("with --only for one of them, the plan says which other one to add", async () => {
    const grafana = await testGrafana();
    const [a, b] = [grafana.name("a"), grafana.name("b")];
    const project = await repository(grafana.name("own"), sources(grafana, { a: "A", b: "B" }));
    await project.run(["apply", "--yes"], grafana.variables);
    await declare(project, sources(grafana, { a: "B", b: "A" }));

    const { code, stdout } = await project.run(["apply", "--yes", "--only", `datasource/${a}`], grafana.variables);

    expect(code, stdout).toBe(EXIT.partlyApplied);
    expect(stdout).toContain(`add --only datasource/${b}`);
    expect(await names(grafana)).toEqual({ [a]: grafana.name("A"), [b]: grafana.name("B") });
  });
});

describe("a run that exchanges names and is stopped between any two of its requests", () => {
  const from = { a: "A", b: "B", c: "C", d: "D" };
  const to = { a: "B", b: "A", c: "D", e: "C" };

  test("leaves nothing that counts as changed in Grafana, and the next apply of either code converges", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [one, two] = [sources(grafana, from), sources(grafana, to)];
    await converge(context, one);
    for (let [at, going] = [1, true]; going; at++) {
      for (const [after, next] of [
        [false, two],
        [true, two],
        [false, one],
        [true, one],
      ] as const) {
        const what = `stopped ${after ? "after" : "before"} write ${at}`;
        going = await applyUntil(context, two, { at, after });
        expect(await accused(context, next), what).toEqual({});
        await converge(context, next, { prune: true });
        await converge(context, one, { prune: true });
      }
    }
    expect(await names(grafana)).toEqual(
      Object.fromEntries(Object.entries(from).map(([uid, name]) => [grafana.name(uid), grafana.name(name)])),
    );
  });

  test("is rolled back to the former names", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [one, two] = [sources(grafana, from), sources(grafana, to)];
    await converge(context, one);
    const before = await names(grafana);
    for (let [at, going] = [1, true]; going; at++) {
      const directory = await runsFolder();
      const what = `stopped before write ${at}`;
      const run = await recorded(context, await planFor(context, two, { prune: true }), directory);
      going = await applyUntil(context, two, { at, after: false });

      if (!run) throw new Error("no run was recorded");
      const undo = await undoOf(context, run);
      expect(
        Object.values(actions(undo)).filter((action) => action.startsWith("left: ")),
        what,
      ).toEqual([]);
      await carriedOut(undo.context, undo, directory);
      expect(await names(grafana), what).toEqual(before);
      expect((await planFor(context, one, { prune: true })).plan.changes, what).toEqual([]);
    }
  });
});
