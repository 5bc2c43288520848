import { describe, expect, test } from "vitest";
import { execute } from "../../src/engine/pipeline.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { Forbidden, NotFound } from "../../src/grafana/errors.ts";
import { contactPoint, existing, folder, notificationPolicy } from "../../src/index.ts";
import { consentOf, converge, goalFor, only, planFor, workspaceOf } from "../helpers/converge.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";
import { alert, alertingGrafana, group, hook, POLICIES, theirTree, tree } from "./support.ts";

const RECEIVERS = "/apis/notifications.alerting.grafana.app/v0alpha1/namespaces/default/receivers";
const CONFIGURATION = "/api/alertmanager/grafana/config";

async function scene() {
  const grafana = await alertingGrafana();
  const context = await grafana.context(grafana.name("own"));
  const home = folder({ uid: grafana.name("home"), title: grafana.name("home") });
  const ops = contactPoint({ name: grafana.name("ops"), integrations: [hook()] });
  const policy = (root: string) =>
    notificationPolicy({
      receiver: existing.contactPoint(root),
      group_by: ["grafana_folder", "alertname"],
      routes: [{ receiver: ops, object_matchers: [["team", "=", "x"]] }],
    });
  return { grafana, context, home, ops, policy };
}

describe("a contact point without integrations", () => {
  test("is accepted as an existing one: Grafana's default receiver in a tree and in a rule", async () => {
    const { grafana, context, home, ops, policy } = await scene();
    const rule = alert(grafana.name("rule"), { notification_settings: { receiver: existing.contactPoint("empty") } });
    await converge(context, [home, ops, policy("empty"), group(home, "g", [rule])]);
    expect(await tree(grafana)).toMatchObject({ receiver: "empty", routes: [{ receiver: ops.name }] });
  });

  test("can be the root of a tree that is adopted", async () => {
    const { grafana, context, home, ops, policy } = await scene();
    await converge(context, [home, ops]);
    await theirTree(grafana, {
      receiver: "empty",
      routes: [{ receiver: ops.name, object_matchers: [["a", "=", "b"]] }],
    });
    const { plan } = await planFor(context, [home, ops, policy("empty")]);
    expect(plan.changes).toMatchObject([
      MARKS ? { action: "adopt", left: { reason: "foreign" } } : { action: "update" },
    ]);
    await converge(context, [home, ops, policy("empty")], { adopt: only("notification-policy/default") });
    expect(await tree(grafana)).toMatchObject({ routes: [{ object_matchers: [["team", "=", "x"]] }] });
  });

  test("is looked up in Grafana, and is missing if Grafana does not have it", async () => {
    const { context, home, ops, policy } = await scene();
    await expect(planFor(context, [home, ops, policy("no such")])).rejects.toMatchObject({
      exitCode: 65,
      faults: [{ code: "code-reference-missing", path: "receiver" }],
    });
  });

  test("is known if the credentials can't read the configuration: `empty` and the root of the tree", async () => {
    const { context, home, ops, policy } = await scene();
    const unreadable = withoutConfiguration(context);
    for (const [client, root] of [
      [unreadable, "empty"],
      [withRoot(unreadable, "bare"), "bare"],
    ] as const) {
      const { plan } = await planFor(client, [home, ops, policy(root)]);
      expect(plan.changes.map(({ kind }) => kind)).toContain("notification-policy");
    }
    await expect(planFor(unreadable, [home, ops, policy("no such")])).rejects.toMatchObject({
      exitCode: 65,
      faults: [{ code: "code-reference-missing", path: "receiver" }],
    });
  });

  test("may exist in a new organization, which has no configuration yet", async () => {
    const { context, home, ops, policy } = await scene();
    const said = "could not find an Alertmanager configuration";
    const unconfigured = sending(context, ({ path }) => {
      if (path.startsWith(CONFIGURATION)) throw new NotFound(said, { exitCode: 1, status: 404, said });
    });
    const { plan } = await planFor(unconfigured, [home, ops, policy("later")]);
    expect(plan.changes.map(({ kind }) => kind)).toContain("notification-policy");
  });

  test.runIf(process.env["TEST_GRAFANA_URL"] !== undefined && KUBERNETES)(
    "was created by another client [needs a real Grafana]",
    async () => {
      const { grafana, context, home, ops, policy } = await scene();
      const title = grafana.name("nothing");
      const body = {
        apiVersion: "notifications.alerting.grafana.app/v0alpha1",
        kind: "Receiver",
        metadata: {},
        spec: { title, integrations: [] },
      };
      await grafana.other.send({ method: "POST", path: RECEIVERS, body });
      await converge(context, [home, ops, policy(title)]);
      expect(await tree(grafana)).toMatchObject({ receiver: title });
    },
  );
});

test("a tree that equals Grafana's default one is applied once, and pruned", async () => {
  const { grafana, context, home } = await scene();
  const policy = notificationPolicy({
    receiver: existing.contactPoint("empty"),
    group_by: ["grafana_folder", "alertname"],
  });
  await converge(context, [home, policy]);
  await converge(context, [home], { prune: true });
  expect(await tree(grafana)).toMatchObject({ receiver: "empty" });
});

test("a root that another user changes from the default receiver during an apply is a conflict, not a renaming", async () => {
  const { grafana, context, home, ops, policy } = await scene();
  await converge(context, [home, ops, policy("empty")]);
  const changed = notificationPolicy({ receiver: existing.contactPoint("empty"), routes: [{ receiver: ops }] });
  let meddled = false;
  const meddling = sending(context, async ({ method, path }) => {
    if (method !== "GET" || path !== POLICIES || !meddled) return;
    meddled = false;
    await theirTree(grafana, { ...(await tree(grafana)), provenance: undefined, receiver: ops.name });
  });
  const goal = goalFor(context.owner, [home, ops, changed], {});
  const { outcomes } = await execute(workspaceOf(meddling), {
    goal: { ...goal, compare: async (...args) => ((meddled = true), goal.compare(...args)) },
    consent: consentOf({}),
    concurrency: 1,
    emit: () => {},
  });
  expect(outcomes).toMatchObject([{ status: "conflict", error: { exitCode: 7 } }]);
  expect(await tree(grafana)).toMatchObject({ receiver: ops.name });
});

/** Runs `before` before each request. */
function sending(
  context: KindContext,
  before: (request: { method: string; path: string }) => Promise<void> | void,
): KindContext {
  const { client } = context.grafana;
  const send: typeof client.send = async (request) => {
    await before(request);
    return client.send(request);
  };
  return { ...context, grafana: { ...context.grafana, client: { ...client, send } } };
}

/** A Grafana whose tree has this receiver, which the list of contact points omits. */
function withRoot(context: KindContext, receiver: string): KindContext {
  const { client } = context.grafana;
  const send: typeof client.send = async (request) => {
    const answer = await client.send(request);
    return request.method === "GET" && request.path === POLICIES ? { ...(answer as object), receiver } : answer;
  };
  return { ...context, grafana: { ...context.grafana, client: { ...client, send } } };
}

function withoutConfiguration(context: KindContext): KindContext {
  return sending(context, ({ path }) => {
    if (path.startsWith(CONFIGURATION)) throw new Forbidden("not allowed", { exitCode: 3, status: 403 });
  });
}
