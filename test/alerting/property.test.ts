import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { apply } from "../../src/engine/apply.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import type { Plan } from "../../src/engine/change.ts";
import { address } from "../../src/engine/model.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { secretValues } from "../../src/secrets/values.ts";
import { datasource } from "../../src/index.ts";
import { kinds } from "../../src/kinds/index.ts";
import { only, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS, origin } from "../helpers/mode.ts";
import { GENERATED, runs, timeShare } from "../helpers/seed.ts";
import { cleanUp } from "./support.ts";
import { build, edits, SECRETS, setUp, type Surroundings } from "./arbitraries.ts";

describe("generated alerting", GENERATED, () => {
  test("have no differences after an apply, and one after a change of one property", async () => {
    const { context, surroundings, real } = await start();
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(setUp(real), fc.nat(), async (sketch, choice) => {
        if (isOver()) return;
        const resources = build(sketch, surroundings);
        await converge(context, resources);

        // Without a ledger, a changed secret can't be detected.
        const possible = edits(sketch).filter(({ path }) => MARKS || path.source !== "^secrets$");
        const edit = possible[choice % possible.length];
        if (!edit) throw new Error("there is nothing to change");
        const plan = await converge(context, build(edit.next, surroundings));
        expect(plan.changes.map(({ kind, action, origin }) => `${action} ${kind}, changed in ${origin}`)).toEqual([
          `update ${edit.kind}, changed in ${origin("code")}`,
        ]);
        const paths = plan.changes.flatMap(({ differences }) => differences.map(({ path }) => path));
        expect(paths).toEqual([expect.stringMatching(edit.path)]);
      }),
      // Each set-up is applied over the previous one, so a smaller one doesn't reproduce a failure.
      { numRuns: runs(MARKS ? 60 : 30, MARKS ? 200 : 30), endOnFailure: true },
    );
  });
});

async function start(): Promise<{ context: KindContext; surroundings: Surroundings; real: boolean }> {
  const grafana = await testGrafana();
  const own = await grafana.context(grafana.name("property"));
  const variables = { ...SECRETS, GRAFANA_PROVISION_KEY: "a key for tests" };
  const context = { ...own, secrets: secretValues({ variables }) };
  const name = (stem: string) => grafana.name(stem);
  const types = ["prometheus", "loki", "grafana-testdata-datasource"];
  const datasources = types.map((type, index) => {
    const uid = name(`source${index}`);
    return { ...datasource({ uid, name: uid, type, url: "http://127.0.0.1:9090" }), uid };
  });
  onTestFinished(async () => {
    if (MARKS) await converge(context, []);
    else await cleanUp(grafana);
  });
  return { context, surroundings: { name, datasources }, real: grafana.real };
}

/** Applies this set-up as the whole content of the project. Returns its plan; the plan after it was empty. */
async function converge(context: KindContext, resources: { kind: string }[]): Promise<Plan> {
  const hasTree = resources.some(({ kind }) => kind === "notification-policy");
  const adopt = hasTree ? only("notification-policy/default") : NOTHING;
  const prepared = await planFor(context, resources, { prune: true, adopt });
  // There are no other users here, so nothing may count as changed in Grafana.
  const left = prepared.plan.changes.flatMap((change) =>
    change.left ? [`${address(change)}: ${change.left.message}`] : [],
  );
  expect(left).toEqual([]);
  const outcomes = await apply(prepared.context, prepared, { kinds, concurrency: 8, emit: () => {} });
  for (const { change, status, error } of outcomes) {
    expect(status, `${address(change)}: ${error?.message ?? "no error"}`).toBe("done");
  }
  const again = await planFor(context, resources, { prune: true });
  expect(again.plan.changes, "the second plan is empty").toEqual([]);
  return prepared.plan;
}
