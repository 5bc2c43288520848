/** Returns undefined for a null of Grafana. */
type Reducer = (values: readonly number[]) => number | undefined;

/** Reducers of `reduce`: NaN if a value is NaN or null. */
export const REDUCERS: Readonly<Record<string, (values: readonly (number | undefined)[]) => number | undefined>> = {
  last: (values) => (values.length > 0 ? values.at(-1) : Number.NaN),
  count: (values) => values.length,
  sum: nullAsNaN(sum),
  mean: nullAsNaN((values) => sum(values) / values.length),
  min: nullAsNaN((values) => (values.length > 0 ? Math.min(...values) : Number.NaN)),
  max: nullAsNaN((values) => (values.length > 0 ? Math.max(...values) : Number.NaN)),
  median: nullAsNaN((values) => (values.some(Number.isNaN) ? Number.NaN : (medianOf(values) ?? Number.NaN))),
};

/** Reducers of classic conditions: they ignore NaN, and are null without another value. */
export const CLASSIC_REDUCERS: Readonly<Record<string, Reducer>> = {
  count: (values) => (values.length > 0 ? values.length : undefined),
  count_non_null: (values) => numbers(values).length || undefined,
  last: (values) => numbers(values).at(-1),
  avg: ofNumbers((values) => sum(values) / values.length),
  sum: ofNumbers(sum),
  min: ofNumbers((values) => Math.min(...values)),
  max: ofNumbers((values) => Math.max(...values)),
  median: (values) => medianOf(numbers(values)),
  diff: difference((newest, oldest) => newest - oldest),
  diff_abs: difference((newest, oldest) => Math.abs(newest - oldest)),
  percent_diff: difference((newest, oldest) => ((newest - oldest) / Math.abs(oldest)) * 100),
  percent_diff_abs: difference((newest, oldest) => Math.abs(((newest - oldest) / oldest) * 100)),
};

function nullAsNaN(reduce: Reducer): (values: readonly (number | undefined)[]) => number | undefined {
  return (values) => reduce(values.map((value) => value ?? Number.NaN));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined || sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function numbers(values: readonly number[]): number[] {
  return values.filter((value) => !Number.isNaN(value));
}

function ofNumbers(reduce: (values: readonly number[]) => number): Reducer {
  return (values) => {
    const present = numbers(values);
    return present.length > 0 ? reduce(present) : undefined;
  };
}

/** Zero if the first value of the series is the only number. */
function difference(compare: (newest: number, oldest: number) => number): Reducer {
  return (values) => {
    const newest = values.findLastIndex((value) => !Number.isNaN(value));
    if (newest === -1) return undefined;
    const [oldest = 0] = numbers(values);
    return newest === 0 ? 0 : compare(values[newest] ?? 0, oldest);
  };
}
