import { expect, test } from "vitest";
import type { Json } from "../../src/util/json.ts";
import { actions, changeOf, keepDefault } from "../engine/support.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { alertingGrafana } from "../alerting/support.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";
import { carriedOut, dump, expectSame, runsFolder, undoOf } from "./support.ts";
import { makeTheirs, secretContext, states, theirNames } from "./states.ts";

interface Loss {
  readonly name: string;
  /** The change in the plan. */
  readonly says: string;
  /** Differences that remain afterwards and are visible: the address in the dump, and the content. */
  readonly instead?: { readonly at: string; readonly fields: Record<string, Json> };
}

/** What this mode does not restore. */
function losses(grafana: TestGrafana): Loss[] {
  if (MARKS) return [];
  // Without a ledger, adopting an object sets its provenance, which Grafana can remove only from rules.
  const locked = ["message-template/their-words", "mute-timing/their-nights", "contact-point/their-point"].map(
    (stem): Loss => {
      const name = grafana.name(stem.split("/")[1] ?? "");
      const address = `${stem.split("/")[0]}/${name}`;
      const at = stem.startsWith("contact-point") ? `${address}/${name}` : address;
      return {
        name: address,
        says: "remains read-only in Grafana's UI",
        instead: { at, fields: { provenance: "api" } },
      };
    },
  );
  const described = KUBERNETES
    ? []
    : [{ name: `folder/${grafana.name("home")}`, says: "this Grafana does not return it" }];
  return [...locked, ...described];
}

function withLosses(before: Record<string, Json>, lost: readonly Loss[]): Record<string, Json> {
  const changed = lost.flatMap(({ instead }) => {
    if (!instead) return [];
    const was = before[instead.at];
    return [[instead.at, { ...(was as object), ...instead.fields }] as const];
  });
  return { ...before, ...Object.fromEntries(changed) };
}

test("rollback restores objects that were created, changed, deleted, moved, renamed and adopted, and can be rolled back", async () => {
  const grafana = await alertingGrafana();
  await keepDefault(grafana);
  const owner = grafana.name("own");
  const context = await secretContext(grafana, owner);
  const [one, two] = states(grafana, { adopted: true });
  const runs = await runsFolder();
  // Without marks, only the record of this run proves that the project sent its secrets.
  await carriedOut(context, await planFor(context, one), runs);
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
  const lost = losses(grafana);
  for (const { name, says } of lost) expect(changeOf(undo, name).sideEffect, name).toContain(says);
  expectSame(await dump(grafana, owner), withLosses(before, lost), "as before");
  expect(actions(await planFor(context, one, { prune: true }))).toEqual({});
  // A second rollback has nothing to do.
  expect(actions(await undoOf(context, forward.run))).toEqual({});
  if (!back.run) throw new Error("a run was expected");

  const redo = await undoOf(context, back.run);
  expect(redo.plan.changes.filter(({ left }) => left)).toEqual([]);
  await carriedOut(context, redo, runs);
  expectSame(await dump(grafana, owner), after, "as after the apply");
  expect(actions(await planFor(context, two, { prune: true }))).toEqual({});
  await converge(context, [], { prune: true });
});

test("rollback of the first apply deletes everything, and rollback of a destroy restores everything", async () => {
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
});
