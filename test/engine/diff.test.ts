import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diff as diffOf } from "../../src/engine/diff.ts";
import type { Difference } from "../../src/engine/difference.ts";
import type { Shape } from "../../src/engine/shape.ts";
import { equal, textOf, type Json, type JsonObject } from "../../src/util/json.ts";
import { GENERATED } from "../helpers/seed.ts";

const PANELS: Shape = {
  lists: {
    panels: {
      by: [({ id }) => id],
      key: "id",
      label: ({ title }) => `panel "${textOf(title)}"`,
      unordered: () => true,
    },
  },
};

const diff = (before: JsonObject, after: JsonObject) => diffOf(before, after, PANELS);

const paths = (differences: readonly Difference[]) => differences.map(({ type, path }) => `${type} ${path}`);

describe("lists without a shape", () => {
  test("align objects by position", () => {
    const before = { steps: [{ value: 1 }, { value: 2 }, { value: 3 }] };

    expect(diff(before, { steps: [{ value: 1 }, { value: 5 }] })).toMatchObject([
      { type: "changed", path: "steps[1].value", before: 2, after: 5 },
      { type: "removed", path: "steps[2]", before: { value: 3 } },
    ]);
  });

  test("count as one value if their items are plain values", () => {
    expect(diff({ tags: ["a", "b"] }, { tags: ["b"] })).toEqual([
      { type: "changed", path: "tags", labels: ["tags"], before: ["a", "b"], after: ["b"] },
    ]);
  });

  test("with several possible alignments have the same one in both directions", () => {
    const swapped: [JsonObject, JsonObject] = [{ steps: [{ b: 1 }, {}] }, { steps: [{}, { b: 1 }] }];
    expect(unnumbered(diff(...swapped).map(turned))).toEqual(unnumbered(diff(swapped[1], swapped[0]).map(plain)));

    const shifted: [JsonObject, JsonObject] = [{ steps: [{ a: false }, {}, {}] }, { steps: [{}, { a: {} }] }];
    expect(unnumbered(diff(...shifted).map(turned))).toEqual(unnumbered(diff(shifted[1], shifted[0]).map(plain)));
  });

  test("show an inserted item as one addition", () => {
    const [before, after] = [
      { steps: [{ a: 1 }, { a: 2 }, { a: 3 }] },
      { steps: [{ a: 0 }, { a: 1 }, { a: 2 }, { a: 3 }] },
    ];

    expect(paths(diff(before, after))).toEqual(["added steps[0]"]);
    expect(paths(diff(after, before))).toEqual(["removed steps[0]"]);
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

interface Step {
  readonly key: string;
  readonly index: number;
  readonly byId: boolean;
}

function stepsOf(path: string): Step[] {
  return [...path.matchAll(/([a-z]+)|\[(?:id=)?(\d+)\]/g)].map(([text, key, index]) => ({
    key: key ?? "",
    index: Number(index),
    byId: text.startsWith("[id="),
  }));
}

/** Applies differences by their paths: indexes of removed items refer to the first list, all others to the second. */
function patched(document: JsonObject, differences: readonly Difference[]): JsonObject {
  const result = structuredClone(document);
  const listed = differences.map((difference) => ({ ...difference, steps: stepsOf(difference.path) }));
  const rank = { removed: 0, added: 1, changed: 2 } as const;
  // From the outside in. Within one list, first removals from the end, then additions from the beginning.
  const inOrder = listed.toSorted(
    (a, b) =>
      a.steps.length - b.steps.length ||
      rank[a.type] - rank[b.type] ||
      ((a.steps.at(-1)?.index ?? 0) - (b.steps.at(-1)?.index ?? 0)) * (a.type === "removed" ? -1 : 1),
  );
  for (const { type, after, steps } of inOrder) {
    let at: Json = result;
    for (const [depth, { key, index, byId }] of steps.entries()) {
      const last = depth === steps.length - 1;
      if (Array.isArray(at)) {
        const found: number = byId ? at.findIndex((item) => (item as JsonObject)["id"] === index) : index;
        const place: number = found === -1 ? at.length : found;
        if (!last) at = at[place] ?? null;
        else if (type === "removed") at.splice(place, 1);
        else at.splice(place, type === "added" ? 0 : 1, structuredClone(after ?? null));
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

/** A difference without its labels, which contain the old title of a panel. */
function plain({ type, path, before, after }: Difference) {
  return { type, path, before, after };
}

function turned({ type, path, before, after }: Difference) {
  const other = { added: "removed", removed: "added", changed: "changed" } as const;
  return { type: other[type], path, before: after, after: before };
}

/** As sorted text. Indexes of changed items refer to the second list, so they differ in the other direction. */
function unnumbered(differences: readonly ReturnType<typeof plain>[]): string[] {
  return differences.map((one) => JSON.stringify({ ...one, path: one.path.replaceAll(/\[\d+\]/g, "[]") })).toSorted();
}

describe("for any two documents", GENERATED, () => {
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

  test("a document does not differ from itself", () => {
    fc.assert(
      fc.property(document, (one) => {
        expect(diff(one, structuredClone(one))).toEqual([]);
      }),
    );
  });

  test("the differences in the other direction are the reverse", () => {
    fc.assert(
      fc.property(document, document, (one, other) => {
        const [there, back] = [diff(one, other), diff(other, one)];
        expect(unnumbered(there.map(turned))).toEqual(unnumbered(back.map(plain)));
      }),
    );
  });

  test("applying the differences to one document gives the other", () => {
    fc.assert(
      fc.property(document, document, (one, other) => {
        expect(sorted(patched(one, diff(one, other)))).toEqual(sorted(other));
      }),
    );
  });

  test("there are differences if anything but the order of panels differs", () => {
    fc.assert(
      fc.property(document, document, (one, other) => {
        expect(diff(one, other).length === 0).toBe(equal(sorted(one), sorted(other)));
      }),
    );
  });
});
