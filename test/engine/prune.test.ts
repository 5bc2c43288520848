import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/util/errors.ts";
import { contactPoint, datasource, existing, muteTiming } from "../../src/index.ts";
import { desire } from "../../src/code/desired.ts";
import { codeGoal } from "../../src/engine/code-goal.ts";
import { propose } from "../../src/engine/pipeline.ts";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { selectorOf } from "../../src/cli/options.ts";
import { readLive } from "../../src/engine/live.ts";
import { makePlan } from "../../src/engine/plan.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import { kinds } from "../../src/kinds/index.ts";
import { hook } from "../alerting/support.ts";
import { consentOf, converge, planFor, workspaceOf } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import {
  actions,
  board,
  carryOut,
  datasourceNow,
  declare,
  find,
  make,
  place,
  remove,
  repository,
  setExpr,
  statuses,
  stored,
  edit,
} from "./support.ts";

async function has(grafana: TestGrafana, kind: "dashboard" | "folder", uid: string): Promise<boolean> {
  return (await find(grafana, kind, uid)) !== undefined;
}

/** The expected outcomes of the code's folders: without marks, none is deleted. */
function folders<Outcome>(outcomes: Record<string, Outcome>): Record<string, Outcome> {
  return MARKS ? outcomes : {};
}

function source(uid: string) {
  return datasource({ uid, name: uid, type: "loki", url: "http://loki:3100" });
}

describe("without --prune", () => {
  test("objects that are no longer in the code are listed and kept", async () => {
    const grafana = await testGrafana();
    const [kept, gone] = [grafana.name("kept"), grafana.name("gone")];
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(kept), board(gone)]);

    const { plan } = await converge(context, [board(kept)]);

    expect(plan.orphans).toEqual([`dashboard/${gone}`]);
    expect(plan.changes).toEqual([]);
    expect(await has(grafana, "dashboard", gone)).toBe(true);
  });

  test("the command line lists them, suggests --prune, and exits 0", async () => {
    const grafana = await testGrafana();
    const [kept, gone] = [grafana.name("kept"), grafana.name("gone")];
    const project = await repository(grafana.name("own"), [board(kept), board(gone)]);
    await project.run(["apply"], grafana.variables);
    await declare(project, [board(kept)]);

    const { code, stdout } = await project.run(["apply", "--yes"], grafana.variables);

    expect(code).toBe(EXIT.done);
    expect(stdout).toContain(`dashboard/${gone}`);
    expect(stdout).toContain("--prune");
    expect(await has(grafana, "dashboard", gone)).toBe(true);
  });

  test("Grafana does not match the code as long as the project owns such objects", async () => {
    const grafana = await testGrafana();
    const [kept, gone] = [grafana.name("kept"), grafana.name("gone")];
    const project = await repository(grafana.name("own"), [board(kept), board(gone)]);
    await project.run(["apply"], grafana.variables);
    await declare(project, [board(kept)]);

    const { code } = await project.run(["plan", "--detailed-exitcode"], grafana.variables);

    expect(code).toBe(EXIT.differences);
  });
});

describe("without --prune and without resources in the code", () => {
  test("all owned objects are listed, nothing is deleted, and --detailed-exitcode is 2", async () => {
    const grafana = await testGrafana();
    const gone = grafana.name("gone");
    const project = await repository(grafana.name("own"), [source(grafana.name("ds")), board(gone)]);
    await project.run(["apply"], grafana.variables);
    await declare(project, []);

    const planned = await project.run(["plan", "--detailed-exitcode", "-o", "json"], grafana.variables);
    const applied = await project.run(["apply", "--yes"], grafana.variables);
    const one = await project.run(["plan", "--only", "datasource", "-o", "json"], grafana.variables);

    expect(planned.code, planned.stderr).toBe(EXIT.differences);
    const orphans = [`dashboard/${gone}`, `datasource/${grafana.name("ds")}`];
    const { orphans: found } = JSON.parse(planned.stdout) as { orphans: string[] };
    expect(found.toSorted()).toEqual(orphans);
    expect(applied.code, applied.stderr).toBe(EXIT.done);
    expect(applied.stdout).toContain(`dashboard/${gone}`);
    expect(await has(grafana, "dashboard", gone)).toBe(true);
    expect(JSON.parse(one.stdout)).toMatchObject({ orphans: orphans.slice(1) });
  });

  test("a project that owns nothing is in sync, with any ledgerFolder", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const goal = codeGoal({
      code: desire([], kinds, context.owner),
      configFile: "grafana.config.ts",
      ledgerFolder: "nowhere",
      prune: false,
      selected: () => true,
    });
    const proposal = await propose(workspaceOf(context), goal, consentOf({}), () => {});
    const { plan } = await proposal.plan(consentOf({}));
    expect(plan).toMatchObject({ changes: [], orphans: [], unseen: [] });
  });
});

test.runIf(MARKS)(
  "objects of a kind that is no longer in the code are listed if they are in the ledger, for one more list request",
  async () => {
    const grafana = await testGrafana();
    const [home, ops, nights] = [place(grafana.name("home")), grafana.name("ops"), grafana.name("nights")];
    const timing = muteTiming({ name: nights, time_intervals: [{ weekdays: ["monday"] }] });
    const point = contactPoint({ name: ops, integrations: [hook()] });
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [home, point, timing]);
    const requestsFor = async (code: { kind: string }[]) => {
      grafana.requests.length = 0;
      const { plan } = await planFor(context, code);
      return { orphans: plan.orphans, requests: grafana.requests.length };
    };

    const everything = await requestsFor([home, point, timing]);
    const fewer = await requestsFor([home, point]);

    expect(everything.orphans).toEqual([]);
    expect(fewer).toEqual({ orphans: [`mute-timing/${nights}`], requests: everything.requests });
  },
);

describe("--prune", () => {
  test("deletes exactly the owned objects of all kinds that are no longer in the code", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [kept, gone, theirs] = [grafana.name("kept"), grafana.name("gone"), grafana.name("theirs")];
    await make(grafana, "folder", theirs, { spec: { title: "Theirs" } });
    await make(grafana, "dashboard", theirs, { spec: { title: "Theirs", schemaVersion: 42, panels: [] } });
    await converge(context, [place(kept), board(kept), source(kept), place(gone), board(gone), source(gone)]);

    const { outcomes } = await converge(context, [place(kept), board(kept), source(kept)], { prune: true });

    expect(statuses(outcomes)).toEqual({
      [`dashboard/${gone}`]: "done",
      [`datasource/${gone}`]: "done",
      ...folders({ [`folder/${gone}`]: "done" }),
    });
    for (const kind of ["folder", "dashboard"] as const) {
      expect(await has(grafana, kind, gone)).toBe(kind === "folder" && !MARKS);
      expect(await has(grafana, kind, kept)).toBe(true);
      expect(await has(grafana, kind, theirs)).toBe(true);
    }
    expect(await datasourceNow(grafana, gone)).toBeUndefined();
    expect(await datasourceNow(grafana, kept)).toBeDefined();
  });

  test("counts an object as deleted if another user deleted it during the run", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("gone");
    await converge(context, [place(uid), board(uid)]);
    const prepared = await planFor(context, [], { prune: true });
    await remove(grafana, "dashboard", uid);
    await remove(grafana, "folder", uid);

    expect(statuses(await carryOut(context, prepared))).toEqual({
      [`dashboard/${uid}`]: "done",
      ...folders({ [`folder/${uid}`]: "done" }),
    });
  });

  test("deletes nested folders from the inside, with their content", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const outer = place(grafana.name("outer"));
    const middle = place(grafana.name("middle"), outer);
    const inner = place(grafana.name("inner"), middle);
    const boards = [outer, middle, inner].map((folder) => board(`b-${folder.uid}`.slice(0, 40), { folder }));
    await converge(context, [outer, middle, inner, ...boards]);

    const { outcomes } = await converge(context, [], { prune: true });

    expect(outcomes).toHaveLength(MARKS ? 6 : 3);
    for (const { uid = "" } of [outer, middle, inner]) expect(await has(grafana, "folder", uid)).toBe(!MARKS);
  });

  test("keeps a folder with objects of another owner, and its parents; both are reported", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const outer = place(grafana.name("outer"));
    const inner = place(grafana.name("inner"), outer);
    const sibling = place(grafana.name("sibling"), outer);
    const [mine, theirs] = [grafana.name("mine"), grafana.name("theirs")];
    await converge(context, [outer, inner, sibling, board(mine, { folder: inner })]);
    await make(grafana, "dashboard", theirs, {
      spec: { title: "Theirs", schemaVersion: 42, panels: [] },
      annotations: { "grafana.app/folder": inner.uid },
    });

    const prepared = await planFor(context, [], { prune: true });
    const outcomes = await carryOut(context, prepared);

    expect(actions(prepared)).toEqual({
      [`dashboard/${mine}`]: "delete",
      ...folders({
        [`folder/${sibling.uid}`]: "delete",
        [`folder/${inner.uid}`]: "left: not-empty",
        [`folder/${outer.uid}`]: "left: not-empty",
      }),
    });
    const why = prepared.plan.changes.flatMap(({ left }) => left?.message ?? []).toSorted();
    const named = [expect.stringContaining(`dashboard/${theirs}`), expect.stringContaining(`folder/${inner.uid}`)];
    expect(why).toEqual(MARKS ? named : []);
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(MARKS ? EXIT.partlyApplied : EXIT.done);
    expect(await has(grafana, "dashboard", theirs)).toBe(true);
    expect(await has(grafana, "dashboard", mine)).toBe(false);
  });

  test("can move a dashboard out of a folder and delete the folder in one apply", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [old, new_] = [place(grafana.name("old")), place(grafana.name("new"))];
    const nested = place(grafana.name("nested"), old);
    const uid = grafana.name("moving");
    await converge(context, [old, nested, board(uid, { folder: old })]);

    const out = { ...nested, parent: null };
    await converge(context, [new_, out, board(uid, { folder: new_ })], { prune: true });

    const moved = await stored(grafana, "dashboard", uid);
    expect(moved.metadata.annotations["grafana.app/folder"]).toBe(new_.uid);
    expect(await has(grafana, "folder", old.uid ?? "")).toBe(!MARKS);
    const root = await stored(grafana, "folder", nested.uid ?? "");
    expect(root.metadata.annotations["grafana.app/folder"]).toBeUndefined();
  });

  test.runIf(MARKS)(
    "keeps the folder if the dashboard in it was changed in Grafana and is therefore not moved [needs marks]",
    async () => {
      const grafana = await testGrafana();
      const context = await grafana.context(grafana.name("own"));
      const old = place(grafana.name("old"));
      const uid = grafana.name("moving");
      await converge(context, [old, board(uid, { folder: old })]);
      await edit(grafana, "dashboard", uid, (object) => setExpr(object, "by hand"));

      const prepared = await planFor(context, [board(uid)], { prune: true });
      await carryOut(context, prepared);

      expect(actions(prepared)).toEqual({
        [`dashboard/${uid}`]: "left: drift",
        [`folder/${old.uid}`]: "left: not-empty",
      });
      expect(await has(grafana, "dashboard", uid)).toBe(true);
      expect(await has(grafana, "folder", old.uid ?? "")).toBe(true);
    },
  );

  test("keeps objects that the code no longer defines but still refers to", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [home, uid] = [place(grafana.name("home")), grafana.name("ours")];
    const sourceUid = grafana.name("source");
    await converge(context, [home, source(sourceUid)]);
    const panels = [{ id: 1, type: "timeseries", title: "P", datasource: existing.datasource(sourceUid).ref }] as never;
    const code = [board(uid, { folder: existing.folder(home.uid ?? "") as never, panels })];

    const prepared = await planFor(context, code, { prune: true });
    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({ [`dashboard/${uid}`]: "done" });
    expect(prepared.plan.changes).toHaveLength(1);
    expect((await planFor(context, code)).plan.orphans).toEqual([]);
    expect(await datasourceNow(grafana, sourceUid)).toBeDefined();
  });

  test("deletes nothing after a failed write", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [gone, refused] = [grafana.name("gone"), grafana.name("refused")];
    await converge(context, [board(gone)]);
    // Grafana rejects this URL.
    const broken = datasource({ uid: refused, name: refused, type: "prometheus", url: "://nope" });

    const prepared = await planFor(context, [broken, place(refused)], { prune: true });
    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({
      [`datasource/${refused}`]: "failed",
      [`folder/${refused}`]: "done",
      [`dashboard/${gone}`]: "skipped",
    });
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.partlyApplied);
    expect(await has(grafana, "dashboard", gone)).toBe(true);
  });

  test.runIf(MARKS)("skips the container of an object that could not be deleted [needs marks]", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const outer = place(grafana.name("outer"));
    const inner = place(grafana.name("inner"), outer);
    const late = grafana.name("late");
    await converge(context, [outer, inner]);
    const prepared = await planFor(context, [], { prune: true });
    await make(grafana, "dashboard", late, {
      spec: { title: "Late", schemaVersion: 42, panels: [] },
      annotations: { "grafana.app/folder": inner.uid },
    });

    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({ [`folder/${inner.uid}`]: "failed", [`folder/${outer.uid}`]: "skipped" });
    expect(await has(grafana, "dashboard", late)).toBe(true);
  });
});

/** A project that owns one dashboard more than its code has, or several. Its code would also be written. */
async function withOrphans(count: number) {
  const grafana = await testGrafana();
  const uids = Array.from({ length: count }, (_, index) => grafana.name(`gone${index}`));
  const kept = grafana.name("kept");
  const owner = grafana.name("own");
  const context = await grafana.context(owner);
  await converge(context, [board(kept), ...uids.map((uid) => board(uid))]);
  const project = await repository(owner, [board(kept, { expr: "changed" })]);
  const read = () => Promise.all([kept, ...uids].map((uid) => find(grafana, "dashboard", uid)));
  return { grafana, project, uids, kept, read };
}

describe("confirmation of deletions", () => {
  test("without a terminal and without --yes: exit 64, the plan is shown, and nothing is written", async () => {
    const { grafana, project, uids, read } = await withOrphans(1);
    const before = await read();

    const { code, stdout, stderr } = await project.run(["apply", "--prune"], grafana.variables);

    expect(code).toBe(EXIT.usage);
    expect(stdout).toContain(`- dashboard/${uids[0]}`);
    expect(stderr).toContain("--yes");
    expect(await read()).toEqual(before);
  });

  test("with more than --max-deletes: exit 64, nothing is written, and the message contains the number", async () => {
    const { grafana, project, read } = await withOrphans(3);
    const before = await read();

    const { code, stderr } = await project.run(["apply", "--prune", "--yes", "--max-deletes", "2"], grafana.variables);

    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain("--max-deletes 3");
    expect(await read()).toEqual(before);
  });

  test("has a default limit of ten", async () => {
    const { grafana, project, read } = await withOrphans(11);
    const before = await read();

    const refused = await project.run(["apply", "--prune", "--yes"], grafana.variables);
    expect(refused.code).toBe(EXIT.usage);
    expect(await read()).toEqual(before);

    const allowed = await project.run(["apply", "--prune", "--yes", "--max-deletes", "11"], grafana.variables);
    expect(allowed).toMatchObject({ code: EXIT.done });
    expect((await read()).filter((one) => one !== undefined)).toHaveLength(1);
  });
});

test("with --only X --prune considers only X", async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const [first, second, kept] = [grafana.name("first"), grafana.name("second"), grafana.name("kept")];
  await converge(context, [board(first), board(second), board(kept)]);
  const live = await readLive(context, [...kinds.values()], () => {}, { doomed: () => true });
  const select = (only: string[]) =>
    makePlan({
      project: context.owner,
      kinds,
      comparisons: [],
      live,
      declared: new Set([`dashboard/${kept}`]),
      selected: selectorOf(only),
      adopt: NOTHING,
      overwriteDrift: NOTHING,
      prune: true,
    });

  expect(select(["folder"]).plan.changes).toEqual([]);
  const prepared = select([`dashboard/${first}`]);
  expect(actions(prepared)).toEqual({ [`dashboard/${first}`]: "delete" });
  await carryOut(context, prepared);

  expect(await has(grafana, "dashboard", first)).toBe(false);
  expect(await has(grafana, "dashboard", second)).toBe(true);
  expect(await has(grafana, "dashboard", kept)).toBe(true);
});

describe("destroy", () => {
  test("deletes exactly the objects that the project owns, even if they are in the code", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const context = await grafana.context(owner);
    const rival = await grafana.context(grafana.name("rival"));
    const outer = place(grafana.name("outer"));
    const inner = place(grafana.name("inner"), outer);
    const [uid, sourceUid, theirs] = [grafana.name("mine"), grafana.name("source"), grafana.name("theirs")];
    await converge(context, [outer, inner, board(uid, { folder: inner }), source(sourceUid)]);
    await converge(rival, [place(theirs), board(theirs)]);
    const before = [await stored(grafana, "folder", theirs), await stored(grafana, "dashboard", theirs)];
    const project = await repository(owner, [board(grafana.name("never-applied"))]);

    const refused = await project.run(["destroy"], grafana.variables);
    expect(refused.code).toBe(EXIT.usage);
    expect(await has(grafana, "dashboard", uid)).toBe(true);
    const destroyed = await project.run(["destroy", "--yes"], grafana.variables);

    const figure = MARKS ? "4 destroyed" : "2 destroyed";
    expect(destroyed).toMatchObject({ code: EXIT.done, stdout: expect.stringContaining(figure) });
    for (const folder of [outer, inner]) expect(await has(grafana, "folder", folder.uid ?? "")).toBe(!MARKS);
    expect(await has(grafana, "dashboard", uid)).toBe(false);
    expect(await datasourceNow(grafana, sourceUid)).toBeUndefined();
    expect([await stored(grafana, "folder", theirs), await stored(grafana, "dashboard", theirs)]).toEqual(before);
  });
});
