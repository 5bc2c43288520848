import type { JsonObject } from "../util/json.ts";

/** A datasource as a query names it: by its type, its uid or both. A variable is its text: `${ds}`. */
export interface QueriedSource {
  readonly type?: string;
  readonly uid?: string;
}

/** A query of a panel, a variable, an annotation or a rule, as its plugin stores it. */
export interface QueriedTarget {
  /** The place of the query in the resource: `spec.panels[2].targets[0]`. */
  readonly path: string;
  readonly refId: string;
  /** Absent: the default datasource. */
  readonly datasource?: QueriedSource;
  /** Whether its result is not shown. Expressions can use it. */
  readonly hidden: boolean;
  readonly model: JsonObject;
}

export interface QueriedPanel {
  readonly path: string;
  readonly title: string;
  readonly targets: readonly QueriedTarget[];
  /** The minimum of `$__interval`: `30s`. */
  readonly minInterval?: string;
  readonly maxDataPoints?: number;
  /** A range of its own, before the end of the dashboard's one: `24h`. */
  readonly timeFrom?: string;
  /** How far its range is in the past: `1d`. */
  readonly timeShift?: string;
  /** The variables for whose values it is shown: its own one, and those of the rows and tabs around it. */
  readonly repeatedBy: readonly string[];
  /** The id of the shared panel that has its queries. */
  readonly sharedId?: string;
}

export interface QueriedVariable {
  readonly path: string;
  readonly name: string;
  readonly type:
    "query" | "custom" | "interval" | "sources" | "constant" | "textbox" | "adhoc" | "groupby" | "switch" | "other";
  /** The values of a custom variable, the text of a text box, or the plugin of the datasources. */
  readonly text: string;
  readonly regex: string;
  readonly multi: boolean;
  readonly includeAll: boolean;
  /** What is used in place of all values. */
  readonly allValue?: string;
  /** The selected values. Empty: the first one, or all. */
  readonly current: readonly string[];
  /** The query of a query variable. */
  readonly target?: QueriedTarget;
}

interface QueriedAnnotation {
  readonly name: string;
  readonly target: QueriedTarget;
}

/** What a board asks. Variables apply to all of its panels. */
export interface QueriedBoard {
  readonly panels: readonly QueriedPanel[];
  readonly variables: readonly QueriedVariable[];
  readonly annotations: readonly QueriedAnnotation[];
}

export interface QueriedRule {
  readonly path: string;
  readonly uid: string;
  readonly title: string;
  /** Whether it notifies. Otherwise it records. */
  readonly alerts: boolean;
  /** The group that evaluates it. */
  readonly group: string;
  /** Grafana doesn't evaluate it. */
  readonly paused: boolean;
  /** `from`, `to`: seconds before the evaluation. */
  readonly targets: readonly (QueriedTarget & { readonly from: number; readonly to: number })[];
}

/** What a resource asks of datasources. Plain data. */
export interface Queried {
  readonly board?: QueriedBoard;
  readonly rules?: readonly QueriedRule[];
  /** A panel that boards share. They define its variables. */
  readonly sharedPanel?: QueriedPanel;
}
