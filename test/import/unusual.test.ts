import { expect, onTestFinished, test } from "vitest";
import { findPolicy } from "../../src/kinds/notification-policy/live.ts";
import { folder, ruleGroup } from "../../src/index.ts";
import { alert, alertingGrafana, TREES } from "../alerting/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import { imported } from "./support.ts";

test("expressions keep the uid of older versions", async () => {
  const grafana = await alertingGrafana();
  const uid = grafana.name("home");
  const home = folder({ uid, title: uid });
  const data = [{ refId: "A", datasourceUid: "-100" as const, model: { type: "math", expression: "1 > 0" } }];
  const group = ruleGroup({ folder: home, title: "old", interval: 60, rules: [alert(grafana.name("rule"), { data })] });
  await converge(await grafana.context(grafana.name("team")), [home, group]);

  const other = await grafana.context(grafana.name("other"));
  const { resources } = await imported(other, { selected: ({ id }) => id.includes(uid) });
  const { plan } = await planFor(other, resources, { adopt: { ...NOTHING, all: true } });
  const change = plan.changes.find(({ kind }) => kind === "rule-group");
  expect(change).toBeDefined();
  expect(change?.differences).toEqual([]);
});

test("a tree that has the name of the default tree in addresses is found, and has no code", async (task) => {
  const grafana = await alertingGrafana({ toggles: ["alertingMultiplePolicies"] });
  const context = await grafana.context(grafana.name("team"));
  if (!context.grafana.toggles.has("alertingMultiplePolicies")) task.skip();
  const body = { metadata: { name: "default" }, spec: { defaults: { receiver: "empty" }, routes: [] } };
  await grafana.other.send({ method: "POST", path: TREES, body });
  onTestFinished(async () => void (await grafana.other.send({ method: "DELETE", path: `${TREES}/default` })));

  expect(await findPolicy(context, "named:default")).toMatchObject({ id: "named:default", name: "default" });
  const { left, resources } = await imported(context, { selected: ({ kind }) => kind === "notification-policy" });
  expect(left.map((one) => one.address)).toEqual(["notification-policy/named:default"]);
  expect(resources).toEqual([]);
});
