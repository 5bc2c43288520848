import { z } from "zod";
import type { StackContext } from "../service.ts";
import { Duration } from "../settings.ts";
import { ESCALATION, WATCHDOG } from "./alertmanager-config.ts";

/** A recording rule or an alerting rule of Prometheus. */
export type PrometheusRule =
  | { readonly record: string; readonly expr: string; readonly labels?: Readonly<Record<string, string>> }
  | {
      readonly alert: string;
      readonly expr: string;
      /** How long the expression must have results before the alert fires. Default: it fires immediately. */
      readonly for?: string;
      readonly labels?: Readonly<Record<string, string>>;
      /** `summary`, `description`, `runbook_url`. */
      readonly annotations?: Readonly<Record<string, string>>;
    };

const Texts = z.record(z.string(), z.string());

const Rule = z
  .strictObject({
    record: z
      .string()
      .regex(/^[A-Za-z_:][\w:]*$/, "is not a valid metric name")
      .exactOptional(),
    alert: z.string().min(1).exactOptional(),
    expr: z.string().min(1),
    for: Duration.exactOptional(),
    labels: Texts.exactOptional(),
    annotations: Texts.exactOptional(),
  })
  .refine(({ record, alert }) => (record === undefined) !== (alert === undefined), "must have either record or alert")
  .refine(
    (rule) => rule.record === undefined || (rule.for === undefined && rule.annotations === undefined),
    "a recording rule can't have `for` or `annotations`",
  );

/** Rules by the name of their group. */
export const Rules = z.record(z.string().min(1), z.array(Rule).min(1, "must contain at least one rule"));
type Rules = z.output<typeof Rules>;

/** The rule files of Prometheus: those of the user, and those about the stack itself. */
export function ruleFiles(rules: Rules, stack: StackContext): Record<string, object> {
  const own = stackRules(stack);
  return {
    ...(Object.keys(rules).length > 0 ? { "prometheus/rules.yml": groupsOf(rules, stack) } : {}),
    ...(own.length > 0 ? { "prometheus/stack-rules.yml": groupsOf({ stack: own }, stack) } : {}),
  };
}

function groupsOf(rules: Rules, { runbooks }: StackContext): object {
  const groups = Object.entries(rules).map(([name, list]) => ({
    name,
    rules: list.map((rule) =>
      rule.alert === undefined || runbooks === undefined
        ? rule
        : {
            ...rule,
            annotations: { runbook_url: `${runbooks}/${encodeURIComponent(rule.alert)}`, ...rule.annotations },
          },
    ),
  }));
  return { groups };
}

/** Alerts about the stack, in production only. Those that Alertmanager routes specially exist wherever it has the setting. */
function stackRules(stack: StackContext): Rules[string] {
  const { heartbeat, escalation } = stack.alerting ?? {};
  return [
    ...(heartbeat === undefined ? [] : [WATCHDOG_RULE]),
    ...(escalation === undefined ? [] : [escalationRule(escalation)]),
    ...(stack.isProduction ? productionRules(stack) : []),
  ];
}

/** Fires always. https://runbooks.prometheus-operator.dev/runbooks/general/watchdog/ */
const WATCHDOG_RULE = {
  alert: WATCHDOG,
  expr: "vector(1)",
  labels: { severity: "none" },
  annotations: { summary: "Always firing: if the external service receives it no longer, the monitoring is down." },
};

/** Alertmanager knows no time since an alert began, but Prometheus stores the state of each alert as a series. */
function escalationRule({
  after,
  severity,
}: {
  readonly after: string;
  readonly severity: string;
}): Rules[string][number] {
  const firing = `ALERTS{alertstate="firing", alertname!~"${ESCALATION}|${WATCHDOG}", severity=${JSON.stringify(severity)}}`;
  return {
    alert: ESCALATION,
    expr: `max by (escalated, job, instance) (label_replace(${firing}, "escalated", "$1", "alertname", "(.*)"))`,
    for: after,
    labels: { severity },
    annotations: { summary: `{{ $labels.escalated }} has been firing for ${after}.` },
  };
}

function productionRules(stack: StackContext): Rules[string] {
  const jobs = stack.ownJobs().filter((job) => job !== "grafana");
  const has = (job: string) => stack.ownJobs().includes(job);
  return [
    ...(has("grafana")
      ? [
          {
            alert: "GrafanaDown",
            expr: 'up{job="grafana"} == 0 or absent(up{job="grafana"})',
            for: "2m",
            labels: { severity: "critical" },
            annotations: { summary: "Grafana does not answer: its own alert rules are not evaluated." },
          },
        ]
      : []),
    {
      alert: "StackTargetDown",
      expr: `up{job=~"${jobs.join("|")}"} == 0`,
      for: "5m",
      labels: { severity: "critical" },
      annotations: { summary: "{{ $labels.job }} ({{ $labels.instance }}) does not answer Prometheus." },
    },
    {
      alert: "PrometheusRuleFailures",
      expr: "increase(prometheus_rule_evaluation_failures_total[5m]) > 0",
      for: "15m",
      labels: { severity: "warning" },
      annotations: { summary: "Rules of the group {{ $labels.rule_group }} fail." },
    },
    {
      alert: "PrometheusSampleLimit",
      expr: "increase(prometheus_target_scrapes_exceeded_sample_limit_total[10m]) > 0",
      for: "10m",
      labels: { severity: "warning" },
      annotations: { summary: "A target has more series than the sampleLimit of its job, so nothing of it is stored." },
    },
    ...(has("alertmanager")
      ? [
          {
            alert: "AlertmanagerNotificationsFailing",
            expr: "rate(alertmanager_notifications_failed_total[5m]) > 0",
            for: "10m",
            labels: { severity: "critical" },
            annotations: { summary: "Alertmanager can't send notifications over {{ $labels.integration }}." },
          },
        ]
      : []),
  ];
}
