import type { Labels } from "../matching.ts";

/** A result of a query or an expression. A number without a value, and no data, are what Grafana calls null. */
export type Value =
  | { readonly type: "series"; readonly labels: Labels; readonly points: readonly number[] }
  | { readonly type: "number"; readonly labels: Labels; readonly value: number | undefined }
  | { readonly type: "none" };

/** The query whose failure makes an expression fail. */
export interface Failure {
  readonly refId: string;
  readonly datasourceUid: string;
}

/** The results of a query or an expression, or the failure of a query that it needs. */
export type Result = readonly Value[] | Failure;

export function isFailure(result: Result): result is Failure {
  return !Array.isArray(result);
}

export const NO_DATA: readonly Value[] = [{ type: "none" }];

/** Identifies labels, independent of their order. */
export function labelKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
