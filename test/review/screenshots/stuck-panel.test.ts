import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHROMIUM } from "../../helpers/chromium.ts";
import { MARKS } from "../../helpers/mode.ts";
import { board, picturesIn, scene } from "./support.ts";

test.runIf(MARKS && CHROMIUM)("names panels without a screenshot, and includes the others", async () => {
  const stage = await scene();
  const panels = [
    { id: 1, title: "Fine" },
    { id: 2, title: "Stuck", type: "stuck" },
  ];
  await stage.project.write({ "resources/queue.ts": board(`${stage.owner}-q`, "Queue", panels) });
  const { code, stdout } = await stage.review();
  expect(code).toBe(0);
  expect(stdout).toContain(
    `No screenshot of dashboard/${stage.owner}-q panel 2 after: the panel did not appear within 30 seconds; the page shows "Loading plugin panel...".`,
  );
  expect(
    picturesIn(await readFile(join(stage.project.directory, ".grafana-provision/review/review.html"), "utf8")).map(
      ({ alt }) => alt,
    ),
  ).toEqual(["Fine, after"]);
});
