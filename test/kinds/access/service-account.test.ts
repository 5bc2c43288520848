import { describe, expect, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import { serviceAccount, type ServiceAccount } from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { actions, carryOut, changeOf, statuses } from "../../engine/support.ts";
import { converge, only, planFor } from "../../helpers/converge.ts";
import { testGrafana } from "../../helpers/grafana.ts";
import { DRIFT, MARKS, origin } from "../../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../../rollback/support.ts";
import { dropAccount, findAccount } from "./support.ts";

async function scene() {
  const grafana = await testGrafana();
  const name = grafana.name("ci");
  dropAccount(grafana, name);
  const context = await grafana.context(grafana.name("own"));
  const of = (fields: Partial<Omit<ServiceAccount, "kind">> = {}) =>
    serviceAccount({ name, role: "Viewer", ...fields });
  const patch = async (body: object) => {
    const account = await findAccount(grafana, name);
    await grafana.other.send({ method: "PATCH", path: `/api/serviceaccounts/${account?.id}`, body });
  };
  const make = async () => {
    await grafana.other.send({ method: "POST", path: "/api/serviceaccounts", body: { name, role: "Admin" } });
  };
  return { grafana, context, name, of, patch, make, address: `service-account/${name}` };
}

describe("in Grafana, a service account", () => {
  test("is created, changed, and not written without a change", async () => {
    const { grafana, context, name, of, address } = await scene();
    await converge(context, [of({ role: "Editor" })]);
    expect(await findAccount(grafana, name)).toMatchObject({ role: "Editor", isDisabled: false });

    const { plan } = await converge(context, [of({ role: "None", disabled: true })]);
    expect(plan.changes.find((one) => `${one.kind}/${one.id}` === address)).toMatchObject({
      origin: origin("code"),
      revokes: expect.stringMatching(/from Editor to None.*disables/) as unknown,
      differences: [{ path: "role" }, { path: "disabled" }],
    });
    expect(await findAccount(grafana, name)).toMatchObject({ role: "None", isDisabled: true });

    const raised = await planFor(context, [of({ role: "Admin" })]);
    expect(changeOf(raised, address)).not.toHaveProperty("revokes");
    const before = grafana.requests.length;
    await converge(context, [of({ role: "None", disabled: true })]);
    expect(grafana.requests.slice(before).filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test("that was changed in Grafana is drift, and one that was changed since the plan is a conflict", async () => {
    const { grafana, context, name, of, patch, address } = await scene();
    await converge(context, [of()]);
    await patch({ role: "Admin" });
    const drifted = await planFor(context, [of()], { overwriteDrift: only(address) });
    expect(changeOf(await planFor(context, [of()]), address)).toMatchObject({ origin: origin("grafana") });
    expect(changeOf(await planFor(context, [of()]), address).left?.reason).toBe(DRIFT);

    await patch({ isDisabled: true });
    expect(statuses(await carryOut(context, drifted))).toEqual({ [address]: "conflict" });
    await converge(context, [of()], { overwriteDrift: only(address) });
    expect(await findAccount(grafana, name)).toMatchObject({ role: "Viewer", isDisabled: false });
  });

  test("that was created since the plan is a conflict", async () => {
    const { context, of, make, address } = await scene();
    const creation = await planFor(context, [of()]);
    await make();
    expect(statuses(await carryOut(context, creation))).toEqual({ [address]: "conflict" });
  });

  test.runIf(MARKS)("of another user is changed and deleted only after its adoption [needs marks]", async () => {
    const { grafana, context, name, of, make, address } = await scene();
    await make();
    expect(actions(await planFor(context, [of()]))).toEqual({ [address]: "left: foreign" });
    await converge(context, [of()], { adopt: only(address) });
    const account = await findAccount(grafana, name);
    await grafana.other.send({
      method: "POST",
      path: `/api/serviceaccounts/${account?.id}/tokens`,
      body: { name: grafana.name("token") },
    });

    const deletion = await planFor(context, [], { prune: true });
    expect(changeOf(deletion, address)).toMatchObject({
      action: "delete",
      sideEffect: expect.stringContaining("revokes 1 token") as unknown,
    });
    await converge(context, [], { prune: true });
    expect(await findAccount(grafana, name)).toBeUndefined();
  });

  test("is restored by a rollback of its change, and deleted by a rollback of its creation", async () => {
    const { grafana, context, name, of } = await scene();
    const runs = await runsFolder();
    const creation = await carriedOut(context, await planFor(context, [of({ role: "Editor" })]), runs);
    const change = await carriedOut(context, await planFor(context, [of({ disabled: true })]), runs);
    if (!change.run || !creation.run) throw new Error("two runs were expected");

    await carriedOut(context, await undoOf(context, change.run), runs);
    expect(await findAccount(grafana, name)).toMatchObject({ role: "Editor", isDisabled: false });
    await carriedOut(context, await undoOf(context, creation.run), runs);
    expect(await findAccount(grafana, name)).toBeUndefined();
  });
});

test.each([
  ["an empty name", { name: "" }, "name", /empty/],
  ["an unknown role", { role: "Owner" }, "role", /Viewer/],
  ["a misspelled property", { disbled: true }, "disbled", /unknown property/],
])("a service account in the code with %s is a fault with its place", (_what, fields, path, message) => {
  const value = { kind: "service-account", name: "ci", role: "Viewer", ...fields };
  const source = { file: "a.ts", export: "ci" };
  const { faults } = desire([{ kind: value.kind, value, source }], kinds, "own");
  expect(faults.map((one) => ({ path: one.path, message: one.message }))).toEqual([
    { path, message: expect.stringMatching(message) as unknown },
  ]);
});
