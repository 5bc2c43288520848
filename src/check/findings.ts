import type { Finding } from "../lint/lint.ts";
import type { Files, PlacedFinding } from "../lint/places.ts";
import { textOf } from "../util/json.ts";
import type { CheckedItem, QueryResult } from "./model.ts";

/** A query that failed, or that has no data although it should. */
export interface CheckFinding {
  readonly item: CheckedItem;
  readonly query: QueryResult;
  readonly place?: PlacedFinding["place"];
}

/** Whether a result must be reported. */
export function isFinding({ state, cause }: QueryResult): boolean {
  return state === "error" || (state === "no-data" && cause?.expected !== true);
}

/** Whether a query has data only because of `or`: the samples of a metric are missing. */
export function isNote({ state, cause }: QueryResult): boolean {
  return state === "data" && cause !== undefined;
}

/** The queries of this sort, by default those that failed or have no data, with their places in the files. */
export async function checkFindings(
  items: readonly CheckedItem[],
  files: Files,
  isWanted: (query: QueryResult) => boolean = isFinding,
): Promise<CheckFinding[]> {
  const found = items.flatMap((item) => item.queries.filter(isWanted).map((query) => ({ item, query })));
  if (found.length === 0) return [];
  const { placed } = await import("../lint/places.ts");
  return found.map(({ item, query }) => {
    // One after the other, so that each keeps its place.
    const [one] = placed([findingOf(item, query)], files);
    return { item, query, ...(one?.place ? { place: one.place } : {}) };
  });
}

/** The form in which places are found, and annotations are written. */
export function findingOf(item: CheckedItem, query: QueryResult): Finding {
  const { address, source, title } = item;
  const { cause, state, path, written } = query;
  return {
    rule: cause?.code ?? "empty",
    severity: state === "error" ? "error" : "warning",
    message: textOf(cause?.message),
    ...(cause?.suggestion === undefined ? {} : { hint: `Did you mean ${cause.suggestion}?` }),
    address,
    ...source,
    path,
    ...(written === undefined ? {} : { text: written }),
    ...(title === "" ? {} : { near: title }),
  };
}
