import type { Labels } from "../matching.ts";

/** A value of a series: undefined for a null of Grafana, which only expressions return. */
export interface Point {
  /** In milliseconds. */
  readonly at: number;
  readonly value: number | undefined;
}

/** A result of a query or an expression. A number without a value, and no data, are what Grafana calls null. */
export type Value =
  | { readonly type: "series"; readonly labels: Labels; readonly points: readonly Point[] }
  | {
      readonly type: "number";
      readonly labels: Labels;
      readonly value: number | undefined;
      /** Calculated only from constants. */
      readonly isScalar?: true;
    }
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
