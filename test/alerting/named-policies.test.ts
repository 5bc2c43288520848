import { expect, onTestFinished, test, type TestContext } from "vitest";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { parseAddress } from "../../src/engine/model.ts";
import {
  alertRule,
  above,
  contactPoint,
  existing,
  muteTiming,
  notificationPolicy,
  type NamedNotificationPolicy,
} from "../../src/index.ts";
import { createClient } from "../../src/grafana/client.ts";
import { connect } from "../../src/grafana/connection.ts";
import { EMPTY_LEDGER } from "../../src/ownership/ledger.ts";
import { NO_SECRETS } from "../../src/secrets/values.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { carryOut, changeOf, place, statuses } from "../engine/support.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS, ONCE } from "../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../rollback/support.ts";
import { sandbox } from "../sandbox/support.ts";
import {
  alert,
  alertingGrafana,
  get,
  group,
  groupPath,
  hook,
  POINTS,
  rules,
  theirTree,
  TIMINGS,
  TREES,
  tree,
  TREE_LABEL,
} from "./support.ts";

const TOGGLES = ["alertingMultiplePolicies"] as const;

interface StoredTree {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: { readonly defaults: JsonObject; readonly routes: JsonObject[] };
}

/** A Grafana with several policy trees. Skips the test on a real one without the feature toggle. */
async function severalTrees(task: TestContext): Promise<{ grafana: TestGrafana; context: KindContext }> {
  const grafana = await alertingGrafana({ toggles: TOGGLES });
  const context = await grafana.context(grafana.name("team"));
  if (!context.grafana.toggles.has(TOGGLES[0])) task.skip();
  return { grafana, context };
}

async function storedTree(grafana: TestGrafana, name: string): Promise<StoredTree | undefined> {
  return (await get(grafana, `${TREES}/${name}`)) as unknown as StoredTree | undefined;
}

/** Creates or replaces a tree as another client. */
async function theirs(grafana: TestGrafana, name: string, receiver: string, routes: readonly object[] = []) {
  const now = await storedTree(grafana, name);
  const metadata = { name, ...(now ? { resourceVersion: now.metadata.resourceVersion } : {}) };
  const body = { metadata, spec: { defaults: { receiver }, routes } };
  await grafana.other.send(
    now ? { method: "PUT", path: `${TREES}/${name}`, body } : { method: "POST", path: TREES, body },
  );
}

function scene(grafana: TestGrafana) {
  const home = place(grafana.name("home"));
  const ops = contactPoint({
    name: grafana.name("ops"),
    integrations: [hook(undefined, { uid: grafana.name("ops") })],
  });
  const nights = muteTiming({ name: grafana.name("nights"), time_intervals: [{ weekdays: ["monday"] }] });
  const treeOf = (more: Partial<NamedNotificationPolicy> = {}) =>
    notificationPolicy({
      receiver: ops,
      name: grafana.name("tree"),
      group_by: ["alertname"],
      routes: [{ receiver: ops, object_matchers: [["severity", "=", "low"]], mute_time_intervals: [nights] }],
      ...more,
    });
  const pages = (policy?: NamedNotificationPolicy) =>
    group(home, "pages", [
      alert(grafana.name("page"), { uid: grafana.name("page"), ...(policy ? { notificationPolicy: policy } : {}) }),
    ]);
  return { home, ops, nights, treeOf, pages, address: `notification-policy/${grafana.name("tree")}` };
}

test.runIf(MARKS)("manages named trees, and changes neither the default tree nor those of others", async (task) => {
  const { grafana, context } = await severalTrees(task);
  const { home, ops, nights, treeOf, pages, address } = scene(grafana);
  const second = treeOf({ name: grafana.name("second"), routes: [] });
  const their = contactPoint({ name: grafana.name("their"), integrations: [hook()] });
  await converge(await grafana.context(grafana.name("others")), [place(grafana.name("else")), their]);
  await theirTree(grafana, { receiver: "empty", group_by: ["cluster"] });
  await theirs(grafana, grafana.name("foreign"), their.name, [{ receiver: their.name, continue: true }]);
  const before = [await tree(grafana), await storedTree(grafana, grafana.name("foreign"))];

  const first = treeOf();
  await converge(context, [home, ops, nights, first, second, pages(first)]);
  expect((await storedTree(grafana, grafana.name("tree")))?.spec).toMatchObject({
    defaults: { receiver: ops.name, group_by: ["alertname"] },
    routes: [{ receiver: ops.name, matchers: [{ label: "severity", type: "=", value: "low" }] }],
  });
  const rule = (await rules(grafana)).find(({ title }) => title === grafana.name("page"));
  const path = `/api/v1/provisioning/alert-rules/${rule?.uid}`;
  expect((await get(grafana, path))?.["labels"]).toEqual({ [TREE_LABEL]: grafana.name("tree") });

  const changed = treeOf({ group_wait: "1m" });
  const { plan } = await converge(context, [home, ops, nights, changed, second, pages(changed)]);
  expect(plan.changes.map((change) => [change.kind, change.id, change.action])).toEqual([
    ["notification-policy", parseAddress(address).id, "update"],
  ]);

  const { outcomes } = await converge(context, [home, ops, nights], { prune: true });
  const done = outcomes.filter(({ change }) => change.action === "delete").map(({ change }) => change.kind);
  expect(done).toEqual(["rule-group", "notification-policy", "notification-policy"]);
  expect(await storedTree(grafana, grafana.name("tree"))).toBeUndefined();
  expect([await tree(grafana), await storedTree(grafana, grafana.name("foreign"))]).toEqual(before);
});

test.runIf(MARKS)("a Grafana without named trees rejects them before the first write", async (task) => {
  const grafana = await alertingGrafana();
  const context = await grafana.context(grafana.name("team"));
  if (context.grafana.toggles.has(TOGGLES[0])) task.skip();
  const { home, ops, nights, treeOf } = scene(grafana);
  const plan = planFor(context, [home, ops, nights, treeOf()]);

  const error = await plan.then(
    () => undefined,
    (problem: unknown) => problem,
  );
  expect(error).toBeInstanceOf(InvalidCodeError);
  const { faults } = error as InvalidCodeError;
  expect(faults.map(({ code, path }) => [code, path])).toEqual([["grafana-named-policy-unsupported", "name"]]);
  expect(grafana.requests.filter(({ method }) => method !== "GET")).toEqual([]);
});

test.runIf(MARKS)("a change made in Grafana is drift, and is overwritten only on request", async (task) => {
  const { grafana, context } = await severalTrees(task);
  const { home, ops, nights, treeOf, address } = scene(grafana);
  const code = [home, ops, nights, treeOf()];
  await converge(context, code);
  await theirs(grafana, grafana.name("tree"), ops.name);

  expect(changeOf(await planFor(context, code), address)).toMatchObject({
    origin: "grafana",
    left: { reason: "drift" },
  });
  await converge(context, code, { overwriteDrift: only(address) });
  expect((await storedTree(grafana, grafana.name("tree")))?.spec.routes).toHaveLength(1);

  // Deleted by another user: created again.
  await grafana.other.send({ method: "DELETE", path: `${TREES}/${grafana.name("tree")}` });
  await converge(context, code);
  expect(await storedTree(grafana, grafana.name("tree"))).toBeDefined();
});

test.runIf(MARKS)("a tree of others is written only after its adoption, and a rollback restores it", async (task) => {
  const { grafana, context } = await severalTrees(task);
  const { home, ops, nights, treeOf, address } = scene(grafana);
  const code = [home, ops, nights, treeOf()];
  await converge(context, [home, ops, nights]);
  await theirs(grafana, grafana.name("tree"), "empty", [{ receiver: ops.name, continue: true }]);
  const before = (await storedTree(grafana, grafana.name("tree")))?.spec;

  expect(changeOf(await planFor(context, code), address)).toMatchObject({
    action: "adopt",
    left: { reason: "foreign" },
  });

  const directory = await runsFolder();
  const adopting = await planFor(context, code, { adopt: only(address) });
  const { run } = await carriedOut(context, adopting, directory);
  expect((await storedTree(grafana, grafana.name("tree")))?.spec.defaults["receiver"]).toBe(ops.name);
  if (!run) throw new Error("a run was expected");
  await carryOut(context, await undoOf(context, run));
  expect((await storedTree(grafana, grafana.name("tree")))?.spec).toEqual(before);
  expect(changeOf(await planFor(context, code), address).left?.reason).toBe("foreign");
});

test.runIf(MARKS)("a rollback of a deletion creates the tree again, and one of a creation deletes it", async (task) => {
  const { grafana, context } = await severalTrees(task);
  const { home, ops, nights, treeOf } = scene(grafana);
  const directory = await runsFolder();
  const base = [home, ops, nights];
  await converge(context, base);
  const { run: creation } = await carriedOut(context, await planFor(context, [...base, treeOf()]), directory);
  const spec = (await storedTree(grafana, grafana.name("tree")))?.spec;
  const { run: deletion } = await carriedOut(context, await planFor(context, base, { prune: true }), directory);
  expect(await storedTree(grafana, grafana.name("tree"))).toBeUndefined();

  if (!creation || !deletion) throw new Error("runs were expected");
  await carryOut(context, await undoOf(context, deletion));
  expect((await storedTree(grafana, grafana.name("tree")))?.spec).toEqual(spec);
  expect((await planFor(context, [...base, treeOf()])).plan.changes).toEqual([]);
  await carryOut(context, await undoOf(context, creation));
  expect(await storedTree(grafana, grafana.name("tree"))).toBeUndefined();
});

test.runIf(MARKS)("a tree that changes between the plan and the write is a conflict", async (task) => {
  const { grafana, context } = await severalTrees(task);
  const { home, ops, nights, treeOf, address } = scene(grafana);
  await converge(context, [home, ops, nights, treeOf()]);
  const prepared = await planFor(context, [home, ops, nights, treeOf({ group_wait: "1m" })]);
  await theirs(grafana, grafana.name("tree"), "empty");

  const outcomes = await carryOut(prepared.context, prepared);
  expect(statuses(outcomes)).toEqual({ [address]: "conflict" });
  expect((await storedTree(grafana, grafana.name("tree")))?.spec.defaults["receiver"]).toBe("empty");

  const creating = await planFor(context, [home, ops, nights, treeOf({ name: grafana.name("new") })]);
  await theirs(grafana, grafana.name("new"), "empty");
  const created = await carryOut(creating.context, creating);
  expect(statuses(created)).toEqual({ [`notification-policy/${grafana.name("new")}`]: "conflict" });
});

test.runIf(MARKS)("renaming a contact point updates the tree, also if Grafana renames its references", async (task) => {
  const { grafana, context } = await severalTrees(task);
  const { home, ops, nights, treeOf } = scene(grafana);
  await converge(context, [home, ops, nights, treeOf()]);
  const renamed = contactPoint({ ...ops, name: grafana.name("renamed") });
  const routes = [{ receiver: renamed, object_matchers: [["severity", "=", "low"] as const] }];
  await converge(context, [home, renamed, nights, treeOf({ receiver: renamed, routes })], { prune: true });

  const { spec } = (await storedTree(grafana, grafana.name("tree"))) ?? {};
  expect([spec?.defaults["receiver"], spec?.routes[0]?.["receiver"]]).toEqual([renamed.name, renamed.name]);
});

test.runIf(MARKS)("what a tree of others or a rule uses is not deleted", async (task) => {
  const { grafana, context } = await severalTrees(task);
  const { home, ops, nights, treeOf, address } = scene(grafana);
  const first = treeOf({ routes: [] });
  await converge(context, [home, ops, nights, first]);
  await theirs(grafana, grafana.name("foreign"), ops.name, [
    { continue: true, mute_time_intervals: [nights.name], matchers: [{ label: "a", type: "=", value: "b" }] },
  ]);
  const labels = { [TREE_LABEL]: grafana.name("tree") };
  const rule = {
    uid: grafana.name("rule"),
    title: "rule",
    condition: "A",
    for: "0s",
    labels,
    noDataState: "NoData",
    execErrState: "Error",
    folderUID: home.uid,
    ruleGroup: "theirs",
    data: [{ refId: "A", datasourceUid: "__expr__", model: { type: "math", expression: "1 > 0" } }],
  };
  await grafana.other.send({
    method: "PUT",
    path: groupPath(home.uid ?? "", "theirs"),
    body: { title: "theirs", folderUid: home.uid, interval: 60, rules: [rule] },
  });

  const { plan } = await planFor(context, [home], { prune: true });
  const left = plan.changes.map((change) => [`${change.kind}/${change.id}`, change.left?.reason]);
  expect(new Map(left as [string, string][])).toEqual(
    new Map([
      [address, "not-empty"],
      [`contact-point/${ops.name}`, "not-empty"],
      [`mute-timing/${nights.name}`, "not-empty"],
    ]),
  );
  expect([await get(grafana, TIMINGS), await get(grafana, POINTS)].map(Boolean)).toEqual([true, true]);
});

test.runIf(MARKS)("a rule can refer to a tree that the code does not define", async (task) => {
  const { grafana, context } = await severalTrees(task);
  const { home } = scene(grafana);
  const named = (name: string) =>
    group(home, "pages", [alert(grafana.name("page"), { notificationPolicy: existing.notificationPolicy(name) })]);
  await theirs(grafana, grafana.name("foreign"), "empty");

  await converge(context, [home, named(grafana.name("foreign"))]);
  const missing = planFor(context, [home, named(grafana.name("missing"))]);
  await expect(missing).rejects.toMatchObject({
    faults: [{ code: "code-reference-missing", path: "rules[0].notificationPolicy" }],
  });
});

test.runIf(ONCE && process.env["TEST_GRAFANA_URL"] === undefined)(
  "a plan skips a tree that the credentials can't write, and credentials without access to trees manage the default one",
  async () => {
    const server = await sandbox(undefined, "unified", TOGGLES);
    const provisioning = {
      "alert.notifications.provisioning:read": [""],
      "alert.notifications.provisioning:write": [""],
    };
    const folders = { "folders:read": ["*"], "folders:write": ["*"], "folders:create": ["*"] };
    const token = server.token({ permissions: { ...provisioning, ...folders } });
    const client = await createClient({ url: server.url, credentials: { type: "token", token } });
    onTestFinished(() => client.close());
    const grafana = await connect(client, "team");
    const context = { grafana, owner: "team", ledger: EMPTY_LEDGER, secrets: NO_SECRETS, settings: {} };
    const home = place("home");
    const policy = notificationPolicy({ receiver: existing.contactPoint("empty"), group_by: ["team"] });
    await converge(context, [home, policy]);

    const named = notificationPolicy({ name: "tree", receiver: existing.contactPoint("empty") });
    const left = changeOf(await planFor(context, [home, policy, named]), "notification-policy/tree").left;
    expect(left?.reason).toBe("forbidden");
    expect(left?.message).toContain("alert.notifications:write");
  },
);

test.runIf(ONCE)("faults of names and of rules with a tree", async () => {
  const grafana = await alertingGrafana({ toggles: TOGGLES });
  const context = await grafana.context(grafana.name("team"));
  const { home, ops, nights, treeOf } = scene(grafana);
  const faultsOf = async (...code: { kind: string }[]) => {
    const error: unknown = await planFor(context, [home, ops, nights, ...code]).then(
      () => undefined,
      (problem: unknown) => problem,
    );
    return error instanceof InvalidCodeError ? error.faults.map(({ code: name, path }) => [name, path]) : error;
  };
  for (const name of ["default", "user-defined", "a/b", "", " a", "x".repeat(64)])
    expect(await faultsOf(treeOf({ name })), name).toEqual([["code-property-invalid", "name"]]);
  const own = treeOf();
  const page = { title: "page", query: { refId: "A", model: { type: "math", expression: "1" } }, when: above(0) };
  const direct = alertRule({ ...page, notificationPolicy: own, notification_settings: { receiver: ops } });
  const labelled = alertRule({ ...page, notificationPolicy: own, labels: { [TREE_LABEL]: "other" } });
  for (const rule of [direct, labelled])
    expect(await faultsOf(own, group(home, "pages", [rule]))).toEqual([
      ["code-resource-invalid", "rules[0].notificationPolicy"],
    ]);
  const policy = notificationPolicy({ receiver: ops }) as NamedNotificationPolicy;
  expect(await faultsOf(policy, group(home, "pages", [alertRule({ ...page, notificationPolicy: policy })]))).toEqual([
    ["code-property-invalid", "rules[0].notificationPolicy"],
  ]);
  expect(await faultsOf(own, treeOf())).toEqual([["code-resource-duplicate", undefined]]);
});
