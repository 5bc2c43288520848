import { describe, expect, test } from "vitest";
import type { KindContext } from "../../src/engine/kind-context.ts";
import {
  contactPoint,
  existing,
  muteTiming,
  notificationPolicy,
  notificationRoutes,
  type NotificationRoutes,
  type Route,
} from "../../src/index.ts";
import { Unavailable } from "../../src/grafana/errors.ts";
import { EXIT, InvalidCodeError } from "../../src/util/errors.ts";
import { textOf, type JsonObject } from "../../src/util/json.ts";
import { carryOut, changeOf, place, statuses } from "../engine/support.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS, MODE } from "../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../rollback/support.ts";
import { alertingGrafana, EDITABLE, hook, POLICIES, theirTree, tree } from "./support.ts";

const empty = existing.contactPoint("empty");

function route(value: string, more: Partial<Route> = {}): Route {
  return { receiver: empty, object_matchers: [["team", "=", value]], ...more };
}

/** A route in the notation of the provisioning API. */
function stored(value: string, more: JsonObject = {}): JsonObject {
  return { receiver: "empty", object_matchers: [["team", "=", value]], ...more };
}

/** Replaces the routes as a user of the UI. */
async function edit(grafana: TestGrafana, change: (routes: JsonObject[]) => JsonObject[]): Promise<void> {
  const { routes = [], ...rest } = await tree(grafana);
  await theirTree(grafana, { ...rest, routes: change(routes as JsonObject[]) }, EDITABLE);
}

async function teamsIn(grafana: TestGrafana): Promise<string[]> {
  const { routes = [] } = await tree(grafana);
  return (routes as JsonObject[]).map(({ object_matchers: matchers, repeat_interval: repeat }) => {
    const value = (matchers as string[][] | undefined)?.[0]?.[2] ?? "";
    return repeat === undefined ? value : `${value} ${textOf(repeat)}`;
  });
}

interface Project {
  readonly context: KindContext;
  readonly address: string;
  /** The code of the project with these routes. */
  readonly code: (routes: readonly Route[], more?: Partial<NotificationRoutes>) => { kind: string }[];
}

async function project(grafana: TestGrafana, stem: string): Promise<Project> {
  const name = grafana.name(stem);
  const home = place(name);
  return {
    context: await grafana.context(name),
    address: `notification-routes/${name}`,
    code: (routes, more = {}) => [home, ...(routes.length > 0 ? [notificationRoutes({ routes, ...more })] : [])],
  };
}

describe.runIf(MARKS)("routes of several projects in the default tree", () => {
  test("each project writes only its own, in the stated order, and removes only its own", async () => {
    const grafana = await alertingGrafana();
    await theirTree(grafana, { receiver: "empty", routes: [stored("human", { continue: true })] }, EDITABLE);
    const [a, b, c] = [await project(grafana, "a"), await project(grafana, "b"), await project(grafana, "c")];

    await converge(b.context, b.code([route("b1"), route("b2")], { order: 20 }));
    await converge(a.context, a.code([route("a1")], { order: 10 }));
    await converge(c.context, c.code([route("c1")], { order: -1 }));
    expect(await teamsIn(grafana)).toEqual(["c1", "human", "a1", "b1", "b2"]);
    for (const [one, routes, order] of [
      [a, [route("a1")], 10],
      [b, [route("b1"), route("b2")], 20],
      [c, [route("c1")], -1],
    ] as const)
      expect((await planFor(one.context, one.code(routes, { order }))).plan.changes).toEqual([]);

    const { plan } = await converge(b.context, b.code([route("b2"), route("b3")], { order: 20 }));
    expect(plan.changes.map(({ kind, action }) => [kind, action])).toEqual([["notification-routes", "update"]]);
    expect(await teamsIn(grafana)).toEqual(["c1", "human", "a1", "b2", "b3"]);
    await converge(a.context, a.code([route("a1")], { order: 30 }));
    expect(await teamsIn(grafana)).toEqual(["c1", "human", "b2", "b3", "a1"]);
    await converge(b.context, b.code([]), { prune: true });
    expect(await teamsIn(grafana)).toEqual(["c1", "human", "a1"]);
    expect((await tree(grafana))["provenance"]).toBeUndefined();
  });

  test("an edited, moved or deleted route is drift, and routes of others stay where they are", async () => {
    const grafana = await alertingGrafana();
    const a = await project(grafana, "a");
    const code = a.code([route("a1"), route("a2")]);
    await converge(a.context, code);

    await edit(grafana, ([first = {}, second = {}]) => [first, stored("human"), { ...second, repeat_interval: "2h" }]);
    const edited = changeOf(await planFor(a.context, code), a.address);
    expect(edited).toMatchObject({ origin: "grafana", left: { reason: "drift" } });
    expect(edited.differences.map(({ path }) => path).join()).toContain("repeat_interval");
    await converge(a.context, code, { overwriteDrift: only(a.address) });
    expect(await teamsIn(grafana)).toEqual(["a1", "human", "a2"]);

    await edit(grafana, (routes) => routes.toReversed());
    expect(changeOf(await planFor(a.context, code), a.address).left?.reason).toBe("drift");
    await converge(a.context, code, { overwriteDrift: only(a.address) });
    expect((await teamsIn(grafana)).filter((team) => team !== "human")).toEqual(["a1", "a2"]);

    await edit(grafana, (routes) =>
      routes.filter(
        ({ object_matchers: all }) => JSON.stringify(all).includes("human") || JSON.stringify(all).includes("a1"),
      ),
    );
    expect(changeOf(await planFor(a.context, code), a.address).left?.reason).toBe("drift");
    // A user who changes the matchers makes it a route of nobody.
    await edit(grafana, (routes) =>
      routes.map((one) => (JSON.stringify(one).includes("a1") ? { ...one, ...stored("theirs") } : one)),
    );
    await converge(a.context, code);
    expect(new Set(await teamsIn(grafana))).toEqual(new Set(["a1", "a2", "human", "theirs"]));
  });

  test("a user who moves routes of another project before those with a lower order causes drift only there", async () => {
    const grafana = await alertingGrafana();
    const [a, b] = [await project(grafana, "a"), await project(grafana, "b")];
    const codes = [a.code([route("a1")], { order: 1 }), b.code([route("b1")], { order: 2 })] as const;
    await converge(a.context, codes[0]);
    await converge(b.context, codes[1]);
    await edit(grafana, (routes) => routes.toReversed());

    expect((await planFor(a.context, codes[0])).plan.changes).toEqual([]);
    expect(changeOf(await planFor(b.context, codes[1]), b.address).left?.reason).toBe("drift");
    await converge(b.context, codes[1], { overwriteDrift: only(b.address) });
    expect(await teamsIn(grafana)).toEqual(["a1", "b1"]);
  });

  test("routes that no ledger has are adopted only on request, without being written twice", async () => {
    const grafana = await alertingGrafana();
    await theirTree(grafana, { receiver: "empty", routes: [stored("x"), stored("a1"), stored("y")] }, EDITABLE);
    const a = await project(grafana, "a");
    const code = a.code([route("a1"), route("a2")]);

    expect(changeOf(await planFor(a.context, code), a.address)).toMatchObject({
      action: "adopt",
      left: { reason: "foreign" },
    });
    const directory = await runsFolder();
    const { run } = await carriedOut(a.context, await planFor(a.context, code, { adopt: only(a.address) }), directory);
    expect(await teamsIn(grafana)).toEqual(["x", "a1", "a2", "y"]);
    expect((await planFor(a.context, code)).plan.changes).toEqual([]);
    if (!run) throw new Error("a run was expected");
    await carryOut(a.context, await undoOf(a.context, run));
    expect(await teamsIn(grafana)).toEqual(["x", "a1", "y"]);
    expect(changeOf(await planFor(a.context, code), a.address).left?.reason).toBe("foreign");
  });

  test("a rollback restores only the project's routes", async () => {
    const grafana = await alertingGrafana();
    const [a, b] = [await project(grafana, "a"), await project(grafana, "b")];
    const directory = await runsFolder();
    await converge(a.context, a.code([route("a1"), route("a2")], { order: 1 }));
    const changed = await planFor(a.context, a.code([route("a3")], { order: 5 }));
    const { run: update } = await carriedOut(a.context, changed, directory);
    await converge(b.context, b.code([route("b1")], { order: 3 }));
    await edit(grafana, (routes) => [stored("human"), ...routes]);
    expect(await teamsIn(grafana)).toEqual(["human", "b1", "a3"]);

    if (!update) throw new Error("a run was expected");
    await carryOut(a.context, await undoOf(a.context, update));
    expect(await teamsIn(grafana)).toEqual(["human", "a1", "a2", "b1"]);
    expect((await planFor(a.context, a.code([route("a1"), route("a2")], { order: 1 }))).plan.changes).toEqual([]);

    const { run: deletion } = await carriedOut(
      a.context,
      await planFor(a.context, a.code([]), { prune: true }),
      directory,
    );
    expect(await teamsIn(grafana)).toEqual(["human", "b1"]);
    if (!deletion) throw new Error("a run was expected");
    await carryOut(a.context, await undoOf(a.context, deletion));
    expect(await teamsIn(grafana)).toEqual(["human", "a1", "a2", "b1"]);
    expect((await planFor(b.context, b.code([route("b1")], { order: 3 }))).plan.changes).toEqual([]);
  });

  test("projects that apply at the same time lose no routes", async () => {
    const grafana = await alertingGrafana();
    const all = await Promise.all(["a", "b", "c", "d"].map((stem) => project(grafana, stem)));
    await theirTree(grafana, { receiver: "empty", routes: [stored("human")] }, EDITABLE);
    await Promise.all(
      all.map(({ context, code }, index) =>
        converge(context, code([route(`first${index}`), route(`second${index}`)], { order: index })),
      ),
    );
    const ordered = all.flatMap((_one, index) => [`first${index}`, `second${index}`]);
    expect(await teamsIn(grafana)).toEqual(["human", ...ordered]);
  });

  test("routes that change between the plan and the write are a conflict; routes of others are none", async () => {
    const grafana = await alertingGrafana();
    const a = await project(grafana, "a");
    await converge(a.context, a.code([route("a1")]));
    const prepared = await planFor(a.context, a.code([route("a1"), route("a2")]));
    await edit(grafana, (routes) => [stored("human"), ...routes]);
    expect(statuses(await carryOut(prepared.context, prepared))).toEqual({ [a.address]: "done" });
    expect(await teamsIn(grafana)).toEqual(["human", "a1", "a2"]);

    const again = await planFor(a.context, a.code([route("a1"), route("a3")]));
    await edit(grafana, (routes) =>
      routes.map((one) => (JSON.stringify(one).includes("a1") ? { ...one, repeat_interval: "3h" } : one)),
    );
    expect(statuses(await carryOut(again.context, again))).toEqual({ [a.address]: "conflict" });
    expect(await teamsIn(grafana)).toEqual(["human", "a1 3h", "a2"]);
  });

  test("what the routes use is written before them and deleted after them", async () => {
    const grafana = await alertingGrafana();
    const a = await project(grafana, "a");
    const ops = contactPoint({
      name: grafana.name("ops"),
      integrations: [hook(undefined, { uid: grafana.name("ops") })],
    });
    const nights = muteTiming({ name: grafana.name("nights"), time_intervals: [{ weekdays: ["monday"] }] });
    const routes = (receiver: typeof ops) => [route("a1", { receiver, mute_time_intervals: [nights] })];
    await converge(a.context, [...a.code(routes(ops)), ops, nights]);
    const renamed = contactPoint({ ...ops, name: grafana.name("renamed") });
    await converge(a.context, [...a.code(routes(renamed)), renamed, nights], { prune: true });
    expect(((await tree(grafana))["routes"] as JsonObject[])[0]?.["receiver"]).toBe(renamed.name);
    const { outcomes } = await converge(a.context, a.code([]), { prune: true });
    const deleted = outcomes.map(({ change }) => change.kind);
    expect(deleted[0]).toBe("notification-routes");
    expect(deleted.toSorted()).toEqual(["contact-point", "mute-timing", "notification-routes"]);
    expect(await teamsIn(grafana)).toEqual([]);
  });

  test("a tree that another owner manages as a whole is not written", async () => {
    const grafana = await alertingGrafana();
    const [a, b] = [await project(grafana, "a"), await project(grafana, "b")];
    // Another tool, which sets a provenance.
    await theirTree(grafana, { receiver: "empty", routes: [stored("theirs")] });
    expect(changeOf(await planFor(a.context, a.code([route("a1")])), a.address).left?.reason).toBe("locked");
    await grafana.other.send({ method: "DELETE", path: POLICIES });

    // Another project.
    const whole = notificationPolicy({ receiver: empty, routes: [route("whole")] });
    const context = { ...b.context, settings: { provenance: "none" as const } };
    await converge(context, [...b.code([]), whole]);
    const left = changeOf(await planFor(a.context, a.code([route("a1")])), a.address).left;
    expect(left?.reason).toBe("locked");
    expect(left?.message).toContain(b.context.owner);
    await converge(context, b.code([]), { prune: true });

    // And the other way round.
    await converge(a.context, a.code([route("a1")]));
    const all = { all: true, addresses: new Set<string>() };
    const whole2 = await planFor(context, [...b.code([]), whole], { adopt: all });
    const refused = changeOf(whole2, "notification-policy/default").left;
    expect(refused?.reason).toBe("obstacle");
    expect(refused?.message).toContain(a.context.owner);

    // A tree that gets a provenance later.
    await theirTree(grafana, await tree(grafana));
    expect(changeOf(await planFor(a.context, a.code([route("a2")])), a.address).left?.reason).toBe("obstacle");
    const pruning = await planFor(a.context, a.code([]), { prune: true });
    expect(changeOf(pruning, a.address).left?.reason).toBe("not-empty");
  });

  test("a Grafana without versions of the tree gets the same routes", async () => {
    const grafana = await alertingGrafana();
    const a = await project(grafana, "a");
    const collection: KindContext["grafana"]["collection"] = async () => undefined;
    const context = { ...a.context, grafana: { ...a.context.grafana, collection } };
    await theirTree(grafana, { receiver: "empty", routes: [stored("human")] }, EDITABLE);
    await converge(context, a.code([route("a1"), route("a2")]));
    expect(await teamsIn(grafana)).toEqual(["human", "a1", "a2"]);
    // Both APIs recognize the same routes.
    expect((await planFor(a.context, a.code([route("a1"), route("a2")]))).plan.changes).toEqual([]);
  });

  test("a write whose response is lost is not made twice", async () => {
    const grafana = await alertingGrafana();
    const a = await project(grafana, "a");
    let lost = 0;
    const collection: KindContext["grafana"]["collection"] = async (api) => {
      const all = await a.context.grafana.collection(api);
      return (
        all && {
          ...all,
          async update(...change) {
            const written = await all.update(...change);
            if (lost++ === 0)
              throw new Unavailable("connection reset", { exitCode: EXIT.failure, outcomeUnknown: true });
            return written;
          },
        }
      );
    };
    const context = { ...a.context, grafana: { ...a.context.grafana, collection } };
    await converge(context, a.code([route("a1"), route("a2")]));
    expect([lost, await teamsIn(grafana)]).toEqual([1, ["a1", "a2"]]);
  });

  test("a change of the order that failed after its announcement is made by the next apply, without drift", async () => {
    const grafana = await alertingGrafana();
    await theirTree(grafana, { receiver: "empty", routes: [stored("human")] }, EDITABLE);
    const [a, b] = [await project(grafana, "a"), await project(grafana, "b")];
    await converge(b.context, b.code([route("b1")], { order: 20 }));
    await converge(a.context, a.code([route("a1")], { order: 30 }));
    const failing = (): KindContext => {
      const collection: KindContext["grafana"]["collection"] = async (api) => {
        const all = await a.context.grafana.collection(api);
        return (
          all && {
            ...all,
            update: () =>
              Promise.reject(new Unavailable("connection reset", { exitCode: EXIT.failure, outcomeUnknown: true })),
          }
        );
      };
      return { ...a.context, grafana: { ...a.context.grafana, collection } };
    };
    for (const [order, before, after] of [
      [-1, ["human", "b1", "a1"], ["a1", "human", "b1"]],
      [30, ["a1", "human", "b1"], ["human", "b1", "a1"]],
      [10, ["human", "b1", "a1"], ["human", "a1", "b1"]],
    ] as const) {
      const code = a.code([route("a1")], { order });
      const context = failing();
      await carryOut(context, await planFor(context, code));
      expect(await teamsIn(grafana)).toEqual(before);
      expect((await planFor(b.context, b.code([route("b1")], { order: 20 }))).plan.changes).toEqual([]);
      const { plan } = await converge(a.context, code);
      expect(plan.changes.map(({ action, left }) => [action, left])).toEqual([["update", undefined]]);
      expect(await teamsIn(grafana)).toEqual(after);
      expect((await planFor(a.context, code)).plan.changes).toEqual([]);
    }
  });

  test("a plan describes new routes", async () => {
    const grafana = await alertingGrafana();
    const a = await project(grafana, "a");
    const prepared = await planFor(a.context, a.code([route("a1", { repeat_interval: "4h" }), route("a2")]));
    expect(changeOf(prepared, a.address).facts).toEqual([
      'team=a1 → "empty", again after 4 hours',
      'team=a2 → "empty"',
    ]);
  });

  test("faults", async () => {
    const grafana = await alertingGrafana();
    const a = await project(grafana, "a");
    const faultsOf = async (...code: { kind: string }[]) => {
      const error: unknown = await planFor(a.context, code).then(
        () => undefined,
        (problem: unknown) => problem,
      );
      return error instanceof InvalidCodeError ? error.faults.map(({ code: name, path }) => [name, path]) : error;
    };
    const invalid = "code-resource-invalid";
    const all = { receiver: empty };
    expect(await faultsOf(...a.code([route("a"), all]))).toEqual([[invalid, "routes[1]"]]);
    expect(await faultsOf(...a.code([{ ...all, continue: true }]))).toBeUndefined();
    expect(await faultsOf(...a.code([route("a"), route("a")]))).toEqual([[invalid, "routes[1]"]]);
    expect(await faultsOf(...a.code([route('"')]))).toEqual([[invalid, "routes[0].object_matchers[0][2]"]]);
    const whole = notificationPolicy({ receiver: empty });
    expect(await faultsOf(whole, ...a.code([route("a")]))).toEqual([[invalid, undefined]]);
    expect(await faultsOf(notificationRoutes({ routes: [] }))).toEqual([["code-property-invalid", "routes"]]);
  });
});

test.runIf(MODE === "legacy-storage")("a Grafana without a ledger rejects routes before the first write", async () => {
  const grafana = await alertingGrafana();
  const { context, code } = await project(grafana, "a");
  await expect(planFor(context, code([route("a")]))).rejects.toMatchObject({
    faults: [{ code: "grafana-policy-routes-unsupported" }],
  });
  expect(grafana.requests.filter(({ method }) => method !== "GET")).toEqual([]);
});
