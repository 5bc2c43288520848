import { matchesWhole } from "../../util/re2.ts";
import type { LintedMatcher, LintedRule } from "../../engine/lint.ts";
import { parseDuration } from "../../util/duration.ts";
import type { Found, Rule } from "../model.ts";

const isSet = (text: string | undefined) => text !== undefined && text.trim() !== "";

/** Labels that Grafana adds to each alert. */
const ADDED = /^(?:alertname|grafana_folder|__\w+)$/;

export const ALERT_RULES: readonly Rule[] = [
  {
    id: "summary-missing",
    severity: "warning",
    group: "Alerts",
    reason: "The summary is the first line of a message. Without it, the reader sees only labels.",
    about: "Reports alert rules without the annotation `summary`. Recording rules need none.",
    bad: 'annotations: { runbook_url: "https://wiki/runbooks/errors" }',
    good: 'annotations: { summary: "More than 5 % of requests fail", runbook_url: "https://wiki/runbooks/errors" }',
    rule: ({ alerts, annotations, path }) =>
      alerts && !isSet(annotations["summary"])
        ? [
            {
              path,
              message: "the rule has no summary",
              hint: "Set the annotation summary: one sentence about what is wrong.",
            },
          ]
        : [],
  },
  {
    id: "runbook-missing",
    severity: "warning",
    group: "Alerts",
    reason: "A person who is woken up needs to know what to do.",
    about:
      "Reports alert rules without the annotation `runbook_url`. The annotation `runbook` is accepted too. Recording rules need none.",
    bad: 'annotations: { summary: "More than 5 % of requests fail" }',
    good: 'annotations: { summary: "More than 5 % of requests fail", runbook_url: "https://wiki/runbooks/errors" }',
    rule: ({ alerts, annotations, path }) =>
      alerts && !isSet(annotations["runbook_url"]) && !isSet(annotations["runbook"])
        ? [{ path, message: "the rule has no runbook", hint: "Set the annotation runbook_url." }]
        : [],
  },
  {
    id: "for-shorter-than-interval",
    severity: "warning",
    group: "Alerts",
    reason:
      "Grafana evaluates a rule once per interval, so a `for` that is shorter than the interval has the effect of a whole interval.",
    about: "Reports alert rules whose `for` is above 0 and shorter than the interval of their group.",
    bad: 'interval: 60, for: "30s"',
    good: 'interval: 60, for: "2m"',
    rule: ({ alerts, pending = "0s", interval, path }) => {
      const duration = parseDuration(pending) ?? 0;
      if (!alerts || duration === 0 || duration >= interval * 1000) return [];
      return [
        {
          path: `${path}.for`,
          message: `for is ${pending}, but the rule is evaluated every ${interval} s`,
          hint: "Increase for, or decrease the interval of the group.",
        },
      ];
    },
  },
  {
    id: "rule-unrouted",
    severity: "warning",
    group: "Alerts",
    reason: "An alert that no route matches goes to the default contact point, which teams often don't monitor.",
    about:
      "Reports an alert rule if the code has the policy tree that routes its alerts (the organization's tree, or the named one that the rule selects), and none of the tree's routes can match the labels of the rule. A label that the rule doesn't set may come from its query, so a route for such a label counts as a match. A label whose value is a template also counts as a match. Rules with their own receiver are not reported. If the tree has only the default contact point, nothing is reported.",
    bad: 'labels: { severity: "crit" } with routes for severity "critical" and "warning"',
    good: 'labels: { severity: "critical" }',
    rule: (rule, _subject, { subjects }) => {
      const tree = subjects.find(({ linted }) => linted.tree && linted.tree.name === rule.tree)?.linted.tree;
      const routes = tree?.routes ?? [];
      if (!rule.alerts || rule.routedDirectly || routes.length === 0) return [];
      if (routes.some((matchers) => matchers.every((matcher) => mayMatch(matcher, rule)))) return [];
      const labels = [...new Set(routes.flat().map(({ label }) => label))].filter(
        (label) => rule.labels[label] !== undefined,
      );
      const shown = labels.map((label) => `${label}=${JSON.stringify(rule.labels[label])}`).join(", ");
      return [
        {
          path: `${rule.path}.labels`,
          message: `no route${rule.tree === undefined ? "" : ` of the tree ${rule.tree}`} matches the labels of the rule (${shown})`,
          hint: "Correct the labels, or add a route.",
        } satisfies Found,
      ];
    },
  },
];

/** Whether an alert of a rule can have the label that a route requires. */
function mayMatch({ label, operator, value }: LintedMatcher, { labels }: LintedRule): boolean {
  const own = labels[label];
  // The query's result may have it.
  if (own === undefined || own.includes("{{") || ADDED.test(label)) return true;
  if (!operator.endsWith("~")) return (own === value) === (operator === "=");
  const isMatch = matchesWhole(value, own);
  return isMatch === undefined || isMatch === (operator === "=~");
}
