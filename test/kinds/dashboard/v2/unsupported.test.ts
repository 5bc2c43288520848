import { describe, expect, test } from "vitest";
import { dashboard } from "../../../../src/index.ts";
import { exitCodeOf } from "../../../../src/cli/exit-code.ts";
import { board } from "../../../engine/support.ts";
import { planFor } from "../../../helpers/converge.ts";
import { testGrafana } from "../../../helpers/grafana.ts";
import { KUBERNETES } from "../../../helpers/mode.ts";
import { element, grid, spec } from "../../../helpers/schema-v2.ts";

describe("a dashboard in schema v2", () => {
  test.runIf(!KUBERNETES)(
    "is skipped by a Grafana that does not serve it: exit 6, or 4 if other resources exist",
    async () => {
      const grafana = await testGrafana();
      const context = await grafana.context(grafana.name("own"));
      const uid = grafana.name("dynamic");
      const dynamic = dashboard({ uid, spec: spec("Dynamic", { a: element(1, "A") }, grid("a")) as never });

      const alone = await planFor(context, [dynamic]);
      expect(alone.plan.changes).toMatchObject([
        { id: uid, action: "create", left: { reason: "unsupported", message: expect.stringContaining("schema v2") } },
      ]);
      expect(alone.writes.size).toBe(0);
      expect(exitCodeOf([], alone.plan)).toBe(6);

      const both = await planFor(context, [dynamic, board(grafana.name("classic"))]);
      const [change] = both.plan.changes.filter(({ left }) => !left);
      expect(change?.id).toBe(grafana.name("classic"));
      expect(exitCodeOf(change ? [{ change, status: "done", milliseconds: 0 }] : [], both.plan)).toBe(4);
    },
  );

  test.runIf(KUBERNETES)("is planned by a Grafana that serves it", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("dynamic");
    const dynamic = dashboard({ uid, spec: spec("Dynamic", { a: element(1, "A") }, grid("a")) as never });
    const { plan } = await planFor(context, [dynamic]);
    expect(plan.changes).toMatchObject([{ id: uid, action: "create" }]);
    expect(plan.changes[0]?.left).toBeUndefined();
  });
});
