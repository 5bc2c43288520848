import { expect, test } from "vitest";
import { folder } from "../../src/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import { imported } from "./support.ts";

test("nested folders in one file use each other without an import", async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("nested"));
  // Grafana lists folders by title, so that a folder is listed before its parent.
  const top = folder({ uid: grafana.name("top"), title: "Zulu" });
  const middle = folder({ uid: grafana.name("middle"), title: "Mike", parent: top });
  const inner = folder({ uid: grafana.name("inner"), title: "Alpha", parent: middle });
  await converge(context, [top, middle, inner]);
  const own = new Set([top, middle, inner].map(({ uid }) => uid));
  const { files, resources } = await imported(await grafana.context(grafana.name("other")), {
    selected: ({ kind, id }) => kind === "folder" && own.has(id),
  });
  expect([...files.keys()]).toEqual(["dashboards/folders.ts"]);
  const text = files.get("dashboards/folders.ts") ?? "";
  expect([...text.matchAll(/from "(.*)"/g)].map(([, from]) => from)).toEqual(["grafana-provision"]);
  const { plan } = await planFor(await grafana.context(grafana.name("other")), resources, {
    adopt: { ...NOTHING, all: true },
  });
  expect(new Set(plan.changes.map(({ id }) => id))).toEqual(own);
  expect(plan.changes.map(({ action }) => action)).not.toContain("create");
  expect(plan.changes.flatMap(({ differences }) => differences)).toEqual([]);
});
