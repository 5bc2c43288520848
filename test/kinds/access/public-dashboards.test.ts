import { describe, expect, onTestFinished, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import { dashboard, existing, folder, publicDashboards, type PublicDashboards } from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { EXIT } from "../../../src/util/errors.ts";
import { actions, carryOut, changeOf, statuses } from "../../engine/support.ts";
import { converge, only, planFor } from "../../helpers/converge.ts";
import { testGrafana } from "../../helpers/grafana.ts";
import { DRIFT, MARKS, origin } from "../../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../../rollback/support.ts";

const NAME = "public-dashboards/organization";

interface Stored {
  readonly uid: string;
  readonly accessToken: string;
  readonly isEnabled: boolean;
  readonly timeSelectionEnabled: boolean;
}

async function scene() {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const [one, two] = ["one", "two"].map((stem) =>
    dashboard({ uid: grafana.name(stem), spec: { title: grafana.name(stem) } }),
  );
  if (!one || !two) throw new Error("two dashboards were expected");
  const path = (uid = "") => `/api/dashboards/uid/${uid}/public-dashboards`;
  const read = async (uid = "") => (await grafana.other.send({ method: "GET", path: path(uid) })) as Stored;
  const share = (uid = "") =>
    grafana.other.send({ method: "POST", path: path(uid), body: { isEnabled: true, share: "public" } });
  const pause = async (uid = "", isEnabled = false) =>
    grafana.other.send({ method: "PATCH", path: `${path(uid)}/${(await read(uid)).uid}`, body: { isEnabled } });
  const shown = async () => {
    const list = "/api/dashboards/public-dashboards";
    const { publicDashboards: all } = (await grafana.other.send({ method: "GET", path: list })) as {
      publicDashboards: { dashboardUid: string; isEnabled: boolean }[];
    };
    return all.flatMap(({ dashboardUid, isEnabled }) => (isEnabled ? [dashboardUid] : [])).toSorted();
  };
  // Other tests see the list of the organization.
  onTestFinished(async () => {
    for (const uid of await shown()) await pause(uid);
  });
  const of = (...dashboards: PublicDashboards["dashboards"]) => publicDashboards({ dashboards });
  return { grafana, context, one, two, read, share, pause, shown, of };
}

// A Grafana has one list, so these tests run one after the other.
describe("in Grafana, public dashboards", () => {
  test("are exactly those of the code, and keep their links while they are off", async () => {
    const { grafana, context, one, two, read, shown, of } = await scene();
    const { plan: first } = await converge(context, [of(one, { dashboard: two, timeSelection: true }), one, two]);
    expect(first.changes.find(({ kind }) => kind === "public-dashboards")).toMatchObject({ action: "create" });
    expect(await shown()).toEqual(expect.arrayContaining([one.uid, two.uid]));
    expect(await read(two.uid)).toMatchObject({ timeSelectionEnabled: true });
    const { accessToken } = await read(one.uid);

    const { plan } = await converge(context, [of(two), one, two]);
    expect(plan.changes.find(({ kind }) => kind === "public-dashboards")).toMatchObject({
      origin: origin("code"),
      revokes: expect.stringContaining(`dashboard/${one.uid}`) as unknown,
    });
    expect(await shown()).toEqual([two.uid]);
    expect(await read(two.uid)).toMatchObject({ timeSelectionEnabled: false });

    const before = grafana.requests.length;
    await converge(context, [of(two), one, two]);
    expect(grafana.requests.slice(before).filter(({ method }) => method !== "GET")).toEqual([]);
    await converge(context, [of(one), one, two]);
    expect(await read(one.uid)).toMatchObject({ accessToken, isEnabled: true });
  });

  test("can all be off by policy: one that a user shares is drift, and is turned off with consent", async () => {
    const { context, one, two, share, shown, of } = await scene();
    await converge(context, [of(two), one, two]);
    await converge(context, [of(), one, two]);
    expect(await shown()).toEqual([]);
    await share(one.uid);

    const change = changeOf(await planFor(context, [of(), one, two]), NAME);
    expect(change.left?.reason).toBe(DRIFT);
    expect(change.revokes).toContain(`dashboard/${one.uid}`);
    await converge(context, [of(), one, two], { overwriteDrift: only(NAME) });
    expect(await shown()).toEqual([]);
  });

  test("that were shared since the plan are a conflict", async () => {
    const { context, one, two, share, shown, of } = await scene();
    await converge(context, [of(two), one, two]);
    const prepared = await planFor(context, [of(), one, two]);
    await share(one.uid);
    expect(statuses(await carryOut(context, prepared))).toEqual({ [NAME]: "conflict" });
    expect(await shown()).toContain(one.uid);
  });

  test.runIf(MARKS)(
    "of other users are turned off only after an adoption, and all by a prune [needs marks]",
    async () => {
      const { context, one, two, share, shown, of } = await scene();
      await converge(context, [one, two]);
      await share(one.uid);
      expect(actions(await planFor(context, [of(two), one, two]))).toEqual({ [NAME]: "left: foreign" });
      await converge(context, [of(two), one, two], { adopt: only(NAME) });
      expect(await shown()).toEqual([two.uid]);
      await converge(context, [one, two], { prune: true });
      expect(await shown()).toEqual([]);
    },
  );

  test("are restored by a rollback of a change and of a creation", async () => {
    const { context, one, two, shown, of } = await scene();
    const runs = await runsFolder();
    await converge(context, [one, two]);
    const creation = await carriedOut(context, await planFor(context, [of(one), one, two]), runs);
    const change = await carriedOut(context, await planFor(context, [of(two), one, two]), runs);
    if (!change.run || !creation.run) throw new Error("two runs were expected");
    await carriedOut(context, await undoOf(context, change.run), runs);
    expect(await shown()).toEqual([one.uid]);
    await carriedOut(context, await undoOf(context, creation.run), runs);
    expect(await shown()).toEqual([]);
  });

  test("with a dashboard that does not exist are invalid code: exit 65", async () => {
    const { context, of } = await scene();
    await expect(planFor(context, [of(existing.dashboard("nowhere"))])).rejects.toMatchObject({
      exitCode: EXIT.invalid,
    });
  });
});

test.each([
  ["a uid", ["overview"], "dashboards[0]", /existing\.dashboard/],
  ["a folder", [folder({ uid: "f", title: "F" })], "dashboards[0]", /a dashboard object/],
  [
    "a misspelled option",
    [{ dashboard: dashboard({ uid: "a", spec: { title: "A" } }), public: true }],
    "dashboards[0]",
    /public/,
  ],
])("public dashboards in the code with %s are a fault with its place", (_what, dashboards, path, message) => {
  const value = { kind: "public-dashboards", dashboards };
  const { faults } = desire([{ kind: value.kind, value, source: { file: "p.ts", export: "default" } }], kinds, "own");
  expect(faults.map((one) => ({ path: one.path, message: one.message }))).toContainEqual({
    path,
    message: expect.stringMatching(message) as unknown,
  });
});
