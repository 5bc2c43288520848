import { describe, expect, test } from "vitest";
import { reversed } from "../../src/engine/reverse.ts";
import { dashboardDifferences } from "../../src/kinds/dashboard/model/differences.ts";
import { differenceLines } from "../../src/report/differences.ts";
import { painter } from "../../src/report/output.ts";
import { toJson, type JsonObject } from "../../src/util/json.ts";

const plain = painter({ stream: process.stdout, color: false });

/** The report of a change from `applied` to `now` in Grafana. */
function reported(applied: JsonObject, now: JsonObject): string {
  return differenceLines(reversed(dashboardDifferences(now, applied)), plain)
    .map((line) => line.trim())
    .join("\n");
}

const panel = (title: string, expr: string, refId = "A") =>
  toJson({ id: 3, type: "timeseries", title, targets: [{ refId, expr }] });
const variable = (name: string, query: string) => toJson({ type: "query", name, query });

describe("a change made in Grafana, reported from the state before it", () => {
  test("names a renamed panel by its former title, also for its other changes", () => {
    const text = reported({ panels: [panel("Requests", "up")] }, { panels: [panel("Traffic", "down")] });
    expect(text).toContain('panel "Requests"');
    expect(text).toContain('renamed to "Traffic"');
    expect(text).toContain('"up" → "down"');
    expect(text).not.toContain('panel "Traffic"');
  });

  test("names panels in a row, and panels whose title contains the other one", () => {
    const row = (title: string, inner: ReturnType<typeof panel>) =>
      toJson({ id: 9, type: "row", collapsed: true, title, panels: [inner] });
    const text = reported(
      { panels: [row("Row", panel("A", "up"))] },
      { panels: [row("Row A", panel('Panel "A"', "up"))] },
    );
    expect(text).toMatch(/panel "A".*renamed to "Panel \\?"A\\?""/s);
    expect(text).toMatch(/row "Row"[^A].*renamed to "Row A"/s);
  });

  test("names a panel that other panels are called like", () => {
    const other = toJson({ id: 4, type: "timeseries", title: "Requests", targets: [] });
    const text = reported({ panels: [panel("Requests", "up"), other] }, { panels: [panel("Traffic", "up"), other] });
    expect(text).toMatch(/panel "Requests".*renamed to "Traffic"/s);
  });

  test("keeps additions, removals and changes of other properties", () => {
    const differences = dashboardDifferences(
      { title: "Now", tags: ["b"], templating: { list: [variable("x", "q")] } },
      { title: "Then", templating: { list: [variable("x", "r")] } },
    );
    expect(reversed(differences).map(({ type, before, after }) => ({ type, before, after }))).toEqual(
      differences.map(({ type, before, after }) => ({
        type: { added: "removed", removed: "added", changed: "changed" }[type],
        before: after,
        after: before,
      })),
    );
  });
});
