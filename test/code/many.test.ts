import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { address, type Desired } from "../../src/engine/model.ts";
import type { Fault } from "../../src/util/errors.ts";
import { testProject } from "../helpers/cli.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

/**
 * Ways in which modules use each other's dashboards. Names begin with `m`, so that other modules are loaded before and
 * after them.
 */
const MODULES = {
  "m-folder.ts": 'import { folder } from "grafana-provision"; export default folder({ uid: "f", title: "F" });',
  "m-board.ts": `import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
export default new DashboardBuilder("Board").uid("board")
  .withPanel(new PanelBuilder().title("P").withTarget(new DataqueryBuilder().expr("up")));`,
  "m-extends.ts": `import board from "./m-board.ts"; import { dashboard } from "grafana-provision";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
board.withPanel(new PanelBuilder().title("added by another module"));
export default dashboard({ uid: "reader", spec: { title: String(board.build().panels?.length), panels: [] } });`,
  "m-shared.ts": `import { dashboard, existing } from "grafana-provision"; import folder from "./m-folder.ts";
const spec = { title: "Shared", panels: [{ type: "text", title: "one", datasource: existing.datasource("there").ref }] };
export const one = dashboard({ uid: "one", folder, spec });
export const two = dashboard({ uid: "two", spec });
export const frozen = dashboard({ uid: "frozen", spec: Object.freeze({ title: "Frozen", panels: [{ type: "text" }] }) });`,
  "m-again.ts": 'export { one } from "./m-shared.ts";',
  "m-missing.ts": `export default { title: "Missing", uid: "missing",
  panels: [1, 2].map((id) => ({ id, type: "text", datasource: { type: "x", uid: "nowhere" } })) };`,
};

test("many modules give the same resources as few, and compressed dashboards are complete for every reader", async () => {
  const filler = (index: number) => [
    `${index % 2 ? "a" : "z"}${index}.ts`,
    `export default { title: "T${index}", uid: "u${index}", panels: [{ type: "text", title: "P" }] };`,
  ];
  const fillers = Object.fromEntries(Array.from({ length: 600 }, (_, index) => filler(index)));
  const [few, many] = [await read(MODULES), await read({ ...fillers, ...MODULES })];

  expect(few.desired.map(address).toSorted()).toEqual(
    ["board", "frozen", "missing", "one", "reader", "two"].map((uid) => `dashboard/${uid}`).concat("folder/f"),
  );
  expect(few.desired.find(({ id }) => id === "reader")?.title).toBe("2");
  expect(few.all.map(({ path }) => path)).toEqual(["panels[0].datasource", "panels[1].datasource"]);
  const isOurs = ({ source }: Desired) => source.file.startsWith("resources/m-");
  expect(many.desired.filter(isOurs)).toEqual(few.desired);
  expect(many.desired).toHaveLength(few.desired.length + 600);
  expect(many.all).toEqual(few.all);
});

async function read(modules: Readonly<Record<string, string>>): Promise<{ desired: Desired[]; all: Fault[] }> {
  const files = Object.entries(modules).map(([path, text]) => [`resources/${path}`, text]);
  const project = await testProject(Object.fromEntries(files));
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, project.directory], { maxBuffer: 2 ** 26 });
  const [result] = JSON.parse(stdout) as { desired: Desired[]; all: Fault[] }[];
  if (!result) throw new Error("nothing was read");
  return result;
}
