import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dashboard, type Dashboard } from "../../../src/index.ts";
import type { JsonObject } from "../../../src/util/json.ts";
import { actions, changeOf, edit, stored } from "../../engine/support.ts";
import { converge, only, planFor } from "../../helpers/converge.ts";
import { testGrafana } from "../../helpers/grafana.ts";
import { GENERATED, runs } from "../../helpers/seed.ts";

type Panels = (JsonObject & { readonly id: number; readonly title: string })[];

describe("a panel without an id that was renamed in Grafana, with another query", () => {
  const built = (uid: string, ...exprs: readonly string[]) => {
    const builder = new DashboardBuilder(uid).uid(uid);
    for (const expr of exprs)
      builder.withPanel(
        new PanelBuilder()
          .title(`About ${expr}`)
          .gridPos({ x: 0, y: 8 * exprs.indexOf(expr), w: 12, h: 8 })
          .withTarget(new DataqueryBuilder().expr(expr)),
      );
    return dashboard({ spec: builder });
  };

  test("is one changed panel in the plan, also if it was moved, and keeps its id when the change is overwritten", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("board");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [built(uid, "up", "down", "load")]);
    const panelsNow = async () => (await stored(grafana, "dashboard", uid)).spec["panels"] as Panels;
    const idsBefore = (await panelsNow()).map(({ title, id }) => [title, id]);

    await edit(grafana, "dashboard", uid, ({ spec }) => {
      Object.assign((spec["panels"] as Panels)[1] ?? {}, {
        title: "Theirs",
        targets: [{ refId: "A", expr: "absent(x)" }],
      });
    });
    const code = [built(uid, "up", "down", "load")];
    const change = changeOf(await planFor(context, code), `dashboard/${uid}`);

    const inPanel = `panels[id=${String(idsBefore[1]?.[1])}]`;
    expect(change.differences.map(({ type, path }) => `${type} ${path}`).toSorted()).toEqual([
      `changed ${inPanel}.targets[refId=A].expr`,
      `changed ${inPanel}.title`,
    ]);
    await converge(context, code, { overwriteDrift: only(`dashboard/${uid}`) });
    expect((await panelsNow()).map(({ title, id }) => [title, id])).toEqual(idsBefore);
  });
});

const type = fc.constantFrom("timeseries", "stat", "graph", "text");
const id = fc.oneof(
  fc.integer({ min: 1, max: 5 }),
  fc.constantFrom(undefined, null, 0, -3, "7", "x", 3_000_000_000, 2_147_483_647),
);
const leaf = fc.record({
  type,
  title: fc.constantFrom("a", "b", ""),
  id,
  x: fc.constantFrom(0, 12),
  expr: fc.constantFrom("up", "down"),
});
const rowOf = fc.record({
  type: fc.constant("row"),
  title: fc.constantFrom("r", "s"),
  id,
  collapsed: fc.boolean(),
  inner: fc.array(leaf, { maxLength: 4 }),
});
const sketch = fc.record({
  schemaVersion: fc.constantFrom(42, 42, 36, 27, 16),
  panels: fc.array(fc.oneof(leaf, rowOf), { minLength: 1, maxLength: 7 }),
  reversed: fc.boolean(),
});

/** The dashboard of a sketch, as exported JSON. Panels are placed below each other. */
function specOf({ schemaVersion, panels, reversed }: typeof sketch extends fc.Arbitrary<infer Of> ? Of : never) {
  let y = 0;
  const withId = (one: { id: unknown }) => (one.id === undefined ? {} : { id: one.id });
  const place = (one: typeof leaf extends fc.Arbitrary<infer Of> ? Of : never) => ({
    type: one.type,
    title: one.title,
    ...withId(one),
    gridPos: { x: one.x, y: (y += 8), w: 12, h: 8 },
    targets: [{ refId: "A", expr: one.expr }],
  });
  const placed = panels.map((one) =>
    "inner" in one
      ? {
          type: "row",
          title: one.title,
          ...withId(one),
          collapsed: one.collapsed,
          gridPos: { x: 0, y: (y += 8), w: 24, h: 1 },
          panels: one.inner.map(place),
        }
      : place(one),
  );
  return { schemaVersion, panels: reversed ? placed.toReversed() : placed };
}

test(
  "ids that Grafana changes are not differences, after an apply and after the dashboard was saved without a change",
  GENERATED,
  async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uids = Array.from({ length: 12 }, (_, index) => grafana.name(`d${index}`));
    const sketches = fc.array(sketch, { minLength: uids.length, maxLength: uids.length });
    await fc.assert(
      fc.asyncProperty(sketches, async (all) => {
        const code = all.map((one, index) => ({
          kind: "dashboard",
          uid: uids[index],
          plain: true,
          spec: { title: uids[index], ...specOf(one) } as unknown as Dashboard["spec"],
        }));
        await converge(context, code);
        for (const uid of uids) await edit(grafana, "dashboard", uid, () => {});
        expect(actions(await planFor(context, code))).toEqual({});
      }),
      { numRuns: runs(2), endOnFailure: true },
    );
  },
);
