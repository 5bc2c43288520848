import { describe, expect, test } from "vitest";
import { formV2 } from "../../../src/kinds/dashboard/v2/form.ts";
import { dashboardFacts } from "../../../src/kinds/dashboard/view/facts.ts";
import { copyOf, shotsOf } from "../../../src/kinds/dashboard/view/screenshots.ts";
import { differencesOfForms } from "../../../src/kinds/dashboard/v2/form.ts";
import { CHROMIUM } from "../../helpers/chromium.ts";
import { autoGrid, conditions, element, grid, row, rows, spec, tab, tabs } from "../../helpers/schema-v2.ts";
import { opener } from "./page.ts";
import { reviewOfForms } from "./reviews.ts";

const TITLES = ["Requests", "Errors", "Latency", "Saturation", "Logs"];
const elements = (...ids: number[]) =>
  Object.fromEntries(ids.map((id) => [`panel-${id}`, element(id, TITLES[id - 1] ?? "New")]));

const before = formV2(
  "shop",
  spec(
    "Service",
    elements(1, 2, 3, 4, 5),
    tabs(
      tab("Metrics", grid("panel-1", "panel-2")),
      tab("Logs", autoGrid({}, "panel-3", "panel-4")),
      tab("Rest", rows(row("Closed", grid("panel-5"), { collapse: true }))),
    ),
  ),
  "v2",
);
const after = formV2(
  "shop",
  spec(
    "Service",
    elements(1, 2, 3, 5, 6),
    tabs(
      tab("Metrics", grid("panel-1")),
      tab("Logs", autoGrid({}, "panel-3", "panel-2", "panel-6"), conditions("7d")),
      tab("Rest", rows(row("Closed", grid("panel-5"), { collapse: true }))),
      tab("Empty", grid()),
    ),
  ),
  "v2",
);

describe.skipIf(!CHROMIUM)("a dashboard in schema v2 on the page of a plan (skipped without a Chromium)", () => {
  const open = opener();

  test("has its tabs, rows and auto grids on both sides, with what changed", async () => {
    const page = await open(reviewOfForms([{ kind: "dashboard", id: "service", before, after }]));
    const strip = (side: string) => page.locator(`.${side} .strip span`).allTextContents();
    expect(await strip("before")).toEqual(["Metrics", "Logs", "Rest"]);
    expect(await strip("after")).toEqual(["Metrics", "Logs", "Rest", "Empty"]);
    const statuses = await page.locator(".after .box").evaluateAll((all) => all.map((one) => one.className));
    expect(statuses).toEqual(["box tab same", "box tab changed", "box tab same", "box row same", "box tab added"]);

    // Parts without a change are closed.
    const isOpen = await page.locator(".after .box").evaluateAll((all) => all.map((one) => one.hasAttribute("open")));
    expect(isOpen).toEqual([false, true, false, false, true]);
    expect(await page.locator(".after .box.changed > summary .badge").allTextContents()).toEqual([
      "shown if the time range is shorter than 7d",
    ]);
    const status = async (side: string, key: string) =>
      ((await page.locator(`.${side} .p[data-k="${key}"]`).getAttribute("class")) ?? "").split(" ")[1];
    expect(await status("after", "panel-2")).toBe("moved");
    expect(await status("before", "panel-4")).toBe("removed");
    expect(await status("after", "panel-6")).toBe("added");

    // An auto grid fills its columns from left to right.
    const boxes = await page.locator(".after .auto > .p").evaluateAll((all) =>
      all.map((one) => {
        const { x, y, width } = one.getBoundingClientRect();
        return [x, y, width].map(Math.round);
      }),
    );
    const [first = [], second = [], third = []] = boxes;
    expect([second[1], third[1]]).toEqual([first[1], first[1]]);
    expect([first[0], second[0], third[0]]).toEqual(boxes.map(([x]) => x).toSorted((a = 0, b = 0) => a - b));
    expect(new Set(boxes.map(([, , width]) => width)).size).toBe(1);
  });
});

test("a new dashboard in schema v2 is described by its panels, tabs and rows", () => {
  expect(dashboardFacts(before).slice(0, 2)).toEqual(["5 panels, 3 tabs, 1 row", '"Requests" (timeseries): up']);
});

test("screenshots of a dashboard in schema v2 are taken of a classic copy with the same panel ids", () => {
  const shots = shotsOf({ differences: differencesOfForms(before, after), sides: { before, after } });
  expect(shots.map(({ side, key, panelId }) => [side, key, panelId])).toEqual([
    ["before", "panel-4", "4"],
    ["after", "panel-6", "6"],
  ]);
  const { panels, ...copy } = copyOf({ ...after, tags: ["shop"] });
  expect(copy).toMatchObject({ title: "Service", schemaVersion: 42 });
  expect(copy).not.toHaveProperty("layout");
  expect(copy).not.toHaveProperty("tags");
  expect(copyOf({ title: "Classic", tags: ["shop"], refresh: "5s" })).toEqual({
    title: "Classic",
    schemaVersion: 42,
    panels: [],
  });
  const shown = (panels as { id?: number; type: string }[]).filter(({ type }) => type !== "row");
  expect(new Set(shown.map(({ id }) => id))).toEqual(new Set([1, 2, 3, 5, 6]));
});
