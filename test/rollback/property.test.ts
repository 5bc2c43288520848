import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { secretValues } from "../../src/secrets/values.ts";
import { datasource } from "../../src/index.ts";
import { SECRETS } from "../alerting/arbitraries.ts";
import { cleanUp } from "../alerting/support.ts";
import { actions, keepDefault } from "../engine/support.ts";
import { only, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, runs as casesOf, timeShare } from "../helpers/seed.ts";
import { codeOf, state, type State } from "./arbitraries.ts";
import { carriedOut, dump, expectSame, filesIn, runsFolder, undoOf } from "./support.ts";

/** All encodings of a value that a file could contain. */
const LEAKS = Object.values(SECRETS).flatMap((value) => [
  value,
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
]);

describe("generated changes", GENERATED, () => {
  test("are undone by a rollback, and no file of a run contains a secret", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const owner = grafana.name("property");
    const variables = { ...SECRETS, GRAFANA_PROVISION_KEY: "a key for tests" };
    const context = { ...(await grafana.context(owner)), secrets: secretValues({ variables }) };
    const datasources = ["prometheus", "loki", "grafana-testdata-datasource"].map((type, index) => {
      const uid = grafana.name(`source${index}`);
      return { ...datasource({ uid, name: uid, type, url: "http://127.0.0.1:9090", isDefault: false }), uid };
    });
    const surroundings = { name: (stem: string) => grafana.name(stem), datasources };
    onTestFinished(() => cleanUp(grafana));
    const runs = await runsFolder();
    const applied = async (sketch: State) => {
      const adopt = only("notification-policy/default");
      const prepared = await planFor(context, codeOf(sketch, surroundings), { prune: true, adopt });
      expect(
        prepared.plan.changes.filter(({ left }) => left),
        "no other user changes anything",
      ).toEqual([]);
      return carriedOut(context, prepared, runs);
    };

    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(state(grafana.real), state(grafana.real), async (one, two) => {
        if (isOver()) return;
        await applied(one);
        const before = await dump(grafana, owner);
        const { run } = await applied(two);
        const after = await dump(grafana, owner);
        const files = Object.entries(await filesIn(runs));
        const leaks = files.filter(([, text]) => LEAKS.some((value) => text.includes(value)));
        expect(leaks).toEqual([]);
        if (!run) return expectSame(after, before, "nothing was to be done");

        const undo = await undoOf(context, run);
        expect(
          undo.plan.changes.filter(({ left }) => left),
          "everything is restored",
        ).toEqual([]);
        const back = await carriedOut(context, undo, runs);
        expectSame(await dump(grafana, owner), before, "as before");
        expect(actions(await undoOf(context, run)), "the rollback can be rolled back").toEqual({});
        if (!back.run) throw new Error("a run was expected");
        const redo = await undoOf(context, back.run);
        expect(
          redo.plan.changes.filter(({ left }) => left),
          "everything is restored again",
        ).toEqual([]);
        await carriedOut(context, redo, runs);
        expectSame(await dump(grafana, owner), after, "as after the apply");
      }),
      // Each pair is applied over the previous one, so a smaller one doesn't reproduce a failure.
      { numRuns: casesOf(MARKS ? 10 : 8, MARKS ? 20 : 8), endOnFailure: true },
    );
  });
});
