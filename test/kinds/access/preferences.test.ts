import { describe, expect, onTestFinished, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import { dashboard, organizationPreferences, type OrganizationPreferences } from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { actions, carryOut, changeOf, statuses } from "../../engine/support.ts";
import { converge, only, planFor } from "../../helpers/converge.ts";
import { testGrafana } from "../../helpers/grafana.ts";
import { DRIFT, MARKS, origin } from "../../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../../rollback/support.ts";

const NAME = "organization-preferences/organization";
const PATH = "/api/org/preferences";
const NOTHING = { theme: "", timezone: "", weekStart: "", homeDashboardUID: "", language: "" };

async function scene() {
  const grafana = await testGrafana();
  const edit = (body: object) => grafana.other.send({ method: "PUT", path: PATH, body });
  onTestFinished(async () => void (await edit(NOTHING)));
  return {
    grafana,
    context: await grafana.context(grafana.name("own")),
    edit,
    stored: () => grafana.other.send({ method: "GET", path: PATH }),
    of: (fields: Omit<OrganizationPreferences, "kind">) => organizationPreferences(fields),
  };
}

// A Grafana has one set of preferences, so these tests run one after the other.
describe("in Grafana, the preferences of the organization", () => {
  test("are set after the home dashboard, changed, and not written without a change", async () => {
    const { grafana, context, stored, of } = await scene();
    const home = dashboard({ uid: grafana.name("home"), spec: { title: grafana.name("home") } });
    await converge(context, [of({ theme: "dark", timezone: "utc", weekStart: "monday", homeDashboard: home }), home]);
    expect(await stored()).toEqual({
      homeDashboardUID: home.uid,
      timezone: "utc",
      weekStart: "monday",
      theme: "dark",
    });

    const changed = of({ timezone: "Europe/Berlin", language: "de-DE" });
    const { plan } = await converge(context, [changed, home]);
    const change = plan.changes.find(({ kind }) => kind === "organization-preferences");
    expect(change).toMatchObject({ action: "update", origin: origin("code") });
    expect(await stored()).toEqual({ timezone: "Europe/Berlin", language: "de-DE" });

    const before = grafana.requests.length;
    await converge(context, [changed, home]);
    expect(grafana.requests.slice(before).filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test("keep what the code can't set", async () => {
    const { context, edit, stored, of } = await scene();
    const queryHistory = { homeTab: "starred" };
    await edit({ queryHistory });
    onTestFinished(async () => void (await edit({ ...NOTHING, queryHistory: { homeTab: "" } })));
    await converge(context, [of({ theme: "light" })]);
    expect(await stored()).toEqual({ theme: "light", queryHistory });
  });

  test("that were changed in Grafana are drift, and those that were changed since the plan a conflict", async () => {
    const { context, edit, stored, of } = await scene();
    await converge(context, [of({ theme: "dark" })]);
    await edit({ theme: "light" });
    const change = changeOf(await planFor(context, [of({ theme: "dark" })]), NAME);
    expect(change.left?.reason).toBe(DRIFT);
    expect(change).toMatchObject({ origin: origin("grafana"), differences: [{ path: "theme" }] });

    const prepared = await planFor(context, [of({ theme: "dark" })], { overwriteDrift: only(NAME) });
    await edit({ theme: "system" });
    expect(statuses(await carryOut(context, prepared))).toEqual({ [NAME]: "conflict" });
    await converge(context, [of({ theme: "dark" })], { overwriteDrift: only(NAME) });
    expect(await stored()).toEqual({ theme: "dark" });
  });

  test.runIf(MARKS)("of another user are adopted only with consent, and reset by a prune [needs marks]", async () => {
    const { context, edit, stored, of } = await scene();
    await edit({ theme: "light" });
    expect(actions(await planFor(context, [of({ theme: "dark" })]))).toEqual({ [NAME]: "left: foreign" });
    await converge(context, [of({ theme: "dark" })], { adopt: only(NAME) });
    await converge(context, [], { prune: true });
    expect(await stored()).toEqual({});
  });

  test("are restored by a rollback of a change and of a creation", async () => {
    const { context, stored, of } = await scene();
    const runs = await runsFolder();
    const creation = await carriedOut(context, await planFor(context, [of({ theme: "dark" })]), runs);
    const change = await carriedOut(context, await planFor(context, [of({ timezone: "utc" })]), runs);
    if (!change.run || !creation.run) throw new Error("two runs were expected");
    await carriedOut(context, await undoOf(context, change.run), runs);
    expect(await stored()).toEqual({ theme: "dark" });
    await carriedOut(context, await undoOf(context, creation.run), runs);
    expect(await stored()).toEqual({});
  });
});

test.each([
  ["no preference", {}, "", /at least one/],
  ["an unknown theme", { theme: "pink" }, "theme", /light/],
  ["an unknown time zone", { timezone: "Mars/Base" }, "timezone", /Europe\/Berlin/],
  ["an unknown start of the week", { weekStart: "friday" }, "weekStart", /monday/],
  ["a uid as the home dashboard", { homeDashboard: "home" }, "homeDashboard", /existing\.dashboard/],
])("preferences in the code with %s are a fault with its place", (_what, fields, path, message) => {
  const value = { kind: "organization-preferences", ...fields };
  const { faults } = desire([{ kind: value.kind, value, source: { file: "o.ts", export: "default" } }], kinds, "own");
  expect(faults.map((one) => ({ path: one.path ?? "", message: one.message }))).toEqual([
    { path, message: expect.stringMatching(message) as unknown },
  ]);
});
