// Settings of the datasources that Grafana ships, as Grafana 12.4 spells them: those that join metrics, logs and traces.
// `satisfies PrometheusJsonData` finds a misspelt one; what isn't listed here is allowed as `jsonData` all the same, without.

/** A name of a span's attribute or resource, and the label that it is called in the other datasource. */
interface TagMapping {
  readonly key: string;
  /** Default: as the attribute. */
  readonly value?: string;
}

/** Where an exemplar leads. */
interface ExemplarTraceIdDestination {
  /** The exemplar's label that holds the trace's id: `trace_id` in OpenTelemetry. */
  readonly name: string;
  /** The datasource of traces, or else `url`. */
  readonly datasourceUid?: string;
  /** `${__value.raw}` is the trace's id. */
  readonly url?: string;
  readonly urlDisplayLabel?: string;
}

/** Settings of a Prometheus datasource: `jsonData: { ... } satisfies PrometheusJsonData`. */
export interface PrometheusJsonData {
  readonly httpMethod?: "GET" | "POST";
  /** The scrape interval: `$__rate_interval` is never less than four of them. */
  readonly timeInterval?: string;
  readonly queryTimeout?: string;
  readonly prometheusType?: "Prometheus" | "Cortex" | "Mimir" | "Thanos";
  readonly prometheusVersion?: string;
  readonly customQueryParameters?: string;
  readonly incrementalQuerying?: boolean;
  readonly disableRecordingRules?: boolean;
  readonly exemplarTraceIdDestinations?: readonly ExemplarTraceIdDestination[];
}

/** Makes a link of what a line or a label holds. */
interface DerivedField {
  readonly name: string;
  /** A regular expression whose first group is the value, or with the matcher type `label` a label's name. */
  readonly matcherRegex: string;
  readonly matcherType?: "label" | "regex";
  /** The datasource that the link leads to; `url` is the query then. */
  readonly datasourceUid?: string;
  readonly url?: string;
  readonly urlDisplayLabel?: string;
  readonly targetBlank?: boolean;
}

/** Settings of a Loki datasource: `jsonData: { ... } satisfies LokiJsonData`. */
export interface LokiJsonData {
  /** How many lines a query gets at most, where it doesn't say. */
  readonly maxLines?: number | string;
  readonly derivedFields?: readonly DerivedField[];
}

/** From a span to log lines: by tags, or with `customQuery` by a query that uses `${__trace.traceId}`, `${__span.tags.…}`. */
interface TracesToLogs {
  readonly datasourceUid: string;
  /** Negative: into the past. */
  readonly spanStartTimeShift?: string;
  readonly spanEndTimeShift?: string;
  readonly tags?: readonly TagMapping[];
  readonly filterByTraceID?: boolean;
  readonly filterBySpanID?: boolean;
  readonly customQuery?: boolean;
  readonly query?: string;
}

/** From a span to metrics: a link for each query. `$__tags` stands for label matchers made of `tags`. */
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
  /** Asks for a trace with the time range, which some storages want. */
  readonly traceIdTimeParams?: { readonly enabled?: boolean };
}
