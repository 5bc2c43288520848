import { stripVTControlCharacters } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../src/engine/events.ts";
import { dashboardDifferences } from "../../src/kinds/dashboard/model/differences.ts";
import type { Difference } from "../../src/engine/difference.ts";
import type { JsonObject } from "../../src/util/json.ts";
import type { Change, Plan } from "../../src/engine/change.ts";
import { EXIT, ProvisionError } from "../../src/util/errors.ts";
import { faultsText, outcomesText, planText } from "../../src/report/text.ts";
import { GENERATED } from "../helpers/seed.ts";

const PLAIN = { stream: process.stdout, color: false };

function change(more: Partial<Change> = {}): Change {
  const base = { kind: "dashboard", id: "fastapi", title: "FastAPI", action: "update" } as const;
  return { ...base, differences: [], verified: true, needs: [], ...more };
}

function plan(changes: readonly Change[], more: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    project: "own",
    changes,
    unchanged: 0,
    orphans: [],
    unseen: [],
    uncheckedSecrets: [],
    notes: [],
    ...more,
  };
}

const textOf = (...changes: Change[]) => planText(plan(changes), PLAIN);
const lastLine = (text: string) => text.trimEnd().split("\n").at(-1);
/** The plan of a dashboard that changes from one content to the other. */
const shown = (before: JsonObject, after: JsonObject) =>
  textOf(change({ differences: dashboardDifferences(before, after) }));

describe("the summary line", () => {
  test("counts additions, changes and deletions, and is the last line", () => {
    const changes = [
      change({ action: "create" }),
      change({ action: "update" }),
      change({ action: "adopt" }),
      change({ action: "delete" }),
    ];

    expect(lastLine(planText(plan(changes, { unchanged: 12 }), PLAIN))).toBe(
      "Plan: 1 to add, 2 to change, 1 to destroy. 12 unchanged.",
    );
  });

  test("counts skipped changes separately", () => {
    const left = { reason: "drift", message: "changed in Grafana since the last apply" } as const;

    expect(lastLine(textOf(change({ left })))).toContain("0 to change, 0 to destroy. 1 not applied.");
    expect(lastLine(textOf(change({ left }), change({ left })))).toContain("2 not applied.");
  });

  test("uses the singular for one resource", () => {
    expect(planText(plan([], { unchanged: 1 }), PLAIN)).toBe(
      "Plan: 0 to add, 0 to change, 0 to destroy. 1 unchanged.\n",
    );
  });
});

function query(expr: string, legend: string): JsonObject {
  return { refId: "A", expr, legend };
}

function withPanel(target: JsonObject, more: JsonObject = {}): JsonObject {
  return { panels: [{ id: 3, type: "timeseries", title: "Request rate", targets: [target], ...more }] };
}

describe("a change", () => {
  test("contains the resource, its file and its origin", () => {
    const source = { file: "dashboards/fastapi.ts", export: "default" };

    expect(textOf(change({ source, origin: "code" }))).toContain(
      '  ~ dashboard/fastapi "FastAPI"  dashboards/fastapi.ts, changed in code\n',
    );
    expect(textOf(change({ source, action: "create", verified: false }))).toContain(
      '  + dashboard/fastapi "FastAPI"  dashboards/fastapi.ts, not verified by Grafana\n',
    );
    expect(textOf(change({ action: "delete" }))).toContain('  - dashboard/fastapi "FastAPI"\n');
  });

  test("is nested below its panel and query, each named once", () => {
    expect(
      shown(
        withPanel(query("up", "x")),
        withPanel(query("down", "y"), {
          gridPos: { x: 0, y: 0, w: 12, h: 8 },
          fieldConfig: { defaults: { unit: "s" } },
        }),
      ),
    ).toContain(
      [
        '      panel "Request rate"',
        "        + gridPos: x 0, y 0, 12 × 8",
        '        + unit: "s" (seconds)',
        "        query A",
        '          ~ expr: "up" → "down"',
        '          ~ legend: "x" → "y"',
      ].join("\n"),
    );
  });

  test("of nested properties is one path", () => {
    expect(shown({ timepicker: { now: { delay: "1m" } } }, { timepicker: { now: { delay: "2m" } } })).toContain(
      '      ~ timepicker.now.delay: "1m" → "2m"\n',
    );
  });

  test("shows an added or removed panel by title and type, without its content", () => {
    const panels = { panels: [{ id: 1, type: "stat", title: "Errors", options: { much: "more" } }] };

    expect(shown({ panels: [] }, panels)).toContain('      + panel "Errors" (stat)\n');
    expect(shown(panels, { panels: [] })).toContain('      - panel "Errors" (stat)\n');
    expect(shown({ panels: [] }, panels)).not.toContain("much");
  });

  test("shows side effects", () => {
    expect(textOf(change({ sideEffect: "datasource/old is no longer the default" }))).toContain(
      "      ! datasource/old is no longer the default\n",
    );
  });

  test("with many properties shows some and the number of the others", () => {
    const differences = Array.from({ length: 100 }, (_, index): Difference => {
      const name = `property${index}`;
      return { type: "added", path: name, labels: [name], after: 1 };
    });

    const text = textOf(change({ differences }));

    expect(text).toContain("property0:");
    expect(text).not.toContain("property99:");
    const listed = text.split("\n").filter((line) => line.includes("+ property")).length;
    expect(text).toContain(`and ${100 - listed} more lines`);
  });
});

describe("skipped changes", () => {
  test("are listed separately, with the reason, the author, the difference and the fix", () => {
    const text = textOf(
      change({ id: "done", action: "create" }),
      change({
        differences: [{ type: "changed", path: "title", labels: ["title"], before: "By hand", after: "FastAPI" }],
        updatedBy: "user:alice",
        updatedAt: "2026-01-02T03:04:05Z",
        left: { reason: "drift", message: "changed in Grafana", hint: "use --overwrite-drift dashboard/fastapi" },
      }),
    );

    expect(text).toContain(
      [
        "Not applied:",
        '  ! dashboard/fastapi "FastAPI": changed in Grafana, last by user:alice at 2026-01-02T03:04:05Z',
        '      ~ title: "By hand" → "FastAPI"',
        "      use --overwrite-drift dashboard/fastapi",
      ].join("\n"),
    );
    expect(text.indexOf("dashboard/done")).toBeLessThan(text.indexOf("Not applied"));
  });

  test("objects to prune are listed with the option, and the remaining ones are counted", () => {
    const orphans = Array.from({ length: 13 }, (_, index) => `dashboard/old${index}`);
    const text = planText(plan([], { orphans }), PLAIN);

    expect(text).toContain("--prune");
    expect(text).toContain("- dashboard/old9\n");
    expect(text).not.toContain("dashboard/old10");
    expect(text).toContain("and 3 more");
  });
});

describe("long values", () => {
  const long = `sum by (instance) (rate(http_requests_total{job="api"}[5m]))${" + 0".repeat(50)}`;

  test("are shortened, so that the lines of a plan stay readable", () => {
    const text = shown({ tags: [] }, { tags: Array.from({ length: 100 }, (_, index) => `tag-${index}`) });

    for (const line of text.split("\n")) expect(line.length).toBeLessThan(120);
    expect(text).toContain("…");
    // Beginning and end are kept, because most values differ in one of them.
    expect(text).toContain("tag-0");
    expect(text).toContain("tag-99");
  });

  test("are shortened around their difference", () => {
    const text = shown({ expr: `${long} + 1` }, { expr: `${long} + 2` });

    expect(text).toMatch(/- ….*\+ 1\n\s+\^\n\s+\+ ….*\+ 2\n\s+\^\n/);
    expect(text).not.toContain("sum by");
  });

  test("are shown completely if they are short", () => {
    expect(shown({ expr: "up" }, { expr: "up == 0" })).toContain('expr: "up" → "up == 0"');
  });
});

/** A plan with this text in every place that can contain untrusted text. */
function everywhere(text: string): { changes: Change[]; orphans: string[] } {
  const differences: Difference[] = [
    { type: "changed", path: "a", labels: [`panel "${text}"`, text], before: text, after: `${text}!` },
    { type: "added", path: "b", labels: ["b"], after: { [text]: text } },
    { type: "removed", path: "c", labels: [`variable "${text}"`], before: { type: text } },
  ];
  return {
    changes: [
      change({ title: text, differences, sideEffect: text }),
      change({
        title: text,
        differences,
        updatedBy: text,
        updatedAt: text,
        left: { reason: "drift", message: text, hint: text },
      }),
    ],
    orphans: [`dashboard/${text}`],
  };
}

describe("untrusted text", () => {
  const escape = "\u001B[2J\u001B]0;owned\u0007\u009B31m\r\n\u0000\u007F\u202Eevil\u2066\u2028";
  // eslint-disable-next-line no-control-regex
  const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;

  test("is printed without control characters and escape sequences", () => {
    const { changes, orphans } = everywhere(escape);
    const text = planText(plan(changes, { orphans }), PLAIN);

    for (const line of text.split("\n")) expect(line).not.toMatch(HARMFUL);
    expect(text).toContain("evil");
  });

  test("can't start a new line", GENERATED, () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("\u001B[31m", "\u009B2K", "\nPlan", "\rPlan", "\u2028"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const { changes, orphans } = everywhere(pieces.join("x"));
        const lines = planText(plan(changes, { orphans }), PLAIN).trimEnd().split("\n");
        for (const line of lines) expect(line).not.toMatch(HARMFUL);
        const unindented = lines.filter((line) => line !== "" && !line.startsWith("  "));
        expect(unindented.map((line) => line.replace(/[:(].*$/, "").trim())).toEqual([
          "Not applied",
          "No longer in the code",
          "Plan",
        ]);
      }),
    );
  });

  test("is cleaned in the report of an apply too", () => {
    const error = new ProvisionError(`Grafana says ${escape}`, {
      exitCode: EXIT.failure,
      code: "grafana-request-rejected",
      hint: escape,
    });
    const outcomes: Outcome[] = [{ change: change(), status: "failed", error, milliseconds: 1 }];
    const text = outcomesText(outcomes, plan([change()]), { ...PLAIN, verbose: true });

    for (const line of text.split("\n")) expect(line).not.toMatch(HARMFUL);
    expect(text).toContain("Grafana says");
  });
});

function outcome(status: Outcome["status"], more: Partial<Outcome> = {}): Outcome {
  return { change: change(), status, milliseconds: 12.4, ...more };
}

describe("the result of an apply", () => {
  test("does not list completed changes without -v", () => {
    const outcomes = [outcome("done", { change: change({ action: "create" }) })];
    const given = plan([change({ action: "create" })]);

    expect(outcomesText(outcomes, given, { ...PLAIN, verbose: false })).toBe(
      "Applied: 1 added, 0 changed, 0 destroyed.\n",
    );
    expect(outcomesText(outcomes, given, { ...PLAIN, verbose: true })).toContain("✓ dashboard/fastapi 12 ms");
  });

  test("lists failures with the fix, skipped changes with the reason, and the next command", () => {
    const error = new ProvisionError("Grafana refuses this", {
      exitCode: EXIT.failure,
      code: "grafana-request-rejected",
      hint: "Look at it.",
    });
    const text = outcomesText(
      [
        outcome("failed", { error }),
        outcome("skipped", { because: "folder/a was not written" }),
        outcome("cancelled"),
        outcome("done"),
      ],
      plan([]),
      { ...PLAIN, verbose: false },
    );

    expect(text).toContain("✗ dashboard/fastapi: Grafana refuses this\n      Look at it.\n");
    expect(text).toContain("dashboard/fastapi: skipped, folder/a was not written\n");
    expect(text).toContain("dashboard/fastapi: cancelled\n");
    expect(text).toContain("Applied: 0 added, 1 changed, 0 destroyed, 1 failed, 1 skipped, 1 cancelled.");
    expect(lastLine(text)).toContain("Run the command again");
  });
});

test("the text with colors is the same text", () => {
  const differences = dashboardDifferences({ title: "a" }, { title: "b" });
  const given = plan([change({ differences, origin: "code" }), change({ action: "delete" })], {
    orphans: ["folder/x"],
  });

  expect(stripVTControlCharacters(planText(given, { stream: process.stdout, color: true }))).toBe(
    planText(given, PLAIN),
  );
});

test("faults: errors before warnings, each with its place and the fix", () => {
  const text = faultsText(
    [
      { level: "warning", file: "b.ts", export: "default", message: "looks odd" },
      { level: "error", file: "a.ts", export: "x[2]", path: "panels[0].type", message: "is missing", hint: "Add it." },
    ],
    PLAIN,
  );

  expect(text).toBe(
    "error a.ts (export x[2]) panels[0].type: is missing\n        Add it.\nwarning b.ts (default export): looks odd\n",
  );
  expect(faultsText([], PLAIN)).toBe("");
});
