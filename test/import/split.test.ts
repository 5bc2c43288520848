import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dashboard } from "../../src/index.ts";
import { LONG_FILE } from "../../src/import/code/split.ts";
import { fileWriter } from "../../src/import/files.ts";
import { formatterFor } from "../../src/import/format.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import { imported, resourcesIn } from "./support.ts";

/** A dashboard whose panels differ in all settings, with a row for every 20 of them. */
function longDashboard(uid: string, count: number) {
  const panels = Array.from({ length: count }, (_, index) => ({
    type: "timeseries",
    title: `Panel ${index}`,
    description: `About ${index}`,
    gridPos: { x: 0, y: index * 2 + 1, w: 24, h: 2 + (index % 3) },
    targets: [{ refId: "A", expr: `up{instance="${index}"}`, datasource: { type: "prometheus", uid: "${source}" } }],
    fieldConfig: { defaults: { unit: "s", min: index, max: index + 1, decimals: index % 4 }, overrides: [] },
  }));
  const rows = panels.flatMap((panel, index) =>
    index % 20 === 0
      ? [{ type: "row", title: `Row ${index / 20}`, gridPos: { x: 0, y: index * 2, w: 24, h: 1 } }, panel]
      : [panel],
  );
  return dashboard({ uid, folder: null, spec: { title: "Long", panels: rows } });
}

test("the panels of a long dashboard are in files for each row, which import what they share", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("long");
  await converge(await grafana.context(grafana.name("team")), [longDashboard(uid, 100)]);
  const directory = mkdtempSync(join(tmpdir(), "import-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const format = await formatterFor(directory);
  const files = new Map<string, string>();
  const writer = fileWriter(directory, format, false);
  onTestFinished(() => writer.close());
  const context = await grafana.context(grafana.name("other"));
  await imported(context, {
    selected: ({ id }) => id === uid,
    async write(path, text, split) {
      await writer.add(path, text, split);
      for (const [own, part] of split?.() ?? [[path, text]]) files.set(own, await format(join(directory, own), part));
    },
  });
  expect(writer.finish().written.toSorted()).toEqual([...files.keys()].toSorted());
  expect(readdirSync(join(directory, "dashboards")).toSorted()).toEqual(["_long", "long.ts"]);
  const parts = readdirSync(join(directory, "dashboards/_long")).toSorted();
  expect(parts).toEqual(["row-0.ts", "row-1.ts", "row-2.ts", "row-3.ts", "row-4.ts", "shared.ts"]);
  expect(Math.max(...[...files.values()].map((text) => text.split("\n").length))).toBeLessThan(LONG_FILE);
  const { plan } = await planFor(context, resourcesIn(files), { adopt: { ...NOTHING, all: true } });
  expect(plan.changes.map(({ id }) => id)).toEqual([uid]);
  expect(plan.changes.flatMap(({ differences }) => differences)).toEqual([]);
});
