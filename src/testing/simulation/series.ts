import { reject } from "../invalid.ts";
import type { Labels } from "../matching.ts";
import type { Point } from "./results.ts";
import { parseValues } from "./values.ts";

/** A series of a query's result. */
export interface SimulatedSeries {
  readonly labels?: Labels;
  /**
   * Values in promtool's notation, one at each step: `0x5` (6 zeros), `1+2x3` (1 3 5 7), `_` (missing), `NaN`, `Inf`. `error`
   * makes the whole query fail at this time. After the last value, the series is missing.
   */
  readonly values: string;
}

/** The series that a query returns, or `error` if it always fails. With an empty list, the query has no data. */
export type QuerySeries = "error" | readonly SimulatedSeries[];

/** The series of a query, with the times of their values. */
export interface PlacedSeries {
  readonly failsAt: (at: number) => boolean;
  readonly list: readonly {
    readonly labels: Labels;
    readonly valueAt: (at: number) => number | undefined;
    /** Both ends are included. */
    readonly pointsIn: (from: number, to: number) => Point[];
  }[];
}

/** `start`: of the first value. `step` in milliseconds. */
export function placedSeries(refId: string, series: QuerySeries, start: number, step: number): PlacedSeries {
  if (series === "error") return { failsAt: () => true, list: [] };
  const parsed = series.map(({ labels = {}, values }, index) => {
    const samples = parseValues(values);
    if (typeof samples === "string")
      reject(
        `series.${refId}[${index}].values`,
        `${samples} is not a value in promtool's notation`,
        "Use a form such as 0x5, 1+2x10, _ or error.",
      );
    return { labels, samples };
  });
  const indexAt = (at: number) => Math.floor((at - start) / step);
  return {
    failsAt: (at) => parsed.some(({ samples }) => samples[indexAt(at)] === "error"),
    list: parsed.map(({ labels, samples }) => ({
      labels,
      valueAt(at) {
        const sample = samples[indexAt(at)];
        return typeof sample === "number" ? sample : undefined;
      },
      pointsIn(from, to) {
        const first = Math.max(Math.ceil((from - start) / step), 0);
        return samples
          .slice(first, Math.max(indexAt(to) + 1, 0))
          .flatMap((value, index) =>
            typeof value === "number" ? [{ at: start + (first + index) * step, value }] : [],
          );
      },
    })),
  };
}
