import type { Source } from "../engine/model.ts";
import type { JsonObject } from "../util/json.ts";

/** A datasource of the Grafana, or of the code if no Grafana is asked. */
export interface KnownSource {
  readonly uid: string;
  readonly name: string;
  /** `prometheus` */
  readonly type: string;
  readonly isDefault: boolean;
  /** The interval between two scrapes: `15s`. */
  readonly scrape?: string;
}

/** A time range in milliseconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A query that is ready to run: without variables. */
export interface Query {
  readonly refId: string;
  /** Undefined: an expression of Grafana. */
  readonly source: KnownSource | undefined;
  readonly model: JsonObject;
  readonly range: Range;
  readonly intervalMs: number;
  readonly maxDataPoints: number;
}

/** What a query returned. */
export interface Answer {
  /** The number of series, or of tables with rows. */
  readonly series: number;
  /** The number of values or rows. */
  readonly rows: number;
  /** Whether all values are NaN. */
  readonly onlyNaN?: boolean;
}

/** Runs queries, through Grafana or directly. */
export interface Backend {
  /** The datasources that queries can name. */
  readonly sources: readonly KnownSource[];
  /** A datasource that is not in `sources`, but may exist. Undefined: it doesn't exist. */
  assumed(uid: string, type: string): KnownSource | undefined;
  /**
   * Runs queries together, because expressions use the others. Returns the answers by refId. Throws a `QueryError` if they
   * fail.
   */
  run(queries: readonly Query[]): Promise<ReadonlyMap<string, Answer | QueryError>>;
  /** Why queries of this datasource are not run; undefined if they are. */
  skips(source: KnownSource | undefined): string | undefined;
  /** Reads an endpoint of the datasource's own API: `/api/v1/labels` of Prometheus, `/loki/api/v1/labels` of Loki. */
  read(source: KnownSource, path: string, parameters: Readonly<Record<string, string>>): Promise<unknown>;
}

/** A query that failed. The message is the server's. */
export class QueryError extends Error {
  override name = "QueryError";
  readonly code: ErrorReason;

  constructor(code: ErrorReason, message: string) {
    super(message);
    this.code = code;
  }
}

type ErrorReason =
  /** The datasource rejects the query, or failed to run it. */
  | "query-failed"
  | "datasource-missing"
  /** The query is in the language of another datasource. */
  | "datasource-type"
  | "datasource-unreachable"
  | "timeout"
  /** Half a body, or a page of a proxy. */
  | "response-invalid"
  | "permission-missing";

type Reason =
  | ErrorReason
  /** The metric has no samples, now and in the days before. */
  | "metric-missing"
  /** It had samples until a time before the range. */
  | "metric-vanished"
  /** It has samples, but had none at the time that `offset` selects. */
  | "metric-new"
  | "label-missing"
  | "label-value-missing"
  /** The value had samples until a time before the range. */
  | "label-value-vanished"
  /** Each matcher matches series, but not all matchers together. */
  | "combination-missing"
  /** The streams of Loki had no lines in the range, but in the days before. */
  | "stream-quiet"
  /** `unwrap` gets values that are not numbers. */
  | "unwrap-invalid"
  | "variable-missing"
  | "variable-empty"
  /** A rate needs two samples in its range. */
  | "samples-missing"
  /** The two sides of an operator have no series with the same labels. */
  | "labels-unequal"
  | "bucket-label-missing"
  | "histogram-missing"
  /** A comparison that matches no value, or another filter. */
  | "filtered"
  /** `absent` and `unless`: the series that should be absent exist. */
  | "present"
  /** A query that returned nothing, of a datasource whose queries are not diagnosed. */
  | "empty";

/** Why a query has no data. */
export interface Cause {
  readonly code: Reason;
  readonly message: string;
  /** Whether an empty result is right. */
  readonly expected: boolean;
  readonly metric?: string;
  readonly label?: string;
  readonly value?: string;
  readonly variable?: string;
  /** A name near it that exists. */
  readonly suggestion?: string;
  /** The time of the last sample: `2026-11-30T10:00:00Z`. */
  readonly lastSeen?: string;
}

export type State = "data" | "no-data" | "error" | "skipped";

/** The result of one query. */
export interface QueryResult {
  readonly refId: string;
  /** The place in the resource. */
  readonly path: string;
  /** The expression that was run, without variables. */
  readonly text?: string;
  /** The expression in the code. */
  readonly written?: string;
  readonly datasource?: string;
  readonly state: State;
  readonly series: number;
  readonly milliseconds: number;
  readonly cause?: Cause;
}

/** The result of a panel, a variable, an annotation or a rule. */
export interface CheckedItem {
  /** The resource: `dashboard/fastapi`. */
  readonly address: string;
  readonly source: Source;
  readonly path: string;
  readonly role: "panel" | "variable" | "annotation" | "rule";
  readonly title: string;
  /** The values for which a repeated panel was checked: `instance=a`. */
  readonly repeated?: string;
  /** The worst of its queries. A query whose empty result is right doesn't count, unless no query has data. */
  readonly state: State;
  readonly queries: readonly QueryResult[];
}
