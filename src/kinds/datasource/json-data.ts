// Settings of Grafana's built-in datasources in Grafana 12.4 that connect metrics, logs and traces.
// `satisfies PrometheusJsonData` detects misspelled settings. Other settings are allowed in `jsonData` without it.

/** The name of an attribute or resource attribute of a span, and of the label in the other datasource. */
interface TagMapping {
  readonly key: string;
  /** Default: the name of the attribute. */
  readonly value?: string;
}

/** The target of an exemplar's link. */
interface ExemplarTraceIdDestination {
  /** The exemplar's label with the trace id: `trace_id` in OpenTelemetry. */
  readonly name: string;
  /** The datasource of traces. Alternative: `url`. */
  readonly datasourceUid?: string;
  /** `${__value.raw}` is the trace id. */
  readonly url?: string;
  readonly urlDisplayLabel?: string;
}

/** Settings of a Prometheus datasource: `jsonData: { ... } satisfies PrometheusJsonData`. */
export interface PrometheusJsonData {
  readonly httpMethod?: "GET" | "POST";
  /** The scrape interval. `$__rate_interval` is at least four times as long. */
  readonly timeInterval?: string;
  readonly queryTimeout?: string;
  readonly prometheusType?: "Prometheus" | "Cortex" | "Mimir" | "Thanos";
  readonly prometheusVersion?: string;
  readonly customQueryParameters?: string;
  readonly incrementalQuerying?: boolean;
  readonly disableRecordingRules?: boolean;
  readonly exemplarTraceIdDestinations?: readonly ExemplarTraceIdDestination[];
}

/** Creates a link from the content of a line or a label. */
interface DerivedField {
  readonly name: string;
  /** A regular expression whose first group is the value, or the name of a label with the matcher type `label`. */
  readonly matcherRegex: string;
  readonly matcherType?: "label" | "regex";
  /** The datasource of the link. `url` is then the query. */
  readonly datasourceUid?: string;
  readonly url?: string;
  readonly urlDisplayLabel?: string;
  readonly targetBlank?: boolean;
}

/** Settings of a Loki datasource: `jsonData: { ... } satisfies LokiJsonData`. */
export interface LokiJsonData {
  /** The maximum number of log lines that a query returns, unless the query sets its own limit. */
  readonly maxLines?: number | string;
  readonly derivedFields?: readonly DerivedField[];
}

/** From a span to log lines: by tags, or by a `customQuery` that uses `${__trace.traceId}`, `${__span.tags.…}`. */
interface TracesToLogs {
  readonly datasourceUid: string;
  /** Negative for the past. */
  readonly spanStartTimeShift?: string;
  readonly spanEndTimeShift?: string;
  readonly tags?: readonly TagMapping[];
  readonly filterByTraceID?: boolean;
  readonly filterBySpanID?: boolean;
  readonly customQuery?: boolean;
  readonly query?: string;
}

/** From a span to metrics: one link per query. `$__tags` is replaced by label matchers for `tags`. */
interface TracesToMetrics {
  readonly datasourceUid: string;
  readonly spanStartTimeShift?: string;
  readonly spanEndTimeShift?: string;
  readonly tags?: readonly TagMapping[];
  readonly queries: readonly { readonly name: string; readonly query: string }[];
}

/** Settings of a Jaeger datasource: `jsonData: { ... } satisfies JaegerJsonData`. */
export interface JaegerJsonData {
  readonly nodeGraph?: { readonly enabled?: boolean };
  readonly tracesToLogsV2?: TracesToLogs;
  readonly tracesToMetrics?: TracesToMetrics;
  readonly spanBar?: { readonly type?: "None" | "Duration" | "Tag"; readonly tag?: string };
  /** Sends the time range when a trace is loaded, which some storages require. */
  readonly traceIdTimeParams?: { readonly enabled?: boolean };
}
