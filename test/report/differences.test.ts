import { describe, expect, test } from "vitest";
import { MUTE_TIMING, NOTIFICATION_POLICY, RULE_GROUP } from "../../src/kinds/alerting/shapes.ts";
import { dashboardDifferences } from "../../src/kinds/dashboard/model/differences.ts";
import { diff } from "../../src/engine/diff.ts";
import type { Shape } from "../../src/engine/shape.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { countDifferences, differenceLines } from "../../src/report/differences.ts";

const plain = (_style: unknown, text: string) => text;
const dashboardLines = (before: JsonObject, after: JsonObject) =>
  differenceLines(dashboardDifferences(before, after), plain).map((line) => line.slice(6));
const lines = (before: JsonObject, after: JsonObject, shape: Shape) =>
  differenceLines(diff(before, after, shape), plain).map((line) => line.slice(6));

const panel = (id: number, title: string, y: number, more: JsonObject = {}): JsonObject => ({
  id,
  title,
  type: "timeseries",
  gridPos: { x: 0, y, w: 12, h: 8 },
  ...more,
});
const asking = (expr: string) => ({ panels: [panel(1, "Rate", 0, { targets: [{ refId: "A", expr }] })] });

describe("the number of differences", () => {
  const four = (y: number) => [1, 2, 3, 4].map((id) => panel(id, `Panel ${id}`, y + 8 * id));
  const count = (before: JsonObject, after: JsonObject) => countDifferences(dashboardDifferences(before, after));

  test("does not include panels that another panel pushed down", () => {
    const before = { panels: four(0) };
    expect(count(before, { panels: [panel(9, "New", 0), ...four(8)] })).toBe(1);
    const taller = panel(1, "Panel 1", 8, { gridPos: { x: 0, y: 8, w: 12, h: 10 } });
    expect(count(before, { panels: [taller, ...four(2).slice(1)] })).toBe(1);
  });

  test("includes panels that the author moved: once if they moved together", () => {
    const [before, [first, ...rest]] = [{ panels: four(0) }, four(0)];
    expect(count(before, { panels: four(3) })).toBe(1);
    expect(count(before, { panels: [{ ...first, gridPos: { x: 12, y: 8, w: 12, h: 8 } }, ...rest] })).toBe(1);
    expect(count(before, { panels: four(3).map((one) => ({ ...one, description: "New" })) })).toBe(5);
  });
});

describe("of a dashboard", () => {
  test("an added or removed panel is one line", () => {
    const [one, other] = [panel(1, "One", 0), panel(2, "Other", 8)];
    const moved = { ...one, gridPos: { x: 12, y: 0, w: 12, h: 8 } };
    expect(dashboardLines({ panels: [one, other] }, { panels: [moved, { ...other, title: "New" }] })).toEqual([
      '~ panel "One" moved from x 0, y 0 to x 12, y 0',
      '~ panel "Other" renamed to "New"',
    ]);
  });

  test("panels that another one moves down are one line, unless there are only two", () => {
    const below = (y: number, count: number) =>
      ["A", "B", "C", "D"].slice(0, count).map((title, index) => panel(index + 1, title, y + 8 * index));
    const added = panel(9, "New", 0);
    expect(dashboardLines({ panels: below(0, 4) }, { panels: [added, ...below(8, 4)] })).toEqual([
      '+ panel "New" (timeseries)',
      '~ 4 panels moved down by 8: "A", "B", "C" and 1 more',
    ]);
    expect(dashboardLines({ panels: [added, ...below(8, 2)] }, { panels: below(0, 2) })).toEqual([
      '- panel "New" (timeseries)',
      '~ panel "A" moved from x 0, y 8 to x 0, y 0',
      '~ panel "B" moved from x 0, y 16 to x 0, y 8',
    ]);
  });

  test("a panel that Grafana's UI migrated is one line, and lists its unchanged properties", () => {
    const legacy = panel(1, "Load", 0, { type: "graph", lines: true, targets: [{ refId: "A", expr: "up" }] });
    const saved = panel(1, "Load", 0, { options: { much: "more" }, targets: [{ refId: "A", expr: "up" }] });
    expect(dashboardLines({ panels: [saved] }, { panels: [legacy] })).toEqual([
      '~ panel "Load" was migrated by Grafana\'s UI from graph to timeseries',
    ]);
    const edited = { ...saved, targets: [{ refId: "A", expr: "down" }] };
    expect(dashboardLines({ panels: [edited] }, { panels: [legacy] })).toEqual([
      'panel "Load"',
      "  ~ was migrated by Grafana's UI from graph to timeseries",
      "  query A",
      '    ~ expr: "down" → "up"',
    ]);
  });

  test("the changed part of a long query is marked, with its context", () => {
    const query = (range: string) =>
      `sum by (method, path) (rate(http_requests_total{job=~"$job", instance=~"$instance", method=~"$method"}[${range}]))`;
    const [, , head, ...text] = dashboardLines(asking(query("5m")), asking(query("$__rate_interval")));
    expect(head).toBe("    ~ expr:");
    expect(text).toEqual([
      '        - …job", instance=~"$instance", method=~"$method"}[5m]))',
      `          ${" ".repeat(49)}^^`,
      '        + …job", instance=~"$instance", method=~"$method"}[$__rate_interval]))',
      `          ${" ".repeat(49)}${"^".repeat(16)}`,
    ]);
  });

  test("two queries without common parts are shown without marks", () => {
    const [, , , ...text] = dashboardLines(
      asking("sum(increase(agent_tasks_total[1h]))"),
      asking("histogram_quantile(0.95, redis_seconds_bucket)"),
    );
    expect(text.join("\n")).not.toContain("^");
    expect(text).toHaveLength(2);
  });

  test("a long text is shown with its changed lines", () => {
    const text = (last: string) => ({ description: `One\nTwo\nThree\n${last}` });
    expect(dashboardLines(text("Four"), text("Five"))).toEqual(["~ description:", "    - Four", "    + Five"]);
  });

  test("added and removed tags are listed", () => {
    expect(dashboardLines({ tags: ["a", "b"] }, { tags: ["b", "c"] })).toEqual(['~ tags: + "c", - "a"']);
  });
});

describe("of alerting", () => {
  test("intervals, time ranges and thresholds are shown in a readable form", () => {
    const group = (interval: number, from: number, limit: number) => ({
      interval,
      rules: [
        {
          uid: "r",
          title: "Slow",
          data: [
            { refId: "A", relativeTimeRange: { from, to: 0 } },
            { refId: "B", model: { conditions: [{ type: "query", evaluator: { type: "gt", params: [limit] } }] } },
          ],
        },
      ],
    });
    expect(lines(group(60, 600, 1), group(300, 3600, 2.5), RULE_GROUP)).toEqual([
      "~ interval: 1m → 5m",
      'rule "Slow"',
      "  query A",
      "    ~ time range: last 10m → last 1h",
      "  query B",
      "    ~ condition.threshold: above 1 → above 2.5",
    ]);
  });

  test("a policy with another matcher or receiver is the same policy, shown with its position", () => {
    const route = (value: string, receiver: string) => ({ object_matchers: [["team", "=", value]], receiver });
    const tree = (...routes: JsonObject[]) => ({ receiver: "all", routes });
    const [a, b] = [route("a", "slack"), route("b", "email")];
    expect(lines(tree(a, b), tree(route("c", "slack"), b), NOTIFICATION_POLICY)).toEqual([
      'policy "team=a"',
      '  ~ matchers: "team=a" → "team=c"',
    ]);
    expect(lines(tree(a, b), tree(a, route("b", "pager")), NOTIFICATION_POLICY)).toEqual([
      'policy "team=b"',
      '  ~ receiver: "email" → "pager"',
    ]);
    expect(lines(tree(a, b), tree(b, a), NOTIFICATION_POLICY)).toEqual([
      '~ policies reordered: "team=a", "team=b" → "team=b", "team=a"',
    ]);
    expect(lines(tree(a), tree(route("new", "pager"), a), NOTIFICATION_POLICY)).toEqual([
      '+ policy "team=new" to "pager"',
    ]);
  });

  test("an interval of a mute timing is named by its content", () => {
    const timing = (start: string) => ({
      time_intervals: [{ weekdays: ["saturday", "sunday"], times: [{ start_time: start, end_time: "24:00" }] }],
    });
    expect(lines(timing("18:00"), timing("20:00"), MUTE_TIMING)).toEqual([
      'interval "saturday, sunday, 18:00-24:00"',
      "  ~ times: 18:00-24:00 → 20:00-24:00",
    ]);
  });
});
