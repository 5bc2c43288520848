import type { JsonObject } from "../../../src/util/json.ts";
import { panel, rule, type Changed } from "./reviews.ts";

/** A dashboard with an added, a removed, a moved and two changed panels, one of them in a collapsed row. */
export const BEFORE: JsonObject = {
  panels: [
    panel(1, "Up", [0, 0, 4, 4], { type: "stat" }),
    panel(2, "Rate", [4, 0, 20, 4]),
    panel(3, "A row", [0, 4, 24, 1], { type: "row", targets: [] }),
    panel(4, "Errors", [0, 5, 12, 8]),
    panel(5, "Gone", [12, 5, 12, 8]),
    panel(6, "Closed", [0, 13, 24, 1], {
      type: "row",
      collapsed: true,
      targets: [],
      panels: [panel(7, "Inner left", [0, 14, 8, 6]), panel(8, "Inner right", [8, 14, 16, 6])],
    }),
    panel(9, "Below", [0, 14, 24, 5]),
  ],
};
export const AFTER: JsonObject = {
  panels: [
    panel(1, "Up", [0, 0, 4, 4], { type: "stat" }),
    panel(2, "Rate", [4, 0, 20, 4]),
    panel(3, "A row", [0, 4, 24, 1], { type: "row", targets: [] }),
    panel(4, "Errors", [12, 5, 12, 8]),
    panel(10, "New", [0, 5, 12, 8], { type: "gauge" }),
    panel(6, "Closed", [0, 13, 24, 1], {
      type: "row",
      collapsed: true,
      targets: [],
      panels: [
        panel(7, "Inner left", [0, 14, 8, 6], { fieldConfig: { defaults: { unit: "s" } } }),
        panel(8, "Inner right", [8, 14, 16, 6]),
      ],
    }),
    panel(9, "Below", [0, 14, 24, 5], { targets: [{ refId: "A", expr: "rate(other_total[5m])" }] }),
  ],
};
export const DASHBOARD: Changed = { kind: "dashboard", id: "fastapi", title: "FastAPI", before: BEFORE, after: AFTER };
const ERRORS = `sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))`;
const errors = (limit: number, wait: string) =>
  rule(
    "errors",
    "High error rate",
    ERRORS,
    { type: "gt", params: [limit] },
    { for: wait, labels: { severity: "critical" } },
  );
const down = rule("down", "Service down", "up", { type: "lt", params: [1] });
export const ALERTING: readonly Changed[] = [
  {
    kind: "rule-group",
    id: "f/critical",
    title: "critical",
    before: {
      interval: 60,
      rules: [errors(0.05, "2m"), down, rule("gone", "Old rule", "x", { type: "gt", params: [1] })],
    },
    after: { interval: 60, rules: [errors(0.1, "15m")] },
  },
  {
    kind: "rule-group",
    id: "f/other",
    title: "other",
    before: { interval: 60, rules: [rule("same", "Same", "x", { type: "gt", params: [1] })] },
    after: { interval: 60, rules: [rule("same", "Same", "x", { type: "gt", params: [1] }), down] },
  },
  {
    kind: "notification-policy",
    id: "default",
    title: "Notification policies",
    before: {
      receiver: "mail",
      routes: [
        { receiver: "pager", object_matchers: [["severity", "=", "critical"]], repeat_interval: "1h" },
        { receiver: "chat", object_matchers: [["severity", "=", "warning"]] },
        { receiver: "team", object_matchers: [["team", "=", "a"]] },
        { receiver: "old", object_matchers: [["team", "=", "b"]] },
      ],
    },
    after: {
      receiver: "mail",
      routes: [
        { receiver: "team", object_matchers: [["team", "=", "a"]] },
        {
          receiver: "pager",
          object_matchers: [["severity", "=", "critical"]],
          repeat_interval: "4h",
          routes: [{ receiver: "night", object_matchers: [["env", "=", "prod"]] }],
        },
        { receiver: "chat", object_matchers: [["severity", "=", "warning"]] },
      ],
    },
  },
];
