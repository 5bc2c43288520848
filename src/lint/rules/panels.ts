import type { SyntaxNode } from "@lezer/common";
import type { LintedPanel } from "../../engine/lint.ts";
import type { Found, FoundIn, ReadQuery, Rule } from "../model.ts";
import { address } from "../../engine/model.ts";
import { metricOf } from "../promql/promql.ts";
import { childrenOf, textOf, type Parsed } from "../syntax.ts";

/** Panels without data of their own. */
const WITHOUT_DATA = /^(?:row|text|news|dashlist|alertlist|welcome|gettingstarted|annolist|pluginlist|debug|live)$/;

function hasData({ type, queries, shared }: LintedPanel): boolean {
  return !shared && queries.length > 0 && !WITHOUT_DATA.test(type);
}

/** An expression that long is not understood at a glance. */
const LONG = 200;
const MANY = 3;

/** The different metrics, or selectors of streams, that an expression combines. Of alternatives with `or`, only one counts. */
function sourcesIn(parsed: Parsed, node: SyntaxNode): ReadonlySet<string> {
  if (node.name === "VectorSelector") return new Set([metricOf(parsed, node) ?? textOf(parsed, node)]);
  if (node.name === "Selector") return new Set([textOf(parsed, node)]);
  const parts = childrenOf(node).map((child) => sourcesIn(parsed, child));
  if (node.name === "BinaryExpr" && node.getChild("Or"))
    return parts.toSorted((a, b) => b.size - a.size)[0] ?? new Set();
  return new Set(parts.flatMap((part) => [...part]));
}

function sourcesOf({ parsed }: Partial<ReadQuery> = {}): number {
  return parsed ? sourcesIn(parsed, parsed.root).size : 0;
}

export const PANEL_RULES: readonly Rule[] = [
  {
    id: "title-missing",
    severity: "warning",
    group: "Dashboards",
    reason: "Without a title, a reader doesn't know what a panel shows, and links and alerts can't name it.",
    about:
      "Reports panels with queries and no title. Library panels, texts and lists are not reported. A title that consists only of a variable or a space counts as a title.",
    bad: "new TimeseriesBuilder().withTarget(query)",
    good: 'new TimeseriesBuilder().title("Requests").withTarget(query)',
    board: ({ panels }) =>
      panels
        .filter((panel) => hasData(panel) && panel.title === "")
        .map(({ path }): Found => ({ path, message: "the panel has no title", hint: "Set title." })),
  },
  {
    id: "title-duplicate",
    severity: "warning",
    group: "Dashboards",
    reason: "Two panels or dashboards with the same title can't be told apart in links, searches and messages.",
    about:
      "Reports two panels of the same type with the same title in one row or tab, and two dashboards with the same title in one folder. Repeated panels are not reported.",
    bad: 'Two time series with the title "Requests" in one row',
    good: '"Requests by method" and "Requests by status"',
    board: ({ panels }) => {
      const seen = new Set<string>();
      return panels.flatMap((panel): Found[] => {
        if (!hasData(panel) || panel.title.trim() === "" || panel.repeated) return [];
        const key = JSON.stringify([panel.section, panel.type, panel.title]);
        if (!seen.has(key)) {
          seen.add(key);
          return [];
        }
        return [
          {
            path: `${panel.path}.title`,
            message: `another panel here has the title "${panel.title}"`,
            hint: "Change one of the titles.",
          },
        ];
      });
    },
    project: ({ subjects }) => {
      const first = new Map<string, string>();
      return subjects.flatMap((subject): FoundIn[] => {
        const { board } = subject.linted;
        const { title } = subject.desired;
        if (board?.titledIn === undefined || title === "") return [];
        const key = JSON.stringify([board.titledIn, title]);
        const other = first.get(key);
        if (other === undefined) {
          first.set(key, address(subject.desired));
          return [];
        }
        return [
          {
            subject,
            path: "spec.title",
            message: `${other} has the title "${title}" in the same folder`,
            hint: "Change one of the titles.",
          },
        ];
      });
    },
  },
  {
    id: "description-missing",
    severity: "warning",
    group: "Dashboards",
    reason: "A long query doesn't show what a value means. A description explains it, one click away.",
    about: `Reports a panel without a description if one of its expressions has more than ${LONG} characters and combines at least ${MANY} different metrics or streams. A query that is long only because of its matchers, or a ratio of two metrics, is not reported.`,
    bad: "A panel with a query of five lines and no description",
    good: 'panel.description("Requests that failed, as a share of all, without health checks.")',
    board: ({ panels }, _subject, { parsedQueries }) =>
      panels
        .filter((panel) => hasData(panel) && panel.description.trim() === "")
        .filter(({ queries }) =>
          queries.some((query) => query.text.trim().length > LONG && sourcesOf(parsedQueries.get(query)) >= MANY),
        )
        .map(({ path }): Found => ({
          path,
          message: "the panel has a long query and no description",
          hint: "Set description.",
        })),
  },
  {
    id: "panel-overlap",
    severity: "warning",
    group: "Dashboards",
    reason: "Grafana moves panels that overlap, so the dashboard looks different from the code.",
    about:
      "Reports panels whose rectangles in the same grid overlap. Panels in a collapsed row are in a grid of their own.",
    bad: "{ x: 0, y: 0, w: 12, h: 8 } and { x: 6, y: 4, w: 12, h: 8 }",
    good: "{ x: 0, y: 0, w: 12, h: 8 } and { x: 12, y: 0, w: 12, h: 8 }",
    board: ({ panels }) =>
      panels.flatMap((panel, index): Found[] => {
        const { box } = panel;
        if (!box) return [];
        const other = panels
          .slice(0, index)
          .find(
            ({ box: before }) =>
              before?.grid === box.grid &&
              before.x < box.x + box.w &&
              box.x < before.x + before.w &&
              before.y < box.y + box.h &&
              box.y < before.y + before.h,
          );
        return other
          ? [
              {
                path: panel.path,
                message: `overlaps the panel "${other.title || other.type}"`,
                hint: "Change the position or the size.",
              },
            ]
          : [];
      }),
  },
  {
    id: "thresholds-order",
    severity: "warning",
    group: "Dashboards",
    reason: "Grafana uses the last threshold that a value has reached, so thresholds out of order never take effect.",
    about:
      "Reports a panel whose thresholds don't begin with the base or are not in ascending order, and an alert rule with a condition whose range has a first value above the second one.",
    bad: "Thresholds at 90 (red) and 80 (orange)",
    good: "Thresholds at 80 (orange) and 90 (red)",
    board: ({ panels }) =>
      panels.flatMap(({ thresholds }) =>
        thresholds.flatMap(({ path, values }): Found[] => {
          const late = values.findIndex(
            (value, index) => index > 0 && (value === null || value < (values[index - 1] ?? -Infinity)),
          );
          if (late < 0) return [];
          const value = values[late] ?? null;
          const message =
            value === null
              ? values[0] === null
                ? "a threshold after the base has no value, so it never takes effect"
                : "the base is not the first threshold"
              : `the threshold ${value} follows ${values[late - 1] ?? "the base"}`;
          return [{ path: `${path}[${late}]`, message, hint: "Sort the thresholds by their values." }];
        }),
      ),
    rule: ({ ranges }) =>
      ranges.flatMap(({ path, from, to }): Found[] =>
        from > to
          ? [{ path, message: `the range begins at ${from} and ends at ${to}`, hint: "Exchange the two values." }]
          : [],
      ),
  },
];
