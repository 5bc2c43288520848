import { describe, expect, test } from "vitest";
import { dashboard, type DashboardV2 } from "../../../../src/index.ts";
import type { JsonObject } from "../../../../src/util/json.ts";
import { board, edit } from "../../../engine/support.ts";
import { converge, only, planFor, type ConvergeOptions } from "../../../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../../../helpers/grafana.ts";
import { MARKS } from "../../../helpers/mode.ts";
import {
  grid,
  makeInV2,
  readIn,
  row,
  rows,
  saveInV2,
  spec,
  storedVersion,
  tab,
  tabs,
  element,
} from "../../../helpers/schema-v2.ts";
import { carriedOut, runsFolder, undoOf } from "../../../rollback/support.ts";
import { BOARDS } from "./boards.ts";

function v2(uid: string, content: JsonObject): DashboardV2 {
  return dashboard({ uid, spec: structuredClone(content) as never });
}

async function savedIn(grafana: TestGrafana, uid: string): Promise<JsonObject> {
  return (await readIn(grafana, "v2beta1", uid)).spec;
}

describe.runIf(MARKS)("a dashboard in schema v2", () => {
  test.each(BOARDS)(
    "with $what is adopted, overwritten and rolled back leaf for leaf",
    async ({ spec: content, edit: change }) => {
      const grafana = await testGrafana();
      const context = await grafana.context(grafana.name("own"));
      const uid = grafana.name("board");
      const [code, name] = [v2(uid, content), `dashboard/${uid}`];
      const runs = await runsFolder();
      const run = async (options: ConvergeOptions) => {
        const { run: recorded } = await carriedOut(context, await planFor(context, [code], options), runs);
        if (!recorded) throw new Error("nothing was changed");
        return recorded;
      };

      const theirs = { ...structuredClone(content), title: "Theirs" };
      change(theirs);
      await makeInV2(grafana, uid, theirs);
      const first = await run({ adopt: only(name) });
      expect(await savedIn(grafana, uid)).toEqual(content);

      const saved = await saveInV2(grafana, uid, change);
      const second = await run({ overwriteDrift: only(name) });
      expect(await savedIn(grafana, uid)).toEqual(content);
      expect((await planFor(context, [code])).plan.changes).toEqual([]);

      await carriedOut(context, await undoOf(context, second), runs);
      expect(await savedIn(grafana, uid)).toEqual(saved);
      expect((await planFor(context, [code])).plan.changes).toMatchObject([{ left: { reason: "drift" } }]);

      await carriedOut(context, await undoOf(context, first, { overwriteDrift: only(name) }), runs);
      expect(await savedIn(grafana, uid)).toEqual(theirs);
      expect(await storedVersion(grafana, uid)).toBe("v2beta1");
    },
  );

  test("that was deleted by a run is restored in schema v2", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("board");
    const content = BOARDS.at(-1)?.spec ?? {};
    const other = board(grafana.name("other"));
    await converge(context, [other, v2(uid, content)]);
    const runs = await runsFolder();
    const { run } = await carriedOut(context, await planFor(context, [other], { prune: true }), runs);
    if (!run) throw new Error("nothing was deleted");
    await carriedOut(context, await undoOf(context, run), runs);
    expect(await savedIn(grafana, uid)).toEqual(content);
    expect(await storedVersion(grafana, uid)).toBe("v2beta1");
    expect((await planFor(context, [other, v2(uid, content)])).plan.changes).toEqual([]);
  });

  test("that another client saved in the classic schema is drift of its schema, and is written in v2 again", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("board");
    const code = v2(uid, spec("A", { "panel-1": element(1, "A") }, grid("panel-1")));
    await converge(context, [code]);
    await edit(grafana, "dashboard", uid, () => {});
    expect(await storedVersion(grafana, uid)).toBe("v1beta1");

    const { plan } = await planFor(context, [code]);
    expect(plan.changes).toMatchObject([{ origin: "grafana", left: { reason: "drift" } }]);
    expect(plan.changes[0]?.differences).toContainEqual(
      expect.objectContaining({ path: "schema", before: "classic", after: "v2" }),
    );
    await converge(context, [code], { overwriteDrift: only(`dashboard/${uid}`) });
    expect(await storedVersion(grafana, uid)).toBe("v2beta1");
  });

  test("that was classic in the code is written in v2, and the plan lists the change of the schema", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("board");
    await converge(context, [board(uid, { title: "A" })]);
    const code = v2(uid, spec("A", {}, grid()));
    const { plan } = await converge(context, [code]);
    expect(plan.changes[0]?.differences).toContainEqual(
      expect.objectContaining({ path: "schema", before: "classic", after: "v2" }),
    );
    expect(plan.changes[0]?.origin).toBe("code");
    expect(await storedVersion(grafana, uid)).toBe("v2beta1");
  });

  test("that becomes classic in the code requires its name if the classic schema can't represent its layout", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [tabbed, plain] = [grafana.name("tabbed"), grafana.name("plain")];
    const elements = { "panel-1": element(1, "A") };
    await converge(context, [
      v2(tabbed, spec("A", elements, tabs(tab("One", grid("panel-1"))))),
      v2(plain, spec("A", elements, rows(row("One", grid("panel-1"))))),
    ]);
    const code = [board(tabbed, { title: "A" }), board(plain, { title: "A" })];
    const { plan } = await planFor(context, code);
    for (const { differences } of plan.changes) {
      expect(differences).toContainEqual(expect.objectContaining({ path: "schema", before: "v2", after: "classic" }));
    }
    const changeOf = (uid: string) => plan.changes.find(({ id }) => id === uid);
    expect(changeOf(plain)?.left).toBeUndefined();
    expect(changeOf(tabbed)).toMatchObject({ left: { reason: "drift" }, loss: expect.stringContaining("1 tab") });
    await converge(context, code, { overwriteDrift: only(`dashboard/${tabbed}`) });
    expect(await storedVersion(grafana, tabbed)).toBe("v1beta1");
  });

  test("that is created again from its manifest is not taken for the applied one", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("board");
    const code = v2(uid, spec("A", { "panel-1": element(1, "A") }, grid("panel-1")));
    await converge(context, [code]);
    const { metadata, spec: content } = await readIn(grafana, "v2beta1", uid);
    const path = "/apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards";
    await grafana.other.send({ method: "DELETE", path: `${path}/${uid}` });
    const { name, annotations, labels } = metadata;
    const body = {
      apiVersion: "dashboard.grafana.app/v2beta1",
      kind: "Dashboard",
      metadata: { name, annotations, labels },
      spec: { ...content, title: "Another" },
    };
    await grafana.other.send({ method: "POST", path, body });
    expect((await planFor(context, [code])).plan.changes).toMatchObject([{ left: { reason: "drift" } }]);
  });
});
