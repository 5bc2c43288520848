import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Difference } from "../../src/engine/difference.ts";
import type { Comparison } from "../../src/engine/comparison.ts";
import { FORM } from "../../src/ownership/marker.ts";
import { countChanges, isInSync } from "../../src/engine/plan-summary.ts";
import { makePlan } from "../../src/engine/plan.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import type { PlanInput, ExecutablePlan } from "../../src/engine/executable-plan.ts";
import { address, type LiveObject, type Ownership, type Reference } from "../../src/engine/model.ts";
import { kinds } from "../../src/kinds/index.ts";
import { only } from "../helpers/converge.ts";
import { GENERATED } from "../helpers/seed.ts";

const HASH = "a".repeat(32);
const OTHER_HASH = "b".repeat(32);
const DIFFERENCE: Difference = { type: "changed", path: "title", labels: ["title"], before: "a", after: "b" };

interface Given {
  /** Absent: it does not exist in Grafana. */
  readonly live?: { readonly ownership?: Ownership; readonly form?: number; readonly codeHash?: string };
  readonly differs?: boolean;
  readonly edited?: "yes" | "no" | "unknown";
  readonly obstacle?: string;
  readonly needs?: readonly string[];
}

/** The comparison of the resource `kind/id`. */
function compared(name: string, { live, differs = true, edited = "no", obstacle, needs = [] }: Given): Comparison {
  const [kind = "", id = ""] = name.split("/");
  const references = needs.map((need): Reference => {
    const [kind = "", id = ""] = need.split("/");
    return { kind, id, path: "folder", existing: false };
  });
  return {
    desired: {
      kind,
      id,
      title: id,
      resource: {},
      source: { file: "a.ts", export: "a" },
      references,
      project: "own",
      hash: HASH,
    },
    ...(live ? { live: object(id, live) } : {}),
    differences: live && differs ? [DIFFERENCE] : [],
    edited,
    verified: true,
    ...(obstacle ? { obstacle } : {}),
  };
}

function object(
  id: string,
  { ownership = { state: "ours" }, form = FORM, codeHash = HASH }: Given["live"] & object = {},
  parent?: string,
): LiveObject {
  const applied = { form, codeHash, contentHash: HASH, version: 1, uid: id };
  const more = parent === undefined ? {} : { parent };
  // The bodies of datasources and contact points, which have no secrets.
  const body = { body: {}, integrations: [] };
  return { id, title: id, version: "1", ownership, applied, touched: false, complete: true, ...body, ...more };
}

/** The plan for these comparisons, if Grafana has their live objects and these others. */
function planOf(
  comparisons: readonly Comparison[],
  { others = {}, ...input }: Partial<PlanInput> & { readonly others?: Record<string, readonly LiveObject[]> } = {},
): ExecutablePlan {
  const live = new Map<string, LiveObject[]>();
  for (const kind of kinds.keys()) {
    const own = comparisons.flatMap((one) => (one.desired.kind === kind && one.live ? [one.live] : []));
    live.set(kind, [...own, ...(others[kind] ?? [])]);
  }
  return makePlan({
    project: "own",
    kinds,
    comparisons,
    live,
    declared: new Set(comparisons.map(({ desired }) => address(desired))),
    selected: () => true,
    adopt: NOTHING,
    overwriteDrift: NOTHING,
    prune: false,
    ...input,
  });
}

const only1 = ({ plan }: ExecutablePlan) => {
  expect(plan.changes).toHaveLength(1);
  return plan.changes[0];
};

describe("the change of one resource", () => {
  test("that Grafana does not have is a creation", () => {
    const prepared = planOf([compared("folder/a", {})]);
    expect(only1(prepared)).toMatchObject({ action: "create", kind: "folder", id: "a" });
    expect([...prepared.writes.keys()]).toEqual(["folder/a"]);
  });

  test("that equals the code is absent", () => {
    const prepared = planOf([compared("folder/a", { live: {}, differs: false })]);
    expect(prepared.plan).toMatchObject({ changes: [], unchanged: 1 });
    expect(prepared.writes.size).toBe(0);
    expect(isInSync(prepared.plan)).toBe(true);
  });

  test.each([
    ["the code has changed", { live: { codeHash: OTHER_HASH } }, "code", false],
    ["the content has changed", { live: {}, edited: "yes" }, "grafana", true],
    ["both have changed", { live: { codeHash: OTHER_HASH }, edited: "yes" }, "both", true],
    ["its mark is not comparable, and edits are unknown", { live: { form: 0 }, edited: "unknown" }, "unknown", true],
    ["its mark is not comparable, and it was not edited", { live: { form: 0 }, edited: "no" }, "code", false],
  ] satisfies [string, Given, string, boolean][])(
    "has its origin if %s, and a change made in Grafana requires consent",
    (_what, given, origin, left) => {
      const prepared = planOf([compared("dashboard/a", given)]);
      expect(only1(prepared)).toMatchObject({ action: "update", origin });
      expect(only1(prepared)?.left?.reason).toBe(left ? "drift" : undefined);
      expect(prepared.writes.has("dashboard/a")).toBe(!left);

      for (const overwriteDrift of [only("dashboard/a"), { all: true, addresses: new Set<string>() }]) {
        const consented = planOf([compared("dashboard/a", given)], { overwriteDrift });
        expect(only1(consented)?.left).toBeUndefined();
        expect(consented.writes.has("dashboard/a")).toBe(true);
      }
    },
  );

  test("of another owner is skipped until it is adopted", () => {
    const given = { live: { ownership: { state: "foreign", manager: "terraform platform" } } } as const;
    const left = planOf([compared("dashboard/a", given)]);
    expect(only1(left)).toMatchObject({
      action: "adopt",
      left: { reason: "foreign", message: "exists in Grafana, managed by terraform platform" },
    });
    expect(left.writes.size).toBe(0);

    const adopted = planOf([compared("dashboard/a", given)], { adopt: only("dashboard/a") });
    expect(only1(adopted)?.left).toBeUndefined();
    // The live object as it was read, because the write sends its version.
    expect(adopted.writes.get("dashboard/a")?.live?.id).toBe("a");
  });

  test("that can't be adopted is skipped, even with --adopt without names", () => {
    const ownership = { state: "locked", manager: "repo main", why: "change it there" } as const;
    const prepared = planOf([compared("dashboard/a", { live: { ownership } })], { adopt: { ...NOTHING, all: true } });

    expect(only1(prepared)?.left).toEqual({ reason: "locked", message: "managed by repo main: change it there" });
    expect(prepared.writes.size).toBe(0);
  });

  test("that an update can't make is skipped with the fix", () => {
    for (const given of [{}, { live: { codeHash: OTHER_HASH } }]) {
      const prepared = planOf([compared("datasource/a", { ...given, obstacle: "give it another name" })]);
      expect(only1(prepared)?.left).toEqual({ reason: "obstacle", message: "give it another name" });
      expect(prepared.writes.size).toBe(0);
    }
  });
});

describe("the change of a resource with dependencies", () => {
  test("waits for a dependency that is written too, but not for an existing one", () => {
    const { plan } = planOf([
      compared("dashboard/d", { needs: ["folder/new", "folder/there"] }),
      compared("folder/new", {}),
      compared("folder/there", { live: {}, differs: false }),
    ]);

    expect(plan.changes.find(({ id }) => id === "d")?.needs).toEqual(["folder/new"]);
  });

  test("is skipped if a dependency is neither there nor created, and so are the changes that depend on it", () => {
    const prepared = planOf([
      compared("dashboard/d", { needs: ["folder/inner"] }),
      compared("folder/inner", { needs: ["folder/outer"] }),
      compared("folder/outer", { obstacle: "not possible" }),
      compared("dashboard/apart", {}),
    ]);

    const left = Object.fromEntries(prepared.plan.changes.map(({ id, left }) => [id, left]));
    expect(left).toEqual({
      outer: { reason: "obstacle", message: "not possible" },
      inner: {
        reason: "dependency",
        message: "depends on folder/outer, which does not exist in Grafana",
        hint: "see folder/outer",
      },
      d: {
        reason: "dependency",
        message: "depends on folder/inner, which does not exist in Grafana",
        hint: "see folder/inner",
      },
      apart: undefined,
    });
    expect([...prepared.writes.keys()]).toEqual(["dashboard/apart"]);
  });

  test("is not skipped, and waits for nothing, if the dependency exists and only its change is skipped", () => {
    const { plan } = planOf([
      compared("folder/f", { live: {}, edited: "yes" }),
      compared("dashboard/d", { needs: ["folder/f"] }),
    ]);

    expect(plan.changes.map(({ id, left, needs }) => [id, left?.reason, needs])).toEqual([
      ["f", "drift", []],
      ["d", undefined, []],
    ]);
  });

  test("is skipped if --only excludes a dependency that Grafana does not have, with the option to add", () => {
    const declared = new Set(["folder/f", "dashboard/d"]);
    const comparisons = [compared("dashboard/d", { needs: ["folder/f"] })];

    expect(only1(planOf(comparisons, { declared }))?.left).toEqual({
      reason: "dependency",
      message: "depends on folder/f, which does not exist in Grafana",
      hint: "add --only folder/f",
    });
    const there = planOf(comparisons, { declared, others: { folder: [object("f")] } });
    expect(only1(there)?.left).toBeUndefined();
  });
});

describe("an owned object that is no longer in the code", () => {
  const others = { dashboard: [object("gone"), object("theirs", { ownership: { state: "foreign" } })] };

  test("is listed without --prune, and Grafana then does not match the code", () => {
    const { plan, removals } = planOf([], { others });
    expect(plan).toMatchObject({ changes: [], orphans: ["dashboard/gone"] });
    expect(removals.size).toBe(0);
    expect(isInSync(plan)).toBe(false);
  });

  test("is deleted with --prune, and then no longer listed", () => {
    const { plan, removals } = planOf([], { others, prune: true });
    expect(plan.changes).toMatchObject([{ action: "delete", kind: "dashboard", id: "gone" }]);
    expect(plan.orphans).toEqual([]);
    expect([...removals.keys()]).toEqual(["dashboard/gone"]);
  });

  test("is deleted even if a new folder has the same title", () => {
    const old = { ...object("old"), title: "new" };
    const { plan } = planOf([compared("folder/new", {}), compared("dashboard/d", { needs: ["folder/new"] })], {
      others: { folder: [old] },
      prune: true,
    });

    expect(plan.changes.filter(({ action }) => action === "delete").map(address)).toEqual(["folder/old"]);
  });

  test("is kept if the code refers to it: by uid, or by name in an old dashboard", () => {
    const sources = [object("by-uid"), { ...object("x1"), title: "By name" }, object("unnamed")];
    const needs = ["datasource/by-uid", "datasource/By name"];
    const { plan } = planOf([compared("dashboard/d", { needs })], { others: { datasource: sources }, prune: true });

    expect(plan.changes.filter(({ action }) => action === "delete").map(address)).toEqual(["datasource/unnamed"]);
  });

  test("is deleted with its content if it is a folder, and kept with content that is not deleted, up to the root", () => {
    const folders = [object("a"), object("b", {}, "a"), object("c", {}, "b"), object("empty", {}, "a")];
    const theirs = object("theirs", { ownership: { state: "foreign" } }, "c");
    const inside = object("inside", {}, "c");

    const gone = planOf([], { others: { folder: folders, dashboard: [inside] }, prune: true });
    expect([...gone.removals.keys()].toSorted()).toEqual([
      "dashboard/inside",
      "folder/a",
      "folder/b",
      "folder/c",
      "folder/empty",
    ]);

    const kept = planOf([], { others: { folder: folders, dashboard: [inside, theirs] }, prune: true });
    expect([...kept.removals.keys()].toSorted()).toEqual(["dashboard/inside", "folder/empty"]);
    expect(countChanges(kept.plan)).toEqual({ add: 0, change: 0, destroy: 2, left: 3 });
  });
});

describe("the plan as a whole", () => {
  test("does not depend on the order of its input: dependencies first, deletions last", GENERATED, () => {
    const comparisons = [
      compared("dashboard/b", {}),
      compared("dashboard/a", {}),
      compared("datasource/s", {}),
      compared("folder/z", {}),
      compared("folder/y", { live: { codeHash: OTHER_HASH } }),
    ];
    const others = { folder: [object("f1"), object("f2")], dashboard: [object("d1")] };
    const expected = ["folder/y", "folder/z", "datasource/s", "dashboard/a", "dashboard/b"];
    const deleted = ["dashboard/d1", "folder/f2", "folder/f1"];

    fc.assert(
      fc.property(fc.shuffledSubarray(comparisons, { minLength: comparisons.length }), (shuffled) => {
        const { plan } = planOf(shuffled, { others, prune: true });
        expect(plan.changes.map(address)).toEqual([...expected, ...deleted]);
      }),
    );
  });

  test("counts changes, and skipped ones separately", () => {
    const { plan } = planOf(
      [
        compared("folder/new", {}),
        compared("folder/changed", { live: { codeHash: OTHER_HASH } }),
        compared("dashboard/taken", { live: { ownership: { state: "foreign" } } }),
        compared("dashboard/theirs", { live: { ownership: { state: "foreign" } } }),
        compared("dashboard/same", { live: {}, differs: false }),
      ],
      { adopt: only("dashboard/taken"), others: { datasource: [object("gone")] }, prune: true },
    );

    expect(countChanges(plan)).toEqual({ add: 1, change: 2, destroy: 1, left: 1 });
    expect(plan.unchanged).toBe(1);
  });

  test("is plain data that a file can contain", () => {
    const { plan } = planOf([compared("dashboard/d", { live: {}, edited: "yes" }), compared("folder/f", {})], {
      others: { dashboard: [object("gone")] },
      prune: true,
    });

    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});
