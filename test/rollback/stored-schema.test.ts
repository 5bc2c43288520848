import { describe, expect, test } from "vitest";
import { dashboard, type DashboardV2 } from "../../src/index.ts";
import { NOTHING, type Selection } from "../../src/engine/selection.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import type { JsonObject } from "../../src/util/json.ts";
import type { Run } from "../../src/rollback/record-run.ts";
import { board, edit, find, panel, remove } from "../engine/support.ts";
import { only, planFor, type ConvergeOptions } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { autoGrid, conditions, grid, readIn, saveInV2, storedVersion, tab, tabs } from "../helpers/schema-v2.ts";
import { carriedOut, runsFolder, undoOf } from "./support.ts";

interface Stage {
  readonly grafana: TestGrafana;
  readonly context: KindContext;
  readonly uid: string;
  readonly name: string;
  /** Two panels. */
  readonly classic: { kind: string };
  /** Applies this code. `over`: over changes made in Grafana. */
  apply(code: { kind: string }, over?: boolean): Promise<Run>;
  /** The differences in the plan of a rollback: `changed title`. */
  planned(run: Run): Promise<string[]>;
  undo(run: Run, overwriteDrift?: Selection): Promise<void>;
  /** The dashboard in the schema that it is stored in. */
  stored(): Promise<{ version: string | undefined; spec: JsonObject }>;
}

async function stage(): Promise<Stage> {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const uid = grafana.name("board");
  const name = `dashboard/${uid}`;
  const runs = await runsFolder();
  const undoPlan = (run: Run, overwriteDrift = only(name)) => undoOf(context, run, { overwriteDrift });
  const panels = [panel(1, "Requests", "up"), panel(2, "Errors", "down")];
  return {
    grafana,
    context,
    uid,
    name,
    classic: board(uid, { title: "A", panels: panels as never }),
    async apply(code, over = false) {
      const options: ConvergeOptions = over ? { overwriteDrift: only(name) } : {};
      const { run } = await carriedOut(context, await planFor(context, [code], options), runs);
      if (!run) throw new Error("nothing was changed");
      return run;
    },
    async planned(run) {
      const { plan } = await undoPlan(run);
      expect(plan.changes).toMatchObject([{ action: "update" }]);
      expect(plan.changes[0]?.left).toBeUndefined();
      return (plan.changes[0]?.differences ?? []).map(({ type, path }) => `${type} ${path}`);
    },
    async undo(run, overwriteDrift) {
      await carriedOut(context, await undoPlan(run, overwriteDrift), runs);
      expect((await undoPlan(run, overwriteDrift)).plan.changes, "a second rollback has nothing to restore").toEqual(
        [],
      );
    },
    async stored() {
      const version = await storedVersion(grafana, uid);
      return { version, spec: (await readIn(grafana, version?.startsWith("v2") ? "v2beta1" : "v1beta1", uid)).spec };
    },
  };
}

function v2(uid: string, content: JsonObject, change: (spec: JsonObject) => void = () => {}): DashboardV2 {
  const spec = structuredClone(content);
  change(spec);
  return dashboard({ uid, spec: spec as never });
}

/** What Grafana's conversion of the stored classic dashboard gives. */
async function convertedBy({ grafana, uid }: Stage): Promise<JsonObject> {
  return (await readIn(grafana, "v2beta1", uid)).spec;
}

/** The same content in schema v2, without the dashboard. */
async function convertedOf(one: Stage): Promise<JsonObject> {
  await one.apply(one.classic);
  const content = await convertedBy(one);
  await remove(one.grafana, "dashboard", one.uid);
  return { ...content, tags: [] };
}

function rename(spec: JsonObject): void {
  spec["title"] = "B";
}

function intoTabs(spec: JsonObject): void {
  spec["layout"] = tabs(tab("Requests", grid("panel-1")), tab("Errors", autoGrid({}, "panel-2"), conditions("7d")));
}

describe.runIf(KUBERNETES)("the plan of a rollback lists exactly what changes, and restores the stored schema", () => {
  test("from schema v2 in the code to the classic schema, and back", async () => {
    const one = await stage();
    await one.apply(one.classic);
    const classic = await one.stored();
    const toV2 = await one.apply(v2(one.uid, await convertedBy(one), rename));
    const inV2 = await one.stored();
    expect(inV2).toMatchObject({ version: "v2beta1", spec: { title: "B" } });

    expect(await one.planned(toV2)).toEqual(["changed schema", "changed title"]);
    await one.undo(toV2);
    expect(await one.stored()).toEqual(classic);
  });

  test("from the classic schema in the code to schema v2", async () => {
    const one = await stage();
    await one.apply(one.classic);
    await one.apply(v2(one.uid, await convertedBy(one), rename), true);
    const inV2 = await one.stored();
    const toClassic = await one.apply(one.classic, true);
    expect((await one.stored()).version).toBe("v1beta1");

    expect(await one.planned(toClassic)).toEqual(["changed schema", "changed title"]);
    await one.undo(toClassic);
    expect(await one.stored()).toEqual(inV2);
  });

  test("to tabs that the classic code replaced", async () => {
    const one = await stage();
    await one.apply(one.classic);
    await saveInV2(one.grafana, one.uid, (spec) => {
      rename(spec);
      intoTabs(spec);
    });
    const inTabs = await one.stored();
    const over = await one.apply(one.classic, true);

    const planned = await one.planned(over);
    expect(planned).toContain("changed schema");
    expect(planned).toContain("changed title");
    const others = planned.filter((line) => !/ (schema|title)$/.test(line));
    // Each panel moves to its tab.
    const moved = ["changed elements[name=panel-1].place", "changed elements[name=panel-2].place"];
    expect(others).toEqual(expect.arrayContaining(moved));
    expect(others.filter((line) => !moved.includes(line) && !/ layout\b/.test(line))).toEqual([]);
    await one.undo(over);
    expect(await one.stored()).toEqual(inTabs);
  });

  test("to the classic schema in which another client saved a dashboard of schema v2", async () => {
    const one = await stage();
    await one.apply(one.classic);
    const code = v2(one.uid, await convertedBy(one));
    await one.apply(code, true);
    await edit(one.grafana, "dashboard", one.uid, ({ spec }) => rename(spec));
    const theirs = await one.stored();
    expect(theirs.version).toBe("v1beta1");
    const over = await one.apply(code, true);
    expect((await one.stored()).version).toBe("v2beta1");

    expect(await one.planned(over)).toEqual(["changed schema", "changed title"]);
    await one.undo(over);
    expect(await one.stored()).toEqual(theirs);
  });

  test("over a save in schema v2 after the run", async () => {
    const one = await stage();
    await one.apply(one.classic);
    const before = await one.stored();
    const changed = board(one.uid, {
      title: "A",
      panels: [panel(1, "Requests", "rate"), panel(2, "Errors", "down")] as never,
    });
    const run = await one.apply(changed);
    await saveInV2(one.grafana, one.uid, rename);

    const planned = await one.planned(run);
    expect(planned).toHaveLength(3);
    expect(planned).toEqual(
      expect.arrayContaining([
        "changed schema",
        "changed title",
        expect.stringMatching(/^changed .*\[refId=A\]\.(spec\.)?expr$/),
      ]),
    );
    await one.undo(run);
    expect(await one.stored()).toEqual(before);
  });

  test("from one version in schema v2 to another one", async () => {
    const one = await stage();
    await one.apply(one.classic);
    const converted = await convertedBy(one);
    await one.apply(v2(one.uid, converted, intoTabs), true);
    const before = await one.stored();
    const run = await one.apply(v2(one.uid, before.spec, rename), true);

    expect(await one.planned(run)).toEqual(["changed title"]);
    await one.undo(run);
    expect(await one.stored()).toEqual(before);
  });

  test("after a deletion by another user", async () => {
    const one = await stage();
    await one.apply(one.classic);
    await one.apply(v2(one.uid, await convertedBy(one), intoTabs), true);
    const inV2 = await one.stored();
    const toClassic = await one.apply(one.classic, true);
    await remove(one.grafana, "dashboard", one.uid);
    expect(await find(one.grafana, "dashboard", one.uid)).toBeUndefined();
    await one.undo(toClassic);
    expect(await one.stored()).toEqual(inV2);
  });

  test("without the dashboard's name if nothing has changed since the run", async () => {
    const one = await stage();
    const content = await convertedOf(one);
    const created = await one.apply(v2(one.uid, content));
    const before = await one.stored();
    const renamed = await one.apply(v2(one.uid, content, rename));
    for (const [run, after] of [
      [renamed, before],
      [created, undefined],
    ] as const) {
      const undo = await undoOf(one.context, run);
      expect(undo.plan.changes.map(({ left }) => left)).toEqual([undefined]);
      await one.undo(run, NOTHING);
      expect(await find(one.grafana, "dashboard", one.uid).then((found) => found && one.stored())).toEqual(after);
    }
  });

  test("not on a Grafana that no longer serves schema v2", async () => {
    const one = await stage();
    await one.apply(one.classic);
    await one.apply(v2(one.uid, await convertedBy(one), intoTabs), true);
    const toClassic = await one.apply(one.classic, true);
    const classic = await one.stored();

    const older = { ...one.context.grafana, collection: () => Promise.resolve(undefined) };
    const undo = await undoOf({ ...one.context, grafana: older }, toClassic, { overwriteDrift: only(one.name) });
    expect(undo.plan.changes).toMatchObject([
      { action: "update", left: { reason: "obstacle", message: expect.stringContaining("does not serve") } },
    ]);
    expect(undo.restores.size).toBe(0);
    expect(await one.stored()).toEqual(classic);
  });
});
