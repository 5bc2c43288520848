import { expect, test } from "vitest";
import { converge, only, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { board, carryOut, datasourceNow, edit, editDatasource, find, setExpr, statuses } from "./support.ts";
import { datasource } from "../../src/index.ts";

test.runIf(MARKS)("an object that was changed in Grafana is not pruned without a warning [needs marks]", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("edited");
  const context = await grafana.context(grafana.name("own"));
  await converge(context, [board(uid)]);
  await edit(grafana, "dashboard", uid, (object) => setExpr(object, "somebody_else"));

  const prepared = await planFor(context, [], { prune: true });
  expect(prepared.plan.changes).toMatchObject([{ action: "delete", id: uid, left: { reason: "drift" } }]);
  await carryOut(context, prepared);
  expect(await find(grafana, "dashboard", uid)).toBeDefined();

  await converge(context, [], { prune: true, overwriteDrift: only(`dashboard/${uid}`) });
  expect(await find(grafana, "dashboard", uid)).toBeUndefined();
});

test("a datasource that was written since the plan is not deleted", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("ds");
  const context = await grafana.context(grafana.name("own"));
  await converge(context, [datasource({ uid, name: uid, type: "loki", url: "http://loki:3100" })]);
  const prepared = await planFor(context, [], { prune: true });
  await editDatasource(grafana, uid, { url: "http://other:3100" });

  const outcomes = await carryOut(context, prepared);

  expect(statuses(outcomes)).toEqual({ [`datasource/${uid}`]: "conflict" });
  expect(await datasourceNow(grafana, uid)).toMatchObject({ url: "http://other:3100" });
});
