import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import type { Outcome } from "../../src/engine/events.ts";
import type { Change, Plan } from "../../src/engine/change.ts";
import { EXIT, ProvisionError } from "../../src/util/errors.ts";
import { Conflict } from "../../src/grafana/errors.ts";
import { datasource } from "../../src/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { faultyProxy, type Fate } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";
import {
  board,
  carryOut,
  datasourceNow,
  edit,
  editDatasource,
  exprOf,
  find,
  make,
  makeDatasource,
  objectPath,
  place,
  remove,
  setExpr,
  statuses,
  stored,
} from "./support.ts";

describe.runIf(MARKS)("another user writes while the plan is made", () => {
  test("the code is compared with the new version", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("moving");
    await converge(await grafana.context(grafana.name("own")), [board(uid)]);
    let writes = 0;
    const proxy = await faultyProxy(grafana.url, async ({ path }): Promise<Fate> => {
      // Just before the dry run of the code's dashboard.
      if (path.includes("dryRun") && ++writes <= 2) {
        await edit(grafana, "dashboard", uid, (object) => setExpr(object, `meanwhile_${writes}`));
      }
      return "pass";
    });
    onTestFinished(() => proxy.close());
    const context = await grafana.context(grafana.name("own"), { url: proxy.url });
    const { plan } = await planFor(context, [board(uid, { expr: "in_code" })]);

    expect(plan.changes).toMatchObject([
      { origin: "both", left: { reason: "drift" }, differences: [{ before: "meanwhile_2", after: "in_code" }] },
    ]);
  });
});

/** Like Grafana's pages: saves what was loaded unless another user saved since, and otherwise loads it again. */
async function saveInUi(grafana: TestGrafana, uid: string, title: string): Promise<void> {
  for (;;) {
    const loaded = await stored(grafana, "dashboard", uid);
    const body = { ...loaded, spec: { ...loaded.spec, title } };
    try {
      await grafana.other.send({ method: "PUT", path: objectPath("dashboard", uid), body });
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

// The version protects saves through the older API too, but its bodies have a different shape.
describe.runIf(KUBERNETES)("users save dashboards during an apply", () => {
  test("no save is lost: earlier ones are kept, and later ones are based on the apply", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uids = Array.from({ length: 24 }, (_, index) => grafana.name(`d${index}`));
    const old = uids.map((uid) => board(uid, { title: "Old", expr: "old" }));
    await converge(context, old);
    const prepared = await planFor(
      context,
      uids.map((uid) => board(uid, { title: "Old", expr: "in_code" })),
    );

    const [early, later] = [uids.slice(0, 4), uids.slice(4)];
    const save = (uid: string) => saveInUi(grafana, uid, "Saved by somebody");
    await Promise.all(early.map(save));
    const saved = later.map(async (uid, index) => {
      await sleep((index % 6) * 15);
      await save(uid);
    });
    const [outcomes] = await Promise.all([carryOut(context, prepared), Promise.all(saved)]);

    const found = await Promise.all(uids.map((uid) => stored(grafana, "dashboard", uid)));
    const ends = statuses(outcomes);
    expect(
      found.map((object, index) => [object.spec["title"], exprOf(object), ends[`dashboard/${uids[index]}`]]),
    ).toEqual(
      found.map((_, index) =>
        ends[`dashboard/${uids[index]}`] === "done"
          ? ["Saved by somebody", "in_code", "done"]
          : ["Saved by somebody", "old", "conflict"],
      ),
    );
    expect(Object.values(ends)).toContain("conflict");
  });
});

describe("another user writes between plan and apply", () => {
  test("a change is reported as a conflict and not overwritten; the rest of the apply continues", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [uid, other] = [grafana.name("raced"), grafana.name("other")];
    const source = { uid, name: uid, type: "loki", url: "http://loki:3100" };
    await converge(context, [place(uid), board(uid), board(other), datasource(source)]);
    const renamed = { ...place(uid), title: "From code" };
    const code = [
      renamed,
      board(uid, { expr: "in_code" }),
      board(other, { expr: "in_code" }),
      datasource({ ...source, url: "http://code:3100" }),
    ];

    const prepared = await planFor(context, code);
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "meanwhile"));
    await edit(grafana, "folder", uid, ({ spec }) => {
      spec["title"] = "Meanwhile";
    });
    await editDatasource(grafana, uid, { url: "http://meanwhile:3100" });
    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({
      [`folder/${uid}`]: "conflict",
      [`dashboard/${uid}`]: "conflict",
      [`datasource/${uid}`]: "conflict",
      [`dashboard/${other}`]: "done",
    });
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.conflict);
    expect(exprOf(await stored(grafana, "dashboard", uid))).toBe("meanwhile");
    expect((await stored(grafana, "folder", uid)).spec["title"]).toBe("Meanwhile");
    expect((await datasourceNow(grafana, uid))?.["url"]).toBe("http://meanwhile:3100");
    expect(exprOf(await stored(grafana, "dashboard", other))).toBe("in_code");
  });

  test("an object created since the plan with the same uid is not overwritten, and the message explains it", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("raced");
    const code = [place(uid), board(uid), datasource({ uid, name: uid, type: "loki", url: "http://loki:3100" })];

    const prepared = await planFor(context, code);
    await make(grafana, "dashboard", uid, { spec: { title: "Theirs", schemaVersion: 42, panels: [] } });
    await make(grafana, "folder", uid, { spec: { title: "Theirs" } });
    await makeDatasource(grafana, uid);
    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({
      [`folder/${uid}`]: "conflict",
      [`dashboard/${uid}`]: "conflict",
      [`datasource/${uid}`]: "conflict",
    });
    for (const { error } of outcomes) expect(error?.message).toContain("created since the plan");
    expect((await stored(grafana, "dashboard", uid)).spec["title"]).toBe("Theirs");
    expect((await stored(grafana, "folder", uid)).spec["title"]).toBe("Theirs");
    expect((await datasourceNow(grafana, uid))?.["type"]).toBe("prometheus");
  });

  test("an object that was deleted since the plan is not created by an update", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("deleted");
    await converge(context, [board(uid)]);

    const prepared = await planFor(context, [board(uid, { expr: "in_code" })]);
    await remove(grafana, "dashboard", uid);
    const [outcome] = await carryOut(context, prepared);

    expect(outcome?.status).not.toBe("done");
    expect(await find(grafana, "dashboard", uid)).toBeUndefined();
    await converge(context, [board(uid, { expr: "in_code" })]);
  });

  test("an object to be deleted that was changed since the plan is kept, with its container", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [home, apart] = [place(grafana.name("home")), place(grafana.name("apart"))];
    const uid = grafana.name("edited");
    await converge(context, [home, apart, board(uid, { folder: home })]);

    const prepared = await planFor(context, [], { prune: true });
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "meanwhile"));
    await edit(grafana, "folder", apart.uid ?? "", ({ spec }) => {
      spec["title"] = "Meanwhile";
    });
    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({
      [`dashboard/${uid}`]: "conflict",
      // Folders that can't be marked are never deleted.
      ...(MARKS ? { [`folder/${home.uid}`]: "skipped", [`folder/${apart.uid}`]: "conflict" } : {}),
    });
    expect(exprOf(await stored(grafana, "dashboard", uid))).toBe("meanwhile");
    expect(await find(grafana, "folder", apart.uid ?? "")).toBeDefined();
  });

  test("a new plan after the conflict succeeds", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("raced");
    await converge(context, [board(uid)]);
    const code = [board(uid, { expr: "in_code" })];
    const prepared = await planFor(context, code);
    await edit(grafana, "dashboard", uid, () => {});
    expect(statuses(await carryOut(context, prepared))).toEqual({ [`dashboard/${uid}`]: "conflict" });

    await converge(context, code);

    expect(exprOf(await stored(grafana, "dashboard", uid))).toBe("in_code");
  });
});

describe("one failed resource", () => {
  test("stops only the resources that depend on it, directly or not; the next run continues", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [outer, free] = [place(grafana.name("outer")), place(grafana.name("free"))];
    const inner = place(grafana.name("inner"), outer);
    const [deep, apart] = [grafana.name("deep"), grafana.name("apart")];
    const code = [outer, inner, free, board(deep, { folder: inner }), board(apart, { folder: free })];

    const prepared = await planFor(context, code);
    await make(grafana, "folder", outer.uid ?? "", { spec: { title: "Theirs" } });
    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({
      [`folder/${outer.uid}`]: "conflict",
      [`folder/${inner.uid}`]: "skipped",
      [`folder/${free.uid}`]: "done",
      [`dashboard/${deep}`]: "skipped",
      [`dashboard/${apart}`]: "done",
    });
    const because = new Map(outcomes.map(({ change, because }) => [change.id, because]));
    expect(because.get(inner.uid ?? "")).toContain(`folder/${outer.uid}`);
    expect(because.get(deep)).toContain(`folder/${inner.uid}`);
    expect(await find(grafana, "dashboard", deep)).toBeUndefined();

    await remove(grafana, "folder", outer.uid ?? "");
    await converge(context, code);
  });

  test("that Grafana rejects is reported with Grafana's message", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [uid, fine] = [grafana.name("refused"), grafana.name("fine")];
    const broken = datasource({ uid, name: uid, type: "prometheus", url: "://nope" });

    const prepared = await planFor(context, [broken, board(fine)]);
    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({ [`datasource/${uid}`]: "failed", [`dashboard/${fine}`]: "done" });
    expect(outcomes.find(({ status }) => status === "failed")?.error?.message).toContain("invalid URL");
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.partlyApplied);
  });
});

describe("an interrupted apply", () => {
  test("finishes requests in flight, starts no others, and can be run again", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const home = place(grafana.name("home"));
    const gone = grafana.name("gone");
    await converge(context, [board(gone)]);
    const uids = Array.from({ length: 12 }, (_, index) => grafana.name(`b${index}`));
    const code = [home, ...uids.map((uid) => board(uid, { folder: home }))];
    const interrupt = new AbortController();

    const prepared = await planFor(context, code, { prune: true });
    const outcomes = await carryOut(context, prepared, {
      signal: interrupt.signal,
      onOutcome: ({ change }) => {
        if (change.kind === "dashboard") interrupt.abort();
      },
    });

    const done = outcomes.filter(({ status }) => status === "done");
    const cancelled = outcomes.filter(({ status }) => status === "cancelled");
    expect(cancelled.length).toBeGreaterThan(0);
    expect(done.length + cancelled.length).toBe(outcomes.length);
    for (const { change, status } of outcomes.filter(({ change }) => change.action === "create")) {
      const there = (await find(grafana, change.kind as "dashboard" | "folder", change.id)) !== undefined;
      expect({ id: change.id, there }).toEqual({ id: change.id, there: status === "done" });
    }
    // The deletion was not started.
    expect(await find(grafana, "dashboard", gone)).toBeDefined();
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.cancelled);

    await converge(context, code, { prune: true });
  });

  test("before the first request changes nothing", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("never");

    const prepared = await planFor(context, [place(uid), board(uid)]);
    const outcomes = await carryOut(context, prepared, { signal: AbortSignal.abort() });

    expect(statuses(outcomes)).toEqual({ [`folder/${uid}`]: "cancelled", [`dashboard/${uid}`]: "cancelled" });
    expect(await find(grafana, "dashboard", uid)).toBeUndefined();
  });
});

function changeLeft(left?: NonNullable<Change["left"]>["reason"]): Change {
  const base = { kind: "dashboard", id: "a", title: "A", action: "update" } as const;
  const because = left ? { left: { reason: left, message: "why" } } : {};
  return { ...base, differences: [], verified: true, needs: [], ...because };
}

function planWith(...changes: Change[]): Plan {
  return { version: 1, project: "p", changes, unchanged: 0, orphans: [], unseen: [], uncheckedSecrets: [], notes: [] };
}

function outcome(status: Outcome["status"], error?: Error): Outcome {
  return { change: changeLeft(), status, milliseconds: 0, ...(error ? { error } : {}) };
}

describe("the exit code of an apply", () => {
  const conflict = outcome("conflict", new Conflict("changed meanwhile", { exitCode: EXIT.conflict }));
  const failed = outcome(
    "failed",
    new ProvisionError("refused", { exitCode: EXIT.failure, code: "file-not-writable" }),
  );
  const forbidden = outcome(
    "failed",
    new ProvisionError("may not", { exitCode: EXIT.notAuthorised, code: "grafana-permission-missing" }),
  );

  test.each([
    ["everything was done", [outcome("done")], planWith(changeLeft()), EXIT.done],
    ["there was nothing to do", [], planWith(), EXIT.done],
    ["one conflict among successful changes", [outcome("done"), conflict], planWith(changeLeft()), EXIT.conflict],
    ["a conflict and a failure", [failed, conflict], planWith(changeLeft()), EXIT.conflict],
    ["everything failed", [failed, outcome("skipped")], planWith(changeLeft()), EXIT.failure],
    ["some failed", [outcome("done"), failed, outcome("skipped")], planWith(changeLeft()), EXIT.partlyApplied],
    ["nothing was permitted", [forbidden, forbidden], planWith(changeLeft()), EXIT.notAuthorised],
    ["one was not permitted and one was rejected", [forbidden, failed], planWith(changeLeft()), EXIT.failure],
    [
      "an interrupt, with other outcomes",
      [outcome("cancelled"), conflict, failed],
      planWith(changeLeft()),
      EXIT.cancelled,
    ],
    ["a change made in Grafana was skipped", [outcome("done")], planWith(changeLeft("drift")), EXIT.driftLeft],
    ["an object of another owner was skipped", [outcome("done")], planWith(changeLeft("foreign")), EXIT.partlyApplied],
    ["an object can't be adopted", [], planWith(changeLeft("locked")), EXIT.partlyApplied],
    ["an update can't make a change", [], planWith(changeLeft("obstacle")), EXIT.partlyApplied],
    ["a dependency is missing", [], planWith(changeLeft("dependency")), EXIT.partlyApplied],
    ["a folder could not be deleted", [], planWith(changeLeft("not-empty")), EXIT.partlyApplied],
    [
      "drift and an object of another owner were skipped",
      [],
      planWith(changeLeft("drift"), changeLeft("foreign")),
      EXIT.partlyApplied,
    ],
  ])("%s", (_what, outcomes, plan, code) => {
    expect(exitCodeOf(outcomes, plan)).toBe(code);
  });
});
