import { expect, test } from "vitest";
import { board, make, panel } from "../engine/support.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import {
  autoGrid,
  element,
  grid,
  makeInV2,
  readIn,
  row,
  rows,
  saveInV2,
  spec,
  tab,
  tabs,
} from "../helpers/schema-v2.ts";
import { call, dashboard, dashboardsPath, sandbox } from "./support.ts";

interface PanelShape {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos?: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly repeat?: string;
  readonly panels?: readonly PanelShape[];
}

/** `row "A" 0,0 24×1` */
function shapes(panels: unknown): string[] {
  return (panels as PanelShape[]).flatMap(({ type, title, gridPos, repeat, panels: inner = [] }) => {
    const place = gridPos && `${gridPos.x},${gridPos.y} ${gridPos.w}×${gridPos.h}`;
    const what = `${type === "row" ? "row" : "panel"} ${title} ${place}${repeat ? ` by ${repeat}` : ""}`;
    return [what, ...shapes(inner).map((one) => `  ${one}`)];
  });
}

test.runIf(KUBERNETES)("layouts of schema v2 are flattened in the classic schema", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("flat");
  const elements = Object.fromEntries([1, 2, 3, 4, 5].map((id) => [`panel-${id}`, element(id, `P${id}`)]));
  const repeat = { repeat: { mode: "variable", value: "host" } };
  const layout = tabs(
    tab("A", rows(row("Open", grid("panel-1")), row("Shut", grid("panel-2"), { collapse: true, ...repeat }))),
    tab("B", autoGrid(repeat, "panel-3", "panel-4"), repeat),
    tab("C", rows(row("Outer", rows(row("Inner", grid("panel-5")))))),
  );
  await makeInV2(grafana, uid, spec("Flat", elements, layout));
  expect(shapes((await readIn(grafana, "v1beta1", uid)).spec["panels"])).toEqual([
    "row A 0,0 24×1",
    "row Open 0,1 24×1",
    "panel P1 0,1 12×8",
    "row Shut 0,9 24×1 by host",
    "  panel P2 0,10 12×8",
    "row B 0,10 24×1 by host",
    "panel P3 0,11 8×9 by host",
    "panel P4 8,11 8×9 by host",
    "row C 0,20 24×1",
    "row Outer 0,21 24×1",
    "row Inner 0,22 24×1",
    "panel P5 0,22 12×8",
  ]);
});

test.runIf(KUBERNETES)("a classic dashboard with rows is unchanged after a save in schema v2", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("rows");
  const at = (y: number, h = 8) => ({ x: 0, y, w: 24, h });
  const panels = [
    { ...panel(1, "First", "up"), gridPos: at(0) },
    { id: 2, type: "row", title: "Open", collapsed: false, gridPos: at(8, 1), panels: [] },
    { ...panel(3, "Second", "up"), gridPos: at(9) },
    {
      id: 4,
      type: "row",
      title: "Shut",
      collapsed: true,
      gridPos: at(17, 1),
      panels: [{ ...panel(5, "Third", "up"), gridPos: at(18) }],
    },
  ];
  const { spec: model } = board(uid, { panels: panels as never, schemaVersion: 42 });
  await make(grafana, "dashboard", uid, { spec: model });
  const converted = (await readIn(grafana, "v2beta1", uid)).spec;
  expect(converted["layout"]).toMatchObject({
    kind: "RowsLayout",
    spec: {
      rows: [
        { spec: { hideHeader: true, collapse: false } },
        { spec: { title: "Open", collapse: false } },
        { spec: { title: "Shut", collapse: true } },
      ],
    },
  });
  await saveInV2(grafana, uid, (saved) => {
    saved["description"] = "Saved in schema v2";
  });
  const { metadata, spec: back } = await readIn(grafana, "v1beta1", uid);
  expect(metadata.generation).toBe(2);
  expect(shapes(back["panels"]).map((one) => one.replace(/ \d.*/, ""))).toEqual([
    "panel First",
    "row Open",
    "panel Second",
    "row Shut",
    "  panel Third",
  ]);
});

test.runIf(KUBERNETES)("a layout that names a missing panel is stored in schema v2 and not converted", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("wrong");
  await makeInV2(grafana, uid, spec("Wrong", {}, grid("panel-9")));
  expect((await readIn(grafana, "v2beta1", uid)).spec["layout"]).toEqual(grid("panel-9"));
  expect((await readIn(grafana, "v1beta1", uid)).status?.conversion).toMatchObject({ failed: true });
});

test.runIf(KUBERNETES)("a refresh interval below the minimum is rejected in schema v2", async () => {
  const grafana = await testGrafana();
  const content = spec("Fast", {}, grid());
  content["timeSettings"] = { ...(content["timeSettings"] as object), autoRefresh: "1s" } as never;
  await expect(makeInV2(grafana, grafana.name("fast"), content)).rejects.toMatchObject({ status: 400 });
});

test.runIf(KUBERNETES)("the sandbox reports a dashboard that it can't migrate instead of converting it", async () => {
  const server = await sandbox();
  const old = dashboard("old", { schemaVersion: 16, rows: [] });
  await call(server, "POST", `${dashboardsPath}?fieldValidation=Ignore`, old);
  const { body } = await call(server, "GET", `${dashboardsPath.replace("v1beta1", "v2beta1")}/old`);
  expect(body).toMatchObject({ spec: null, status: { conversion: { failed: true, storedVersion: "v1beta1" } } });
});
