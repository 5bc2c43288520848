import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diff, type Difference } from "../../src/engine/diff.ts";
import { equal, type Json, type JsonObject } from "../../src/engine/json.ts";

const paths = (differences: readonly Difference[]) => differences.map(({ type, path }) => `${type} ${path}`);

const panel = (id: number, title: string, more: JsonObject = {}): JsonObject => ({ id, title, type: "stat", ...more });
const variables = (...names: string[]) => ({ templating: { list: names.map((name) => ({ name })) } });
const override = (name: string, value: string) => ({
  matcher: { id: "byName", options: name },
  properties: [{ id: "unit", value }],
});

describe("what the items of a list are told apart by", () => {
  test("panels by id: an inserted one is one addition, whatever follows it", () => {
    const before = { panels: [panel(1, "A"), panel(2, "B"), panel(3, "C")] };
    const after = { panels: [panel(4, "New"), panel(1, "A"), panel(2, "B"), panel(3, "C")] };

    expect(diff(before, after)).toEqual([
      { type: "added", path: "panels[id=4]", labels: ['panel "New"'], after: panel(4, "New") },
    ]);
    expect(paths(diff(after, before))).toEqual(["removed panels[id=4]"]);
  });

  test("panels that stand in another order are the same: gridPos says where they are", () => {
    const at = (id: number, y: number) => ({ ...panel(id, `Panel ${id}`), gridPos: { x: 0, y, w: 12, h: 8 } });
    expect(diff({ panels: [at(1, 0), at(2, 8)] }, { panels: [at(2, 8), at(1, 0)] })).toEqual([]);
  });

  test("panels without a gridPos stand in the order of the list", () => {
    const [change] = diff({ panels: [panel(1, "A"), panel(2, "B")] }, { panels: [panel(2, "B"), panel(1, "A")] });
    expect(change).toMatchObject({ path: "panels[order]", before: ["1", "2"], after: ["2", "1"] });
  });

  test("a renamed panel is named by its old title, as Grafana shows it now", () => {
    const [found] = diff({ panels: [panel(1, "Old")] }, { panels: [panel(1, "New")] });

    expect(found).toMatchObject({ path: "panels[id=1].title", labels: ['panel "Old"', "title"] });
  });

  test("queries by refId, below their panel", () => {
    const before = { panels: [panel(3, "Rate", { targets: [{ refId: "A", expr: "up" }] })] };
    const after = {
      panels: [
        panel(3, "Rate", {
          targets: [
            { refId: "A", expr: "down" },
            { refId: "B", expr: "x" },
          ],
        }),
      ],
    };

    expect(diff(before, after)).toMatchObject([
      {
        type: "changed",
        path: "panels[id=3].targets[refId=A].expr",
        labels: ['panel "Rate"', "query A", "expr"],
        before: "up",
        after: "down",
      },
      { type: "added", path: "panels[id=3].targets[refId=B]", labels: ['panel "Rate"', "query B"] },
    ]);
  });

  test("variables and annotations by name, each called what it is", () => {
    const [before, after] = [{ list: [{ name: "region", hide: 0 }] }, { list: [{ name: "region", hide: 2 }] }];
    const found = diff({ templating: before, annotations: before }, { templating: after, annotations: after });

    expect(found.map(({ path, labels }) => [path, labels])).toEqual([
      ["templating.list[name=region].hide", ["templating", 'variable "region"', "hide"]],
      ["annotations.list[name=region].hide", ["annotations", 'annotation "region"', "hide"]],
    ]);
  });

  test("variables in another order are a difference, since people see them in that order", () => {
    expect(diff(variables("a", "b", "c"), variables("c", "a", "b"))).toEqual([
      {
        type: "changed",
        path: "templating.list[order]",
        labels: ["templating", "list", "order"],
        before: ["a", "b", "c"],
        after: ["c", "a", "b"],
      },
    ]);
    // One that comes or goes moves nothing.
    expect(paths(diff(variables("a", "b"), variables("a", "new", "b")))).toEqual(["added templating.list[name=new]"]);
  });

  test("overrides by what they match", () => {
    const before = { overrides: [override("a", "s"), override("b", "s")] };
    const after = { overrides: [override("a", "s"), override("b", "ms")] };

    expect(diff(before, after)).toMatchObject([{ labels: ['override "b"', "properties[0]", "value"], before: "s" }]);
  });

  test.each([
    ["without identity", { panels: [{ title: "A" }, { title: "B" }] }, { panels: [{ title: "A" }, { title: "C" }] }],
    [
      "whose identity is there twice",
      {
        panels: [
          { id: 1, title: "A" },
          { id: 1, title: "B" },
        ],
      },
      {
        panels: [
          { id: 1, title: "A" },
          { id: 1, title: "C" },
        ],
      },
    ],
  ])("items %s by position", (_which, before, after) => {
    expect(diff(before, after)).toEqual([
      { type: "changed", path: "panels[1].title", labels: ["panels[1]", "title"], before: "B", after: "C" },
    ]);
  });

  test("any other list of objects by position", () => {
    const before = { steps: [{ value: 1 }, { value: 2 }, { value: 3 }] };

    expect(diff(before, { steps: [{ value: 1 }, { value: 5 }] })).toMatchObject([
      { type: "changed", path: "steps[1].value", before: 2, after: 5 },
      { type: "removed", path: "steps[2]", before: { value: 3 } },
    ]);
  });

  test("a list of plain values is one value", () => {
    expect(diff({ tags: ["a", "b"] }, { tags: ["b"] })).toEqual([
      { type: "changed", path: "tags", labels: ["tags"], before: ["a", "b"], after: ["b"] },
    ]);
  });

  test("a panel without a title is named by its id and type, and a row is called a row", () => {
    const found = diff(
      { panels: [] },
      {
        panels: [
          { id: 5, type: "text" },
          { id: 6, type: "row", title: "Errors" },
        ],
      },
    );

    expect(found.map(({ labels }) => labels)).toEqual([["panel 5 (text)"], ['row "Errors"']]);
  });
});

test("a key that every JavaScript object has is added like any other", () => {
  expect(diff({ options: {} }, { options: { constructor: { text: "Maker" } } })).toEqual([
    { type: "added", path: "options.constructor", labels: ["options", "constructor"], after: { text: "Maker" } },
  ]);
  expect(paths(diff({ options: { toString: 1 } }, { options: {} }))).toEqual(["removed options.toString"]);
});

function sorted(document: JsonObject): JsonObject {
  const panels = (document["panels"] as JsonObject[]).toSorted((a, b) => Number(a["id"]) - Number(b["id"]));
  return { ...document, panels };
}

/** Does what the differences say, by their paths alone. */
function patched(document: JsonObject, differences: readonly Difference[]): JsonObject {
  const result = structuredClone(document);
  const additions = differences.filter(({ type }) => type !== "removed");
  // From the end, so that positions stay what they were.
  const removals = differences.filter(({ type }) => type === "removed").toReversed();
  for (const { path, type, after } of [...additions, ...removals]) {
    const steps = [...path.matchAll(/([a-z]+)|\[(?:id=)?(\d+)\]/g)].map(([text, key, index]) => ({
      key: key ?? "",
      index: Number(index),
      byId: text.startsWith("[id="),
    }));
    let at: Json = result;
    for (const [depth, { key, index, byId }] of steps.entries()) {
      const last = depth === steps.length - 1;
      if (Array.isArray(at)) {
        const found: number = byId ? at.findIndex((item) => (item as JsonObject)["id"] === index) : index;
        const place: number = found === -1 ? at.length : found;
        if (last && type === "removed") at.splice(place, 1);
        else if (last) at[place] = structuredClone(after ?? null);
        else at = at[place] ?? null;
      } else {
        const object = at as JsonObject;
        if (last && type === "removed") delete object[key];
        else if (last) object[key] = structuredClone(after ?? null);
        else at = object[key] ?? null;
      }
    }
  }
  return result;
}

/** A difference without its labels, which name a panel by its old title. */
function plain({ type, path, before, after }: Difference) {
  return { type, path, before, after };
}

function turned({ type, path, before, after }: Difference) {
  const other = { added: "removed", removed: "added", changed: "changed" } as const;
  return { type: other[type], path, before: after, after: before };
}

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : 1;
}

describe("for any two documents", () => {
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null));
  const { object } = fc.letrec<{ object: JsonObject; value: Json }>((tie) => ({
    object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(leaf, { maxLength: 3 }),
      fc.array(tie("object"), { maxLength: 3 }),
      tie("object"),
    ),
  }));
  const panels = fc.uniqueArray(
    fc.record({ id: fc.integer({ min: 1, max: 9 }), title: fc.string(), options: object }),
    { selector: ({ id }) => id, maxLength: 5 },
  );
  const document: fc.Arbitrary<JsonObject> = fc.record({ panels, spec: object });

  test("one and itself do not differ", () => {
    fc.assert(
      fc.property(document, (one) => {
        expect(diff(one, structuredClone(one))).toEqual([]);
      }),
    );
  });

  test("there and back are the same differences, turned round", () => {
    fc.assert(
      fc.property(document, document, (one, other) => {
        const [there, back] = [diff(one, other), diff(other, one)];
        expect(there.map(turned).toSorted(byPath)).toEqual(back.map(plain).toSorted(byPath));
      }),
    );
  });

  test("the differences lead from one to the other", () => {
    fc.assert(
      fc.property(document, document, (one, other) => {
        expect(sorted(patched(one, diff(one, other)))).toEqual(sorted(other));
      }),
    );
  });

  test("there are differences wherever anything but the order of panels differs", () => {
    fc.assert(
      fc.property(document, document, (one, other) => {
        expect(diff(one, other).length === 0).toBe(equal(sorted(one), sorted(other)));
      }),
    );
  });
});
