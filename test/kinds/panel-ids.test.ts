import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignPanelIds } from "../../src/kinds/dashboard/model/panel-ids.ts";
import { allPanels, assignRefIds } from "../../src/kinds/dashboard/model/panels.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { GENERATED } from "../helpers/seed.ts";

/** The ids of all panels in document order; panels in a row follow it. */
function idsAfter(panels: JsonObject[], live?: JsonObject[]): unknown[] {
  const model: JsonObject = { panels: structuredClone(panels) };
  assignPanelIds(model, live ? { live: { panels: structuredClone(live) } } : {});
  return allPanels(model).map(({ id }) => id);
}

const stat = (title: string, id?: number): JsonObject => ({ type: "stat", title, ...(id === undefined ? {} : { id }) });
const row = (title: string, panels: JsonObject[], id?: number): JsonObject => ({
  type: "row",
  title,
  panels,
  ...(id === undefined ? {} : { id }),
});

describe("without a live dashboard", () => {
  test("missing ids are numbered in document order, nested panels included", () => {
    expect(idsAfter([stat("a"), row("r", [stat("b"), stat("c")]), stat("d")])).toEqual([1, 2, 3, 4, 5]);
  });

  test("ids that are not numbers above 0 count as missing, and large ones are kept", () => {
    const ids = [-3, "7", null, true, 3_000_000_000, 3_000_000_000, 2];
    expect(idsAfter(ids.map((id) => ({ type: "stat", title: "a", id })))).toEqual([
      3_000_000_001, 3_000_000_002, 3_000_000_003, 3_000_000_004, 3_000_000_000, 3_000_000_005, 2,
    ]);
  });

  test("an id of 0 counts as missing, as the SDK writes it for rows", () => {
    expect(idsAfter([row("r", [stat("a")], 0), stat("b", 0)])).toEqual([1, 2, 3]);
  });

  test("the first panel with a repeated id keeps it", () => {
    expect(idsAfter([stat("a", 4), stat("b", 4), row("r", [stat("c", 4)], 2)])).toEqual([4, 5, 2, 6]);
  });

  test("ids in the code are kept, and no other panel gets them", () => {
    expect(idsAfter([stat("a"), stat("b", 1), stat("c"), stat("d", 7)])).toEqual([8, 1, 9, 7]);
  });
});

describe("with a live dashboard", () => {
  const live = [stat("a", 1), stat("b", 2), row("r", [stat("c", 4)], 3), stat("d", 5)];
  const code = [stat("a"), stat("b"), row("r", [stat("c")]), stat("d")];

  test("panels keep their ids", () => {
    expect(idsAfter(code, live)).toEqual([1, 2, 3, 4, 5]);
  });

  test("an inserted panel gets a free id, and no other panel is renumbered", () => {
    expect(idsAfter([stat("new"), ...code], live)).toEqual([6, 1, 2, 3, 4, 5]);
  });

  test("removing a panel renumbers no other panel", () => {
    expect(idsAfter(code.slice(1), live)).toEqual([2, 3, 4, 5]);
  });

  test("a moved panel keeps its id, also into a row and out of one", () => {
    expect(idsAfter([stat("d"), row("r", [stat("b")]), stat("c"), stat("a")], live)).toEqual([5, 3, 2, 4, 1]);
  });

  test("a panel with the same title and another type is a different panel", () => {
    expect(idsAfter([{ type: "gauge", title: "a" }], live)).toEqual([6]);
  });

  test("panels with the same title and type get their ids in order, and an additional one gets a free id", () => {
    expect(idsAfter([stat("x"), stat("x"), stat("x")], [stat("x", 9), stat("x", 4)])).toEqual([9, 4, 10]);
  });

  test("an id in the code is not assigned to another panel", () => {
    expect(idsAfter([stat("a"), stat("b", 1)], live)).toEqual([6, 1]);
  });
});

describe("for any dashboard", GENERATED, () => {
  const leaf = fc.record(
    {
      type: fc.constantFrom("stat", "table"),
      title: fc.constantFrom("a", "b", "c", ""),
      id: fc.integer({ min: 0, max: 6 }),
    },
    { requiredKeys: ["type"] },
  );
  const panels: fc.Arbitrary<JsonObject[]> = fc.array(
    fc.oneof(leaf, fc.record({ type: fc.constant("row"), title: fc.constant("r"), panels: fc.array(leaf) })),
    { maxLength: 6 },
  );
  /** As in Grafana: every panel has a unique id. */
  const numbered = panels.map((list) => {
    const model: JsonObject = { panels: list };
    assignPanelIds(model);
    return list;
  });

  test("every panel has a unique id afterwards", () => {
    fc.assert(
      fc.property(panels, fc.option(numbered, { nil: undefined }), (code, live) => {
        const ids = idsAfter(code, live);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(id).toBeGreaterThan(0);
      }),
    );
  });

  test("an id in the code stays, if it is the first", () => {
    fc.assert(
      fc.property(panels, numbered, (code, live) => {
        const given = allPanels({ panels: code }).map(({ id }) => id);
        const ids = idsAfter(code, live);
        const first = given.flatMap((id, index) => (id && given.indexOf(id) === index ? [index] : []));
        expect(first.map((index) => ids[index])).toEqual(first.map((index) => given[index]));
      }),
    );
  });

  test("assigned ids are stable", () => {
    fc.assert(
      fc.property(panels, (code) => {
        const model: JsonObject = { panels: structuredClone(code) };
        assignPanelIds(model);
        expect(idsAfter(code, model["panels"] as JsonObject[])).toEqual(allPanels(model).map(({ id }) => id));
        expect(idsAfter(model["panels"] as JsonObject[])).toEqual(allPanels(model).map(({ id }) => id));
      }),
    );
  });

  test("an inserted panel with a new title changes no other panel's id", () => {
    const unnumbered = panels.map((list) =>
      list.map((panel) => {
        const { id: _, ...rest } = panel;
        return rest;
      }),
    );
    fc.assert(
      fc.property(unnumbered, fc.nat(), (code, at) => {
        const model: JsonObject = { panels: structuredClone(code) };
        assignPanelIds(model);
        const grown = code.toSpliced(at % (code.length + 1), 0, stat("inserted"));
        const after: JsonObject = { panels: structuredClone(grown) };
        assignPanelIds(after, { live: model });
        const others = allPanels(after).filter(({ title }) => title !== "inserted");
        expect(others.map(({ id }) => id)).toEqual(allPanels(model).map(({ id }) => id));
      }),
    );
  });
});

function refIds(targets: JsonObject[]): unknown[] {
  const model: JsonObject = { panels: [{ type: "row", panels: [{ type: "stat", targets }] }] };
  assignRefIds(model);
  return targets.map(({ refId }) => refId);
}

describe("names of queries", () => {
  test("are A, B, C if the code sets none, and never one that the code uses", () => {
    expect(refIds([{}, { refId: "A" }, {}, { refId: "" }, { refId: "C" }])).toEqual(["B", "A", "D", "E", "C"]);
  });

  test("continue after Z with AA", () => {
    const names = refIds(Array.from({ length: 54 }, () => ({})));
    expect([names[25], names[26], names[27], names[51], names[52]]).toEqual(["Z", "AA", "AB", "AZ", "BA"]);
    expect(new Set(names).size).toBe(54);
  });

  test("start again in every panel", () => {
    const model: JsonObject = { panels: [{ targets: [{}] }, { targets: [{}] }] };
    assignRefIds(model);
    expect(model).toEqual({ panels: [{ targets: [{ refId: "A" }] }, { targets: [{ refId: "A" }] }] });
  });
});

describe("a panel that was renamed", () => {
  const asking = (title: string, expr: string, id?: number, more: JsonObject = {}): JsonObject => ({
    type: "stat",
    title,
    targets: [{ refId: "A", expr }],
    ...(id === undefined ? {} : { id }),
    ...more,
  });
  const at = (y: number): JsonObject => ({ gridPos: { x: 0, y, w: 12, h: 8 } });
  const idsOf = (panels: JsonObject[], live: JsonObject[], former?: JsonObject[]) => {
    const model = { panels: structuredClone(panels) };
    assignPanelIds(model, { live: { panels: live }, former: former && { panels: former } });
    return model.panels.map(({ id }) => id);
  };

  test("keeps its id if it has the same queries", () => {
    const live = [asking("Old", "up", 4), asking("Other", "down", 9)];
    expect(idsOf([asking("New", "up"), asking("Other", "down")], live)).toEqual([4, 9]);
    expect(idsOf([{ type: "row", title: "New" }], [{ type: "row", title: "Old", id: 3 }])).toEqual([3]);
  });

  test("does not keep its id if the panel can't be identified, or has other queries", () => {
    expect(idsOf([asking("New", "up"), asking("Newer", "up")], [asking("Old", "up", 4)])).toEqual([5, 6]);
    expect(idsOf([asking("New", "other")], [asking("Old", "up", 4)])).toEqual([5]);
  });

  const code = [asking("CPU", "rate(cpu[5m])", undefined, at(0)), asking("Memory", "mem", undefined, at(8))];
  const former = [asking("CPU", "rate(cpu[5m])", 4, at(0)), asking("Memory", "mem", 9, at(8))];

  test("and whose queries, type and position were changed keeps the id that it had after the last apply", () => {
    const live = [asking("Memory", "mem", 9, at(8)), { type: "gauge", title: "Load", id: 4, ...at(30) }];
    expect(idsOf(code, live, former)).toEqual([4, 9]);
  });

  test("keeps the id that it had, also if it was deleted in Grafana, or another panel has its title now", () => {
    expect(idsOf(code, former.slice(1), former)).toEqual([4, 9]);
    const live = [asking("Processor", "rate(cpu[5m])", 4, at(0)), asking("CPU", "mem", 9, at(8))];
    expect(idsOf(code, live, former)).toEqual([4, 9]);
  });

  test.each([
    ["with other queries at the same place", asking("Load", "load1", 4, at(0)), 4],
    ["with another type and the same queries at the same place", { ...former[0], type: "gauge", title: "Load" }, 4],
    ["with a similar title and similar queries elsewhere", asking("CPU load", "rate(cpu[1m])", 4, at(30)), 4],
    ["with another title and other queries elsewhere", asking("Load", "load1", 4, at(30)), 10],
    ["and made a row", { type: "row", title: "CPU", id: 4, ...at(0) }, 10],
  ])("and is %s is recognized if it is similar enough", (_what, now, id) => {
    expect(idsOf(code, [now, ...former.slice(1)])).toEqual([id, 9]);
  });

  test("never gets an id that the code gives to another panel", () => {
    const stated = [asking("CPU", "rate(cpu[5m])", undefined, at(0)), asking("Memory", "mem", 4, at(8))];
    expect(idsOf(stated, former, former)).toEqual([10, 4]);
  });

  test("is not confused with a new panel of the code that is elsewhere", () => {
    const grown = [asking("Load", "load1", undefined, at(16)), ...code];
    expect(idsOf(grown, [asking("Busy", "busy", 4, at(0)), ...former.slice(1)], former)).toEqual([10, 4, 9]);
  });
});

describe("panels with the same title and type", () => {
  const same = (expr: string, y: number, id?: number): JsonObject => ({
    type: "stat",
    title: "Same",
    targets: [{ refId: "A", expr }],
    gridPos: { x: 0, y, w: 12, h: 8 },
    ...(id === undefined ? {} : { id }),
  });

  test("keep their ids in the order of Grafana, which sorts panels by position", () => {
    const live = [same("a", 0, 2), same("b", 8, 3), same("c", 16, 1)];
    expect(idsAfter([same("c", 16), same("a", 0), same("b", 8)], live)).toEqual([1, 2, 3]);
    expect(idsAfter([same("c", 16, 5), same("a", 0, 5), same("b", 8, 5)], [...live, same("c", 16, 5)])).toEqual([
      5, 2, 3,
    ]);
  });

  test("and a type that Grafana migrates keep their ids", () => {
    const graph = (id: number) => ({ ...same("a", 0, id), type: "graph" });
    const live = [
      { ...same("a", 0, 5), type: "timeseries", autoMigrateFrom: "graph" },
      { ...same("b", 8, 7), type: "timeseries", autoMigrateFrom: "graph" },
    ];
    expect(idsAfter([graph(5), { ...same("b", 8, 5), type: "graph" }], live)).toEqual([5, 7]);
  });
});
