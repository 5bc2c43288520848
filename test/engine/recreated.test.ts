import { describe, expect, test } from "vitest";
import { datasource, folder } from "../../src/index.ts";
import { EXIT } from "../../src/util/errors.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import {
  board,
  changeOf,
  datasourceNow,
  edit,
  make,
  remove,
  repository,
  setExpr,
  stored,
  type Stored,
} from "./support.ts";

// An object that was deleted in Grafana and created again from its own manifest has the mark of the deleted one.

type StoredKind = Parameters<typeof stored>[1];

/** Deletes an object and creates it again from its own manifest, as another client does. */
async function recreate(
  grafana: TestGrafana,
  kind: StoredKind,
  uid: string,
  change: (object: Stored) => void = () => {},
): Promise<void> {
  const object = await stored(grafana, kind, uid);
  change(object);
  await remove(grafana, kind, uid);
  await make(grafana, kind, uid, { ...object.metadata, spec: object.spec });
}

async function recreateDatasource(grafana: TestGrafana, uid: string, fields: object = {}): Promise<void> {
  const body = { ...(await datasourceNow(grafana, uid)), ...fields };
  const { id: _, ...content } = body as Record<string, unknown>;
  await grafana.other.send({ method: "DELETE", path: `/api/datasources/uid/${uid}` });
  await grafana.other.send({ method: "POST", path: "/api/datasources", body: content });
}

describe.runIf(MARKS)("a dashboard that was created again with another content [needs marks]", () => {
  // As many saves as there were updates give the new object the generation of the mark.
  test.each([0, 1])("counts as changed in Grafana, after %i updates and as many saves", async (updates) => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("board");
    const name = `dashboard/${uid}`;
    await converge(context, [board(uid)]);
    const code = board(uid, updates === 0 ? {} : { expr: "updated" });
    if (updates > 0) await converge(context, [code]);
    const { generation } = (await stored(grafana, "dashboard", uid)).metadata;
    await recreate(grafana, "dashboard", uid, (object) => setExpr(object, "by_hand"));
    for (let save = 0; save < updates; save++) {
      await edit(grafana, "dashboard", uid, ({ spec }) => (spec["title"] = "saved"));
    }
    expect((await stored(grafana, "dashboard", uid)).metadata.generation).toBe(generation);

    expect(changeOf(await planFor(context, [code]), name)).toMatchObject({
      origin: "grafana",
      left: { reason: "drift" },
    });
    const changed = await planFor(context, [board(uid, { expr: "new" })]);
    expect(changeOf(changed, name)).toMatchObject({ origin: "both", left: { reason: "drift" } });
    const pruned = await planFor(context, [board(grafana.name("other"))], { prune: true });
    expect(changeOf(pruned, name).left).toMatchObject({ reason: "drift" });

    await converge(context, [code], { overwriteDrift: only(name) });
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "once more"));
    expect(changeOf(await planFor(context, [code]), name)).toMatchObject({ origin: "grafana" });
  });

  test("is drift on the command line", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("board");
    const project = await repository(grafana.name("own"), [board(uid)]);
    expect((await project.run(["apply"], grafana.variables)).code).toBe(EXIT.done);
    await recreate(grafana, "dashboard", uid, (object) => setExpr(object, "by_hand"));

    const drift = await project.run(["drift", "-o", "json"], grafana.variables);

    expect(drift.code, drift.stdout + drift.stderr).toBe(EXIT.differences);
    expect((JSON.parse(drift.stdout) as { drift: unknown[] }).drift).toMatchObject([
      { address: `dashboard/${uid}`, state: "changed", inGrafana: [{ after: "by_hand" }] },
    ]);
    expect((await project.run(["apply"], grafana.variables)).code).toBe(EXIT.driftLeft);
  });
});

test.runIf(MARKS)("a dashboard that was created again unchanged is not a change [needs marks]", async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const uid = grafana.name("board");
  await converge(context, [board(uid)]);
  await recreate(grafana, "dashboard", uid);

  expect((await planFor(context, [board(uid)])).plan.changes).toEqual([]);
  const { plan } = await converge(context, [board(uid, { expr: "new" })]);
  expect(plan.changes).toMatchObject([{ action: "update", origin: "code" }]);
});

test.runIf(MARKS)(
  "a rollback that creates a dashboard again leaves it unchanged in Grafana [needs marks]",
  async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("board");
    const owner = grafana.name("own");
    const project = await repository(owner, [board(uid), board(grafana.name("other"))]);
    expect((await project.run(["apply"], grafana.variables)).code).toBe(EXIT.done);
    expect((await project.run(["destroy", "--yes"], grafana.variables)).code).toBe(EXIT.done);
    const restored = await project.run(["rollback", "latest", "--yes"], grafana.variables);
    expect(restored.code, restored.stdout + restored.stderr).toBe(EXIT.done);

    const context = await grafana.context(owner);
    const { requests } = grafana;
    requests.length = 0;
    const { plan } = await planFor(context, [board(uid), board(grafana.name("other"))]);
    expect(plan.changes).toEqual([]);
    expect(requests.filter(({ path }) => path.includes(`/dashboards/${uid}`))).toEqual([]);
  },
);

test.runIf(MARKS)(
  "a folder that was created again with another content counts as changed in Grafana [needs marks]",
  async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("place");
    const code = folder({ uid, title: uid, description: "ours" });
    await converge(context, [code]);
    await recreate(grafana, "folder", uid, ({ spec }) => (spec["description"] = "by hand"));

    expect(changeOf(await planFor(context, [code]), `folder/${uid}`)).toMatchObject({
      origin: "grafana",
      left: { reason: "drift" },
    });
  },
);

describe("a datasource that was created again", () => {
  test.each([0, 1])("with another content counts as changed in Grafana, after %i updates", async (updates) => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("ds");
    const code = (url: string) => datasource({ uid, name: uid, type: "loki", url });
    await converge(context, [code("http://loki:3100")]);
    const url = updates === 0 ? "http://loki:3100" : "http://loki:3101";
    if (updates > 0) await converge(context, [code(url)]);
    await recreateDatasource(grafana, uid, { url: "http://by-hand:3100" });
    for (let save = 0; save < updates; save++) {
      const body = await datasourceNow(grafana, uid);
      await grafana.other.send({ method: "PUT", path: `/api/datasources/uid/${uid}`, body });
    }

    const name = `datasource/${uid}`;
    expect(changeOf(await planFor(context, [code(url)]), name)).toMatchObject({
      origin: "grafana",
      left: { reason: "drift" },
    });
    expect(changeOf(await planFor(context, [code("http://new:3100")]), name)).toMatchObject({
      origin: "both",
      left: { reason: "drift" },
    });
  });

  test("unchanged is not a change", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("ds");
    const code = (url: string) => datasource({ uid, name: uid, type: "loki", url });
    await converge(context, [code("http://loki:3100")]);
    await recreateDatasource(grafana, uid);

    expect((await planFor(context, [code("http://loki:3100")])).plan.changes).toEqual([]);
    const { plan } = await converge(context, [code("http://loki:3101")]);
    expect(plan.changes).toMatchObject([{ action: "update", origin: "code" }]);
  });
});
