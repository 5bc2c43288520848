import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { jaeger } from "../../datasources/jaeger.ts";

// Queries of Jaeger's datasource in Grafana 12.4, for which the SDK has no builders. The datasource uses only the first
// query of a panel.

/** A search for traces. All texts can contain `${variables}`. An empty text doesn't filter. */
export interface TraceSearch {
  /** Exactly one: Jaeger requires it. */
  readonly service: string;
  readonly operation?: string;
  /** In logfmt: `error=true http.status_code=500`. Values must be equal; patterns are not supported. */
  readonly tags?: string;
  /** With a unit: `100ms`, `1.5s`. */
  readonly minDuration?: string;
  readonly maxDuration?: string;
  /** The maximum number of traces. Default: Jaeger's. */
  readonly limit?: number;
}

/** A query as Grafana stores it. */
type JaegerQuery = { readonly refId: string; readonly datasource: typeof jaeger.ref } & (
  | ({ readonly queryType: "search" } & TraceSearch)
  | { readonly queryType: "dependencyGraph" }
  // The query for one trace has no type.
  | { readonly query: string }
);

/** Finds traces. Their fields: `traceID`, `traceName`, `startTime`, `duration` in microseconds. */
export function search(traces: TraceSearch): Builder<Dataquery> {
  return built({ refId: "A", datasource: jaeger.ref, queryType: "search", ...traces });
}

/** The calls between services in the time range, for node graphs. */
export function dependencyGraph(): Builder<Dataquery> {
  return built({ refId: "A", datasource: jaeger.ref, queryType: "dependencyGraph" });
}

/** The spans of one trace, for the panel "traces". An empty id is an error. */
export function trace(id: string): Builder<Dataquery> {
  return built({ refId: "A", datasource: jaeger.ref, query: id });
}

function built(query: JaegerQuery): Builder<Dataquery> {
  // The SDK marks queries with a method, which JSON omits.
  return { build: () => ({ ...query, _implementsDataqueryVariant: () => undefined }) };
}
