import type { AlertRule, Dashboard, Duration } from "grafana-provision";
import { prometheus } from "../datasources/prometheus.ts";

/** The URL of the directory `runbooks/` in your Git host or wiki. */
const runbooks = (
  process.env["RUNBOOK_BASE_URL"] || "https://git.example.com/toolboxai/monitoring/src/branch/main/alerts/runbooks"
).replace(/\/+$/, "");

/** For a trial of all alerts: `ALERT_SPEED=60` makes them fire after as many seconds as they otherwise take minutes. */
const speed = Number(process.env["ALERT_SPEED"]) || 1;

/** The interval of a rule group. Grafana requires a multiple of 10 seconds. */
export function interval(seconds: number): number {
  return 10 * Math.ceil(seconds / speed / 10);
}

const SECONDS = { s: 1, m: 60, h: 3600 } as const;

function scaled(duration: Time): Duration {
  if (speed === 1) return duration;
  const unit = duration.slice(-1) as keyof typeof SECONDS;
  return `${Math.ceil((Number.parseInt(duration) * SECONDS[unit]) / speed)}s`;
}

/** `critical` notifies at any time, `warning` only during office hours: see policies.ts. */
export type Severity = "critical" | "warning";

type Time = `${number}${keyof typeof SECONDS}`;

interface Alert {
  /** Identifies the rule and its runbook, `runbooks/<uid>.md`. If it changes, Grafana creates a new rule without history. */
  readonly uid: string;
  /** The name of the alert, also its label `alertname`. */
  readonly title: string;
  readonly severity: Severity;
  /** The affected service. */
  readonly service: string;
  /** PromQL. Each series of the result is a separate alert. */
  readonly expr: string;
  /** How long the condition must hold: `5m`. */
  readonly for: Time;
  /** One line without numbers, because messages about resolved alerts contain it too. */
  readonly summary: string;
  /** One or two sentences. `{{ $values.A.Value }}` is the value of `expr`, and `{{ $labels.… }}` are its labels. */
  readonly description: string;
  /** The dashboard that shows what the alert is about, and the title of its panel. Messages link to both. */
  readonly panel: readonly [dashboard: Dashboard, title: string];
  /**
   * The state if `expr` returns no series. "NoData", the default, creates an alert named DatasourceNoData. Use "KeepLast" if
   * another alert fires then, so that nothing is announced as resolved, and "Alerting" if it is as severe as the alert itself.
   */
  readonly noDataState?: AlertRule["noDataState"];
  /** The state if the query fails. "KeepLast", the default, keeps the state, because the alert about Prometheus fires then. */
  readonly execErrState?: AlertRule["execErrState"];
}

/** The limit. A value equal to it does not fire. */
type Limit = { readonly above: number; readonly below?: never } | { readonly below: number; readonly above?: never };

/** A rule that fires while a PromQL expression is above or below a limit. */
export function alert(rule: Alert & Limit): AlertRule {
  const evaluator =
    rule.above === undefined ? { type: "lt", params: [rule.below] } : { type: "gt", params: [rule.above] };
  const [dashboard, panel] = rule.panel;
  return {
    uid: rule.uid,
    title: rule.title,
    data: [
      {
        refId: "A",
        datasource: prometheus,
        // Grafana requires a range. An instant query uses only its end; the PromQL contains the range of the data.
        relativeTimeRange: { from: 600, to: 0 },
        model: { expr: rule.expr, instant: true },
      },
      { refId: "B", model: { type: "threshold", expression: "A", conditions: [{ evaluator }] } },
    ],
    condition: "B",
    for: scaled(rule.for),
    noDataState: rule.noDataState ?? "NoData",
    execErrState: rule.execErrState ?? "KeepLast",
    labels: { severity: rule.severity, service: rule.service, team: "toolboxai" },
    annotations: {
      summary: rule.summary,
      description: rule.description,
      runbook_url: `${runbooks}/${rule.uid}.md`,
    },
    panel: { dashboard, panel },
  };
}
