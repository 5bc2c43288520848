import { describe, expect, onTestFinished, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import type { KindContext } from "../../../src/engine/kind-context.ts";
import { destroyGoal } from "../../../src/engine/destroy-goal.ts";
import { execute } from "../../../src/engine/pipeline.ts";
import { address } from "../../../src/engine/model.ts";
import { createClient } from "../../../src/grafana/client.ts";
import { connect } from "../../../src/grafana/connection.ts";
import { dashboard, existing, folder, playlist, type Playlist } from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { EXIT } from "../../../src/util/errors.ts";
import { actions, carryOut, changeOf, statuses } from "../../engine/support.ts";
import { consentOf, converge, only, planFor, workspaceOf } from "../../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { DRIFT, MARKS, MODE, origin } from "../../helpers/mode.ts";
import { withoutNewerApi } from "../../helpers/older.ts";
import { carriedOut, runsFolder, undoOf } from "../../rollback/support.ts";
import { editPlaylist, findPlaylist, makePlaylist, removePlaylist, SERVED } from "./support.ts";

const board = (uid: string) => dashboard({ uid, spec: { title: uid } });

/** A playlist of dashboards with a tag. */
function wall(uid: string, fields: Partial<Omit<Playlist, "kind" | "uid">> = {}): Playlist {
  return playlist({ uid, title: uid, interval: "5m", items: [{ tag: "production" }], ...fields });
}

async function scene(): Promise<{ grafana: TestGrafana; context: KindContext; uid: string; name: string }> {
  const grafana = await testGrafana();
  const uid = grafana.name("wall");
  return { grafana, context: await grafana.context(grafana.name("own")), uid, name: `playlist/${uid}` };
}

/** Without marks, the tool does not delete the objects of this test. */
async function cleared({ grafana, uid }: { grafana: TestGrafana; uid: string }): Promise<void> {
  if (!MARKS) await removePlaylist(grafana, uid);
}

describe.runIf(SERVED)("in Grafana", () => {
  test("is created after its dashboards, changed, and not written without a change", async () => {
    const { grafana, context, uid } = await scene();
    const [one, two] = [board(grafana.name("one")), board(grafana.name("two"))];
    await converge(context, [wall(uid, { items: [one, { tag: "production" }] }), one, two]);

    expect((await findPlaylist(grafana, uid))?.spec).toEqual({
      title: uid,
      interval: "5m",
      items: [
        { type: "dashboard_by_uid", value: one.uid },
        { type: "dashboard_by_tag", value: "production" },
      ],
    });

    const changed = wall(uid, { title: "Wall", interval: "30s", items: [two, one] });
    const { plan } = await converge(context, [changed, one, two]);
    expect(plan.changes).toMatchObject([{ kind: "playlist", id: uid, action: "update", origin: origin("code") }]);
    expect(plan.changes[0]?.differences.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["title", "interval", expect.stringContaining("items")]),
    );
    const version = (await findPlaylist(grafana, uid))?.metadata.resourceVersion;
    await converge(context, [changed, one, two]);
    expect((await findPlaylist(grafana, uid))?.metadata.resourceVersion).toBe(version);
    await cleared({ grafana, uid });
  });

  test("with the same dashboards in another order has one difference", async () => {
    const { grafana, context, uid } = await scene();
    const items = [{ tag: "a" }, { tag: "b" }, { tag: "c" }];
    await converge(context, [wall(uid, { items })]);

    const { plan } = await converge(context, [wall(uid, { items: items.toReversed() })]);

    expect(plan.changes[0]?.differences).toHaveLength(1);
    expect((await findPlaylist(grafana, uid))?.spec.items.map(({ value }) => value)).toEqual(["c", "b", "a"]);
    await cleared({ grafana, uid });
  });

  test("can contain dashboards with derived uids, and dashboards that only Grafana has", async () => {
    const { grafana, context, uid } = await scene();
    const theirs = grafana.name("theirs");
    const body = { dashboard: { uid: theirs, title: theirs } };
    await grafana.other.send({ method: "POST", path: "/api/dashboards/db", body });
    const home = folder({ uid: grafana.name("home"), title: grafana.name("home") });
    const derived = dashboard({ folder: home, spec: { title: grafana.name("Derived") } });

    const { outcomes } = await converge(context, [
      wall(uid, { items: [derived, existing.dashboard(theirs)] }),
      home,
      derived,
    ]);

    const made = outcomes.find(({ change }) => change.kind === "dashboard")?.change.id;
    const items = (await findPlaylist(grafana, uid))?.spec.items.map(({ value }) => value);
    expect(items).toEqual([made, theirs]);
    await cleared({ grafana, uid });
    await grafana.other.send({ method: "DELETE", path: `/api/dashboards/uid/${made}` });
  });

  test("with a missing dashboard is invalid code: exit 65", async () => {
    const { grafana, context, uid } = await scene();
    const items = [existing.dashboard(grafana.name("nowhere"))];
    await expect(planFor(context, [wall(uid, { items })])).rejects.toMatchObject({ exitCode: EXIT.invalid });
  });

  test("that was changed in Grafana is drift, which is overwritten only with consent", async () => {
    const { grafana, context, uid, name } = await scene();
    await converge(context, [wall(uid)]);
    await editPlaylist(grafana, uid, { interval: "1h" });

    const change = changeOf(await planFor(context, [wall(uid)]), name);
    expect(change.left?.reason).toBe(DRIFT);
    expect(change).toMatchObject({ origin: origin("grafana"), differences: [{ path: "interval" }] });
    await converge(context, [wall(uid)], { overwriteDrift: only(name) });
    expect((await findPlaylist(grafana, uid))?.spec["interval"]).toBe("5m");
    await cleared({ grafana, uid });
  });

  test("that was changed or created since the plan is a conflict", async () => {
    const { grafana, context, uid, name } = await scene();
    const creation = await planFor(context, [wall(uid)]);
    await makePlaylist(grafana, uid);
    expect(statuses(await carryOut(context, creation))).toEqual({ [name]: "conflict" });
    await removePlaylist(grafana, uid);

    await converge(context, [wall(uid)]);
    const update = await planFor(context, [wall(uid, { interval: "1m" })]);
    await editPlaylist(grafana, uid, { title: "Theirs" });
    expect(statuses(await carryOut(context, update))).toEqual({ [name]: "conflict" });
    expect((await findPlaylist(grafana, uid))?.spec).toMatchObject({ title: "Theirs", interval: "5m" });
    await removePlaylist(grafana, uid);
  });

  test("of another user is skipped until it is adopted", async () => {
    const { grafana, context, uid, name } = await scene();
    await makePlaylist(grafana, uid);
    const code = [wall(uid)];

    expect(actions(await planFor(context, code))).toEqual({ [name]: MARKS ? "left: foreign" : "update" });
    await converge(context, code, { adopt: only(name) });

    expect((await findPlaylist(grafana, uid))?.spec.items).toEqual([{ type: "dashboard_by_tag", value: "production" }]);
    await converge(context, [], { prune: true });
    expect((await findPlaylist(grafana, uid)) !== undefined).toBe(!MARKS);
    await cleared({ grafana, uid });
  });

  test.runIf(MARKS)(
    "that is no longer in the code is deleted with --prune, and others are kept [needs marks]",
    async () => {
      const { grafana, context, uid, name } = await scene();
      const theirs = grafana.name("theirs");
      await makePlaylist(grafana, theirs);
      await converge(context, [wall(uid)]);

      expect((await planFor(context, [])).plan.orphans).toEqual([name]);
      expect(actions(await planFor(context, [], { prune: true }))).toEqual({ [name]: "delete" });
      await editPlaylist(grafana, uid, { title: "edited" });
      expect(actions(await planFor(context, [], { prune: true }))).toEqual({ [name]: "left: drift" });
      await converge(context, [], { prune: true, overwriteDrift: only(name) });

      expect(await findPlaylist(grafana, uid)).toBeUndefined();
      expect(await findPlaylist(grafana, theirs)).toBeDefined();
      await removePlaylist(grafana, theirs);
    },
  );

  test.runIf(MARKS)("is destroyed before the dashboards that it shows [needs marks]", async () => {
    const { grafana, context, uid } = await scene();
    const one = board(grafana.name("one"));
    await converge(context, [one, wall(uid, { items: [one] })]);

    const mine = ({ id }: { readonly id: string }) => id.endsWith(grafana.name("").slice(1));
    const { outcomes } = await execute(workspaceOf(context), {
      goal: destroyGoal(mine),
      consent: consentOf({}),
      concurrency: 8,
      emit: () => {},
    });

    expect(outcomes.map(({ change, status }) => [address(change), status])).toEqual([
      [`playlist/${uid}`, "done"],
      [`dashboard/${one.uid}`, "done"],
    ]);
  });

  test("has copies in Grafana that are not owned", async () => {
    const { grafana, context, uid } = await scene();
    const copy = grafana.name("copy");
    await converge(context, [wall(uid)]);
    const { metadata, spec } = (await findPlaylist(grafana, uid)) ?? {};
    const { annotations = {}, labels = {} } = metadata ?? {};
    const body = { metadata: { name: copy, annotations, labels }, spec };
    await grafana.other.send({ method: "POST", path: "/apis/playlist.grafana.app/" + PATH, body });

    const { plan } = await planFor(context, [wall(uid)], { prune: true });
    expect(plan.changes.filter(({ id }) => id === copy)).toEqual([]);
    await removePlaylist(grafana, copy);
    await removePlaylist(grafana, uid);
  });

  test("has a change that was copied into the code: it is recorded in the mark, without a new generation", async () => {
    const { grafana, context, uid, name } = await scene();
    await converge(context, [wall(uid)]);
    await editPlaylist(grafana, uid, { interval: "1h" });
    const taken = wall(uid, { interval: "1h" });

    await carryOut(context, await planFor(context, [taken]));
    await editPlaylist(grafana, uid, { interval: "2h" });

    expect(changeOf(await planFor(context, [taken]), name).origin).toBe(origin("grafana"));
    await removePlaylist(grafana, uid);
  });

  test("is restored by a rollback of its change, and deleted by a rollback of its creation", async () => {
    const { grafana, context, uid } = await scene();
    const runs = await runsFolder();
    const creation = await carriedOut(context, await planFor(context, [wall(uid)]), runs);
    const made = await findPlaylist(grafana, uid);

    const change = await carriedOut(context, await planFor(context, [wall(uid, { interval: "1h" })]), runs);
    if (!change.run) throw new Error("a run was expected");
    await carriedOut(context, await undoOf(context, change.run), runs);
    expect((await findPlaylist(grafana, uid))?.spec).toEqual(made?.spec);
    expect(actions(await planFor(context, [wall(uid)]))).toEqual({});

    if (!creation.run) throw new Error("a run was expected");
    await carriedOut(context, await undoOf(context, creation.run), runs);
    expect(await findPlaylist(grafana, uid)).toBeUndefined();
  });

  test.runIf(MARKS)("that was deleted is restored by a rollback, and owned [needs marks]", async () => {
    const { grafana, context, uid } = await scene();
    const runs = await runsFolder();
    await converge(context, [wall(uid)]);
    const made = await findPlaylist(grafana, uid);

    const deletion = await carriedOut(context, await planFor(context, [], { prune: true }), runs);
    expect(await findPlaylist(grafana, uid)).toBeUndefined();
    if (!deletion.run) throw new Error("a run was expected");
    await carriedOut(context, await undoOf(context, deletion.run), runs);

    expect((await findPlaylist(grafana, uid))?.spec).toEqual(made?.spec);
    expect(actions(await planFor(context, [wall(uid)]))).toEqual({});
    await converge(context, [], { prune: true });
  });

  test.each([
    [
      "Viewer",
      "failed",
      { exitCode: EXIT.notAuthorised, message: expect.stringContaining("the role Editor") as unknown },
    ],
    ["Editor", "done", undefined],
  ])("is planned by a service account with the role %s, whose write is %s", async (role, status, error) => {
    const { grafana, context, uid, name } = await scene();
    const send = async (path: string, body: object) =>
      (await grafana.other.send({ method: "POST", path, body })) as { id: number; key: string };
    const { id } = await send("/api/serviceaccounts", { name: context.owner, role });
    onTestFinished(
      async () => void (await grafana.other.send({ method: "DELETE", path: `/api/serviceaccounts/${id}` })),
    );
    const { key } = await send(`/api/serviceaccounts/${id}/tokens`, { name: context.owner });
    const client = await createClient({ url: grafana.url, credentials: { type: "token", token: key } });
    onTestFinished(() => client.close());
    const limited = { ...context, grafana: await connect(client, context.owner) };

    const prepared = await planFor(limited, [wall(uid)]);
    expect(actions(prepared)).toEqual({ [name]: "create" });
    const [outcome] = await carryOut(limited, prepared);

    expect(outcome).toMatchObject({ status, ...(error ? { error } : {}) });
    if (!error) await removePlaylist(grafana, uid);
  });
});

const PATH = `${MODE === "legacy-api" ? "v0alpha1" : "v1"}/namespaces/default/playlists`;

test("can't be written to a Grafana without the API, which has none to read: exit 6", async () => {
  const grafana = await testGrafana();
  const url = MODE === "legacy-api" && grafana.real ? grafana.url : await withoutNewerApi(grafana.url);
  const client = await createClient({ url, credentials: { type: "basic", user: "admin", password: "admin" } });
  onTestFinished(() => client.close());
  const context = await grafana.context(grafana.name("own"));
  const old = { ...context, grafana: await connect(client, context.owner) };

  expect((await planFor(old, [], { prune: true })).plan.changes).toEqual([]);
  const prepared = await planFor(old, [wall(grafana.name("wall"))]);
  const [outcome] = await carryOut(old, prepared);

  expect(outcome).toMatchObject({ status: "failed", error: { exitCode: EXIT.unsupportedGrafana } });
});

describe("code", () => {
  const faultsOf = (...resources: object[]) =>
    desire(
      resources.map((value, index) => ({ kind: "playlist", value, source: { file: "p.ts", export: `all[${index}]` } })),
      kinds,
      "own",
    ).faults.map(({ path, message }) => ({ path, message }));
  const of = (fields: object) => ({
    kind: "playlist",
    uid: "wall",
    title: "Wall",
    interval: "5m",
    items: [{ tag: "a" }],
    ...fields,
  });

  test.each([
    ["an empty title", { title: " " }, "title", /empty/],
    ["an invalid uid", { uid: "a b" }, "uid", /letters, digits/],
    ["no interval", { interval: undefined }, "interval", /expected string/],
    ["an interval of zero", { interval: "0s" }, "interval", /above zero/],
    ["an interval without a unit", { interval: "30" }, "interval", /30s, 5m or 1h/],
    ["an interval with two units", { interval: "1h30m" }, "interval", /30s, 5m or 1h/],
    ["no items", { items: [] }, "items", /at least one item/],
    ["a dashboard by its uid", { items: ["fastapi"] }, "items[0]", /existing\.dashboard/],
    ["a folder as an item", { items: [folder({ uid: "f", title: "F" })] }, "items[0]", /a dashboard object/],
    ["an empty tag", { items: [{ tag: "a" }, { tag: "" }] }, "items[1]", /tag of dashboards/],
    ["a misspelled property", { titel: "Wall" }, "titel", /unknown property/],
    [
      "a dashboard that nothing exports",
      { items: [{ tag: "a" }, board("hidden")] },
      "items[1]",
      /"hidden", which no loaded file exports/,
    ],
  ])("with %s is a fault with its place", (_what, fields, path, message) => {
    expect(faultsOf(of(fields))).toEqual([{ path, message: expect.stringMatching(message) as unknown }]);
  });

  test("that is defined twice is a fault, and one without a uid has a stable derived uid", () => {
    expect(faultsOf(of({}), of({ title: "Other" }))).toMatchObject([{ path: "uid" }]);
    const { uid: _, ...derived } = of({});
    const loaded = { kind: "playlist", value: derived, source: { file: "p.ts", export: "default" } };
    const [one] = desire([loaded], kinds, "own").desired;
    // The uid is in Grafana: if a release derived a different one, it would create every playlist again.
    expect(one?.id).toBe("wall-09be0457");
  });
});
