import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { datasource } from "../../src/index.ts";
import { secretsIn } from "../../src/secrets/secret.ts";
import { secretValues } from "../../src/secrets/values.ts";
import { build, SECRETS, setUp } from "../alerting/arbitraries.ts";
import { cleanUp } from "../alerting/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { GENERATED, runs, timeShare } from "../helpers/seed.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import { imported } from "./support.ts";

describe("generated alerting set-ups", GENERATED, () => {
  test("are equal to their imported code", async () => {
    const grafana = await testGrafana();
    if (grafana.real) onTestFinished(() => cleanUp(grafana));
    const own = await grafana.context(grafana.name("import"));
    const variables = { ...SECRETS, GRAFANA_PROVISION_KEY: "a key for tests" };
    const context = { ...own, secrets: secretValues({ variables }) };
    const datasources = ["prometheus", "loki", "grafana-testdata-datasource"].map((type, index) => {
      const uid = grafana.name(`source${index}`);
      return { ...datasource({ uid, name: uid, type, url: "http://127.0.0.1:9090" }), uid };
    });
    const surroundings = { name: (stem: string) => grafana.name(stem), datasources };
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(setUp(grafana.real), async (sketch) => {
        if (isOver()) return;
        const resources = build(sketch, surroundings);
        await converge(context, resources, { prune: true });

        const result = await imported(await grafana.context(grafana.name("other")));
        expect(result.left).toEqual([]);
        const secretsOf = (all: readonly { kind: string }[]) =>
          all.filter(({ kind }) => kind === "contact-point").flatMap((one) => secretsIn(one));
        const uses = secretsOf(result.resources).map(({ variable }) => variable);
        expect(uses.length).toBeGreaterThanOrEqual(secretsOf(resources).length);
        expect([...result.variables.keys()].toSorted()).toEqual(uses.toSorted());
        const named = Object.fromEntries([...result.variables.keys()].map((name) => [name, `value of ${name}`]));
        const other = {
          ...(await grafana.context(grafana.name("other"))),
          secrets: secretValues({ variables: named }),
        };
        const { plan } = await planFor(other, result.resources, { adopt: { ...NOTHING, all: true } });
        const differences = plan.changes.flatMap((change) =>
          change.differences.filter(({ path }) => path !== "secrets").map(({ path }) => `${change.kind} ${path}`),
        );
        expect(differences).toEqual([]);
        expect(plan.changes.map(({ action }) => action)).not.toContain("create");
        const wanted = resources.map(({ kind }) => kind);
        expect(plan.changes.map(({ kind }) => kind)).toEqual(expect.arrayContaining(wanted));
      }),
      { numRuns: runs(30, 200), endOnFailure: true },
    );
  });
});
