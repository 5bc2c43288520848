import { describe, expect, test } from "vitest";
import type { Change, Plan } from "../../src/engine/change.ts";
import type { Difference } from "../../src/engine/difference.ts";
import { dashboardDifferences } from "../../src/kinds/dashboard/model/differences.ts";
import { kinds } from "../../src/kinds/index.ts";
import { groupChanges } from "../../src/report/common-changes.ts";
import { planMarkdown } from "../../src/report/markdown.ts";
import { planText } from "../../src/report/text.ts";
import type { JsonObject } from "../../src/util/json.ts";

const PLAIN = { stream: process.stdout, color: false };

function planOf(changes: readonly Change[]): Plan {
  const lists = { unseen: [], orphans: [], uncheckedSecrets: [], notes: [] };
  return { version: 1, project: "p", changes, unchanged: 0, ...lists };
}

function change(id: string, more: Partial<Change> = {}): Change {
  const base = { kind: "dashboard", id, title: id.toUpperCase(), action: "update", origin: "code" } as const;
  return { ...base, differences: [], verified: true, needs: [], ...more };
}

function times<Of>(count: number, make: (index: number) => Of): Of[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A dashboard with panels whose unit changes from seconds to milliseconds. */
function unitChange(panels: number, name: string): Difference[] {
  const form = (unit: string): JsonObject => ({
    panels: times(panels, (index) => ({
      id: index + 1,
      type: "stat",
      title: `${name} ${index}`,
      fieldConfig: { defaults: { unit } },
    })),
  });
  return dashboardDifferences(form("s"), form("ms"));
}

const linesOf = (plan: Plan, verbose = false) =>
  planText(plan, { ...PLAIN, verbose })
    .trimEnd()
    .split("\n");

describe("the same change in many resources", () => {
  const six = planOf(
    times(600, (index) => change(`d${index}`, { differences: unitChange(1 + (index % 2), `Panel ${index}`) })),
  );

  test("is shown once, on one screen, with some of the resources", () => {
    const lines = linesOf(six);

    expect(lines.length).toBeLessThan(12);
    expect(lines.slice(0, 3)).toEqual([
      "  ~ 600 dashboards  changed in code",
      "      900 panels",
      '        ~ unit: "s" (seconds) → "ms" (milliseconds)',
    ]);
    expect(lines[3]).toContain("dashboard/d0, dashboard/d1");
    expect(lines[3]).toContain("and 595 more");
    expect(lines.at(-1)).toBe("Plan: 0 to add, 600 to change, 0 to destroy. 0 unchanged.");
  });

  test("lists all resources with -v", () => {
    expect(linesOf(six, true).filter((line) => /^ {6}dashboard\/d\d+$/.test(line))).toHaveLength(600);
  });

  test("is one folded list in a comment that GitHub takes", () => {
    const text = planMarkdown(six, kinds, { target: "Grafana" });

    expect(text.length).toBeLessThanOrEqual(65_536);
    expect(text.match(/<details>/g)).toHaveLength(1);
    expect(text).toContain("<summary>600 dashboards with the same changes</summary>");
    expect(text).toContain("| ✏️ change | 600 dashboards |");
    expect(text).toContain("  dashboard/d499\n  and 100 more\n");
    expect(text).not.toContain("are omitted");
  });

  test("keeps the name of a part that all resources have", () => {
    const plan = planOf(times(3, (index) => change(`d${index}`, { differences: unitChange(1, "Errors") })));
    expect(linesOf(plan)[1]).toBe('      panel "Errors 0"');
  });

  test("shows the other changes of each resource separately, and counts the common ones", () => {
    const title = (index: number): Difference => ({
      type: "changed",
      path: "title",
      labels: ["title"],
      meaning: "renamed",
      before: `Old ${index}`,
      after: `New ${index}`,
    });
    const all = times(4, (index) =>
      change(`d${index}`, { differences: [...unitChange(1, `P${index}`), ...(index === 0 ? [title(index)] : [])] }),
    );
    const { common, others } = groupChanges(all, 3);

    expect(common).toHaveLength(1);
    expect(common[0]?.changes).toHaveLength(4);
    expect(others.map((one) => [one.change.id, one.differences, one.inCommon])).toEqual([["d0", [title(0)], 1]]);
    expect(linesOf(planOf(all)).filter((line) => line.includes("in common"))).toHaveLength(1);
  });

  test.each<[string, (index: number) => Partial<Change>]>([
    ["another origin", (index) => ({ origin: index === 0 ? "both" : "code" })],
    ["another action", (index) => ({ action: index === 0 ? "adopt" : "update" })],
    ["another kind", (index) => ({ kind: index === 0 ? "library-panel" : "dashboard" })],
    ["no dry run", (index) => ({ verified: index !== 0 })],
  ])("does not include a resource with %s", (_name, more) => {
    const all = times(3, (index) => change(`d${index}`, { differences: unitChange(1, "P"), ...more(index) }));
    expect(groupChanges(all, 3)).toMatchObject({ common: [], others: [{}, {}, {}] });
  });

  test("lists resources with side effects and losses", () => {
    const all = times(3, (index) =>
      change(`d${index}`, { differences: unitChange(1, "P"), ...(index === 1 ? { loss: "2 tabs are lost" } : {}) }),
    );
    expect(groupChanges(all, 3).others.map((one) => one.change.id)).toEqual(["d1"]);
  });

  test("changes nothing in the changes themselves", () => {
    const before = JSON.stringify(six);
    planText(six, PLAIN);
    planMarkdown(six, kinds, { target: "Grafana" });
    expect(JSON.stringify(six)).toBe(before);
  });
});

describe("objects that are skipped for the same reason", () => {
  const foreign = (count: number) =>
    planOf(
      times(count, (index) =>
        change(`d${index}`, {
          action: "adopt",
          left: { reason: "foreign", message: "exists in Grafana", hint: `adopt it with --adopt dashboard/d${index}` },
        }),
      ),
    );

  test("are shown once if there are many", () => {
    expect(linesOf(foreign(600))).toEqual([
      "Not applied:",
      "  ! 600 dashboards: exists in Grafana",
      expect.stringContaining("dashboard/d0, dashboard/d1"),
      "      adopt it with --adopt KIND/ID",
      "",
      "Plan: 0 to add, 0 to change, 0 to destroy. 600 not applied. 0 unchanged.",
    ]);
  });

  test("are listed one by one if there are few", () => {
    expect(linesOf(foreign(9)).filter((line) => line.startsWith("  ! dashboard/"))).toHaveLength(9);
  });
});
