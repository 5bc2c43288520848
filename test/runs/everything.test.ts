import { expect, test } from "vitest";
import { actions, keepDefault } from "../engine/support.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { alertingGrafana } from "../alerting/support.ts";
import { carriedOut, dump, expectSame, runsFolder, undoOf } from "./support.ts";
import { makeTheirs, secretContext, states, theirNames } from "./states.ts";

test(
  "rollback after everything was created, changed, deleted, moved, renamed and adopted: as before, and again",
  { timeout: 300_000 },
  async () => {
    const grafana = await alertingGrafana();
    await keepDefault(grafana);
    const owner = grafana.name("own");
    const context = await secretContext(grafana, owner);
    const [one, two] = states(grafana, { adopted: true });
    const runs = await runsFolder();
    await converge(context, one);
    await makeTheirs(grafana);
    const before = await dump(grafana, owner);

    const adopt = only(...theirNames(grafana));
    const forward = await carriedOut(context, await planFor(context, two, { prune: true, adopt }), runs);
    const after = await dump(grafana, owner);
    expect(actions(await planFor(context, two, { prune: true }))).toEqual({});
    if (!forward.run) throw new Error("a run was expected");

    const undo = await undoOf(context, forward.run);
    expect(undo.plan.changes.filter(({ left }) => left)).toEqual([]);
    const back = await carriedOut(context, undo, runs);
    expectSame(await dump(grafana, owner), before, "as before");
    expect(actions(await planFor(context, one, { prune: true }))).toEqual({});
    // Nothing is left to undo a second time.
    expect(actions(await undoOf(context, forward.run))).toEqual({});
    if (!back.run) throw new Error("a run was expected");

    const redo = await undoOf(context, back.run);
    expect(redo.plan.changes.filter(({ left }) => left)).toEqual([]);
    await carriedOut(context, redo, runs);
    expectSame(await dump(grafana, owner), after, "as after the apply");
    expect(actions(await planFor(context, two, { prune: true }))).toEqual({});
    await converge(context, [], { prune: true });
  },
);

test(
  "rollback of the first apply leaves nothing behind, and of a destroy brings everything back",
  { timeout: 300_000 },
  async () => {
    const grafana = await alertingGrafana();
    await keepDefault(grafana);
    const owner = grafana.name("own");
    const context = await secretContext(grafana, owner);
    const [one] = states(grafana);
    const runs = await runsFolder();
    const before = await dump(grafana, owner);

    const first = await carriedOut(context, await planFor(context, one), runs);
    const made = await dump(grafana, owner);
    if (!first.run) throw new Error("a run was expected");
    await carriedOut(context, await undoOf(context, first.run), runs);
    expectSame(await dump(grafana, owner), before, "nothing is there");

    await converge(context, one);
    const destroyed = await carriedOut(context, await planFor(context, [], { prune: true }), runs);
    if (!destroyed.run) throw new Error("a run was expected");
    await carriedOut(context, await undoOf(context, destroyed.run), runs);
    expectSame(await dump(grafana, owner), made, "everything is there");
    expect(actions(await planFor(context, one, { prune: true }))).toEqual({});
    await converge(context, [], { prune: true });
  },
);
