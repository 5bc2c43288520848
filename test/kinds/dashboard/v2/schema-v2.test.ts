import { describe, expect, test } from "vitest";
import { dashboard, type DashboardV2 } from "../../../../src/index.ts";
import type { JsonObject } from "../../../../src/util/json.ts";
import { converge, only, planFor } from "../../../helpers/converge.ts";
import { testGrafana } from "../../../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../../../helpers/mode.ts";
import { readIn, saveInV2, storedVersion } from "../../../helpers/schema-v2.ts";
import { BOARDS } from "./boards.ts";

function inCode(uid: string, spec: JsonObject): DashboardV2 {
  return dashboard({ uid, spec: structuredClone(spec) as never });
}

describe.runIf(KUBERNETES)("a dashboard in schema v2", () => {
  test.each(BOARDS)("with $what is stored as it is in the code, and the next plan is empty", async ({ spec }) => {
    const grafana = await testGrafana();
    const uid = grafana.name("board");
    await converge(await grafana.context(grafana.name("own")), [inCode(uid, spec)]);
    expect(await storedVersion(grafana, uid)).toBe("v2beta1");
    const found = (await readIn(grafana, "v2beta1", uid)).spec;
    // Without marks, a tag shows the owner.
    expect(MARKS ? found : { ...found, tags: spec["tags"] }).toEqual(spec);
  });

  test.runIf(MARKS).each(BOARDS)(
    "with $what: an edit in Grafana is the only difference, and can be overwritten",
    async ({ path, spec, edit }) => {
      const grafana = await testGrafana();
      const uid = grafana.name("board");
      const context = await grafana.context(grafana.name("own"));
      await converge(context, [inCode(uid, spec)]);
      await saveInV2(grafana, uid, edit);

      const { plan } = await planFor(context, [inCode(uid, spec)]);
      expect(plan.changes).toMatchObject([{ id: uid, action: "update", origin: "grafana", left: { reason: "drift" } }]);
      expect(plan.changes[0]?.differences.map((one) => one.path)).toEqual([path]);
      expect(plan.changes[0]?.loss).toBeUndefined();

      await converge(context, [inCode(uid, spec)], { overwriteDrift: only(`dashboard/${uid}`) });
      expect((await readIn(grafana, "v2beta1", uid)).spec).toEqual(spec);
    },
  );

  test.runIf(MARKS)("reads no body if nothing has changed", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const code = BOARDS.map(({ spec }, index) => inCode(grafana.name(`board-${index}`), spec));
    await converge(context, code);
    grafana.requests.length = 0;
    const { plan } = await planFor(context, code);
    expect(plan.changes).toEqual([]);
    expect(grafana.requests.filter(({ path }) => /\/dashboards\/./.test(path))).toEqual([]);
  });
});
