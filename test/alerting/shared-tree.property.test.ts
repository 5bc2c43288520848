import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, runs, timeShare } from "../helpers/seed.ts";
import { Scene, steps } from "./shared-tree.ts";
import { alertingGrafana, POLICIES } from "./support.ts";

test.runIf(MARKS)("projects and users edit one tree, and no project changes routes of others", GENERATED, async () => {
  const grafana = await alertingGrafana();
  const isOver = timeShare();
  let cases = 0;
  onTestFinished(async () => void (await grafana.other.send({ method: "DELETE", path: POLICIES })));
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      if (cases > 0 && isOver()) return;
      const scene = await Scene.start(grafana, ++cases);
      for (const one of all) await scene.run(one);
    }),
    // Shrinking takes minutes.
    { numRuns: runs(12, 60), endOnFailure: true },
  );
  expect(cases).toBeGreaterThan(0);
});
