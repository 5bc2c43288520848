import type { CheckedItem, QueryResult, State } from "./model.ts";

/** The worst state. A query whose empty result is right counts only if no query has data. */
export function stateOf(queries: readonly QueryResult[]): State {
  const has = (state: State) => queries.some((one) => one.state === state);
  if (has("error")) return "error";
  if (queries.some(({ state, cause }) => state === "no-data" && cause?.expected !== true)) return "no-data";
  if (has("data")) return "data";
  return has("no-data") ? "no-data" : "skipped";
}

/** Milliseconds of the slowest query. */
export function timeOf({ queries }: Pick<CheckedItem, "queries">): number {
  return Math.max(0, ...queries.map(({ milliseconds }) => milliseconds));
}

/** The number of series of all queries. */
export function seriesOf({ queries }: Pick<CheckedItem, "queries">): number {
  return queries.reduce((sum, { series }) => sum + series, 0);
}
