import type { AlertRule, Dashboard } from "grafana-provision";
import { prometheus } from "../datasources/prometheus.ts";

/** Where people read runbooks/*.md: the folder's address in your Git host or wiki. */
const runbooks = (
  process.env["RUNBOOK_BASE_URL"] || "https://git.example.com/toolboxai/monitoring/src/branch/main/alerts/runbooks"
).replace(/\/+$/, "");

/** `critical` wakes somebody, `warning` waits for office hours: policies.ts. */
export type Severity = "critical" | "warning";

interface Alert {
  /** Names the rule for good, and its page: `runbooks/<uid>.md`. With a new uid, Grafana has a new rule without history. */
  readonly uid: string;
  /** What the alert is called, everywhere: its label `alertname`. */
  readonly title: string;
  readonly severity: Severity;
  /** What is at fault. */
  readonly service: string;
  /** PromQL. Each series that it has is an alert of its own. */
  readonly expr: string;
  /** How long it has to hold: `5m`. */
  readonly for: string;
  /** A line, without numbers: it is read when the alert is over, too. */
  readonly summary: string;
  /** A sentence or two. `{{ $values.A.Value }}` is the value of `expr`, `{{ $labels.… }}` its labels. */
  readonly description: string;
  /** Linked in messages: where to look first. */
  readonly dashboard?: Dashboard;
  /**
   * When `expr` has no series at all. "NoData", the default, is an alert named DatasourceNoData: nobody measures this.
   * "OK" where having none is normal; "Alerting" where it is as bad as the alert itself.
   */
  readonly noDataState?: AlertRule["noDataState"];
  /** When Prometheus doesn't answer, or refuses the query. "Error", the default, is an alert named DatasourceError. */
  readonly execErrState?: AlertRule["execErrState"];
}

/** Where it fires: neither of them is at the limit itself. */
type Limit = { readonly above: number; readonly below?: never } | { readonly below: number; readonly above?: never };

/** A rule that fires while a PromQL expression is above or below a limit. */
export function alert(rule: Alert & Limit): AlertRule {
  const evaluator =
    rule.above === undefined ? { type: "lt", params: [rule.below] } : { type: "gt", params: [rule.above] };
  const board = rule.dashboard?.spec.uid;
  return {
    uid: rule.uid,
    title: rule.title,
    data: [
      {
        refId: "A",
        datasource: prometheus,
        // Grafana wants a range. The query looks at its end alone: PromQL itself says how far back it goes.
        relativeTimeRange: { from: 600, to: 0 },
        model: { expr: rule.expr, instant: true },
      },
      { refId: "B", model: { type: "threshold", expression: "A", conditions: [{ evaluator }] } },
    ],
    condition: "B",
    for: rule.for,
    noDataState: rule.noDataState ?? "NoData",
    execErrState: rule.execErrState ?? "Error",
    labels: { severity: rule.severity, service: rule.service, team: "toolboxai" },
    annotations: {
      summary: rule.summary,
      description: rule.description,
      runbook_url: `${runbooks}/${rule.uid}.md`,
      // Grafana's own annotations for this want a panel's id as well, which is decided when the dashboard is written.
      ...(board ? { dashboard_url: `{{ externalURL }}d/${board}` } : {}),
    },
  };
}
