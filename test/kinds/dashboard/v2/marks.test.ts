import { describe, expect, test } from "vitest";
import { dashboard, type DashboardV2 } from "../../../../src/index.ts";
import { driftOf, readPast } from "../../../../src/engine/drift.ts";
import { kinds } from "../../../../src/kinds/index.ts";
import type { Request } from "../../../../src/grafana/client.ts";
import { connect } from "../../../../src/grafana/connection.ts";
import type { KindContext } from "../../../../src/engine/kind-context.ts";
import type { JsonObject } from "../../../../src/util/json.ts";
import { converge, only, planFor } from "../../../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../../../helpers/grafana.ts";
import { MARKS } from "../../../helpers/mode.ts";
import { element, grid, makeInV2, saveInV2, spec } from "../../../helpers/schema-v2.ts";
import { at } from "./boards.ts";

const content = (title: string): JsonObject => spec(title, { "panel-1": element(1, "A") }, grid("panel-1"));

function v2(uid: string, body: JsonObject): DashboardV2 {
  return dashboard({ uid, spec: structuredClone(body) as never });
}

/** The requests of a plan for bodies of dashboards. */
async function bodiesRead(grafana: TestGrafana, context: KindContext, code: readonly DashboardV2[]) {
  grafana.requests.length = 0;
  const { plan } = await planFor(context, code);
  const lists = /dashboards\?limit=\d+$/;
  const paths = grafana.requests.map(({ path }) => path).filter((path) => path.includes("/dashboard.grafana.app/"));
  return { plan, paths: paths.filter((path) => !lists.test(path) && !path.includes("labelSelector")), all: paths };
}

describe.runIf(MARKS)("the mark of a dashboard in schema v2", () => {
  test("is exact after the adoption of an equal dashboard, whose generation the write does not increase", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("board");
    await makeInV2(grafana, uid, content("A"));
    const code = [v2(uid, content("A"))];
    await converge(context, code, { adopt: only(`dashboard/${uid}`) });
    expect((await bodiesRead(grafana, context, code)).paths).toEqual([]);
  });

  test("is exact if Grafana drops a property that it doesn't know", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("board");
    const code = [v2(uid, { ...content("A"), futureProperty: true })];
    await converge(context, code);
    expect((await bodiesRead(grafana, context, code)).paths).toEqual([]);
    await saveInV2(grafana, uid, () => {});
    expect((await planFor(context, code)).plan.changes).toEqual([]);
  });

  test("is renewed if the code takes over an edit made in Grafana", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("board");
    await converge(context, [v2(uid, content("A"))]);
    await saveInV2(grafana, uid, (saved) => {
      saved["title"] = "B";
    });
    const code = [v2(uid, content("B"))];
    await converge(context, code);
    expect((await bodiesRead(grafana, context, code)).paths).toEqual([]);
  });

  test("is completed if the response to the first write was lost", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const { client } = context.grafana;
    // With SQLite, Grafana can repeat a write itself and then report a conflict with its own result.
    const send = async (request: Request) => {
      const answer = await client.send(request);
      const creates = request.method === "POST" && request.path.includes("/v2beta1/");
      return creates && !request.path.includes("dryRun") ? client.send(request) : answer;
    };
    const twice = { ...context, grafana: await connect({ ...client, send }, context.owner) };
    const code = [v2(grafana.name("board"), content("A"))];
    await converge(twice, code);
    expect((await bodiesRead(grafana, context, code)).paths).toEqual([]);
  });

  test("lets a plan read many dashboards that the code changes from one list in schema v2", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uids = Array.from({ length: 21 }, (_, index) => grafana.name(`board-${index}`));
    await converge(
      context,
      uids.map((uid) => v2(uid, content("A"))),
    );
    const { plan, all } = await bodiesRead(
      grafana,
      context,
      uids.map((uid) => v2(uid, content("B"))),
    );
    expect(plan.changes.map(({ differences }) => differences.map(({ path }) => path))).toEqual(
      uids.map(() => ["title"]),
    );
    expect(all.filter((path) => /v2beta1\/\S+dashboards\?limit/.test(path))).toHaveLength(1);
    expect(all.filter((path) => path.includes("/v1beta1/") && /dashboards\/./.test(path))).toEqual([]);
  });

  test("lets drift separate what Grafana and the code changed", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("board");
    await converge(context, [v2(uid, content("A"))]);
    await saveInV2(grafana, uid, (saved) => {
      at(saved, "elements", "panel-1", "spec")["title"] = "Renamed";
    });
    const { plan, comparisons, context: read } = await planFor(context, [v2(uid, content("B"))]);
    const input = { plan, comparisons, kinds };
    const { drift } = driftOf({
      ...input,
      ledger: read.ledger,
      marks: true,
      past: await readPast(read, input),
    });
    expect(drift).toMatchObject([{ id: uid, state: "conflict", conflicts: [] }]);
    expect(drift[0]?.inGrafana?.map(({ path }) => path)).toEqual(["elements[name=panel-1].title"]);
    expect(drift[0]?.inCode?.map(({ path }) => path)).toEqual(["title"]);
  });
});
