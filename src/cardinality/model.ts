/** Reads an endpoint of a server's API. Throws if it does not answer as expected. */
export type Read = (path: string, parameters: Readonly<Record<string, string>>) => Promise<unknown>;

/** A metric, a label, or a value of a label. */
export interface Entry {
  readonly name: string;
  /** Only of a value: `name` is its label. */
  readonly value?: string;
  /** Series or streams; of a label, its different values. */
  readonly count: number;
  /** Bytes of the different values of a label, in Prometheus. */
  readonly bytes?: number;
  /** Streams that have the label, in Loki. */
  readonly streams?: number;
}

/** Entries, those with the highest counts first. */
export interface Entries {
  readonly list: readonly Entry[];
  /** Whether the server has no others. */
  readonly complete: boolean;
}

export const TABLES = ["metrics", "labels", "values"] as const;
export type Table = (typeof TABLES)[number];

/** What a Prometheus or a Loki stores most of. */
export type Cardinality = Readonly<Record<Table, Entries>> & {
  /** All series of Prometheus in memory, or the streams of Loki. */
  readonly total: number;
};

/** The number of entries of a table that are read and kept. */
export const MOST = 1000;

/** Those with the highest counts first, at most `MOST`. */
export function entriesOf(list: readonly Entry[], complete = true): Entries {
  const sorted = list.toSorted(
    (a, b) => b.count - a.count || compared(a.name, b.name) || compared(a.value ?? "", b.value ?? ""),
  );
  return { list: sorted.slice(0, MOST), complete: complete && sorted.length <= MOST };
}

function compared(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
