import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { jaeger } from "../../datasources/jaeger.ts";

// Queries of Jaeger's datasource, for which the SDK has no builders. Spelled as in Grafana 12.4. A panel takes one of them:
// the datasource ignores others.

/** Finds traces. `${variables}` may stand in each of its texts; what is empty doesn't filter. */
export interface TraceSearch {
  /** Jaeger finds nothing without one, and takes one alone. */
  readonly service: string;
  readonly operation?: string;
  /** As logfmt: `error=true http.status_code=500`. A value has to be equal: there are no patterns. */
  readonly tags?: string;
  /** With a unit: `100ms`, `1.5s`. */
  readonly minDuration?: string;
  readonly maxDuration?: string;
  /** How many traces at most. Default: what Jaeger takes. */
  readonly limit?: number;
}

/** What Grafana stores of a query. */
type JaegerQuery = { readonly refId: string; readonly datasource: typeof jaeger.ref } & (
  | ({ readonly queryType: "search" } & TraceSearch)
  | { readonly queryType: "dependencyGraph" }
  // One trace is the query without a type.
  | { readonly query: string }
);

/** Traces, as rows: `traceID`, `traceName`, `startTime`, `duration` in microseconds. */
export function search(traces: TraceSearch): Builder<Dataquery> {
  return built({ refId: "A", datasource: jaeger.ref, queryType: "search", ...traces });
}

/** Which service calls which, over the time range: for node graphs. */
export function dependencyGraph(): Builder<Dataquery> {
  return built({ refId: "A", datasource: jaeger.ref, queryType: "dependencyGraph" });
}

/** The spans of one trace: for the panel "traces". Without an id it is an error. */
export function trace(id: string): Builder<Dataquery> {
  return built({ refId: "A", datasource: jaeger.ref, query: id });
}

function built(query: JaegerQuery): Builder<Dataquery> {
  // The SDK marks queries with a method that JSON leaves out.
  return { build: () => ({ ...query, _implementsDataqueryVariant: () => undefined }) };
}
