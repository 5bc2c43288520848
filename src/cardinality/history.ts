import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { codeOf } from "../util/errors.ts";
import { makeDirectory } from "../util/make-directory.ts";
import { writeFileAtomic } from "../util/write-file-atomic.ts";
import { TABLES, type Cardinality, type Entry, type Table } from "./model.ts";

const Kept = z.strictObject({
  complete: z.boolean(),
  /** Names, or labels and values, with their counts. */
  counts: z.array(z.union([z.tuple([z.string(), z.number()]), z.tuple([z.string(), z.string(), z.number()])])),
});

const RunSchema = z.strictObject({
  /** In RFC 3339. */
  time: z.iso.datetime(),
  total: z.number(),
  metrics: Kept,
  labels: Kept,
  values: Kept,
});

const HistorySchema = z.strictObject({ version: z.literal(1), servers: z.record(z.string(), RunSchema) });

/** The last run of each server, by type and URL. */
export type History = Readonly<Record<string, z.output<typeof RunSchema>>>;

/** Reads the last runs. Undefined: the file is damaged or in another format. */
export async function readHistory(file: string): Promise<History | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return {};
    throw error;
  }
  try {
    return HistorySchema.safeParse(JSON.parse(text)).data?.servers;
  } catch {
    return undefined;
  }
}

/** Writes the last runs. `redacted` removes secrets. */
export async function writeHistory(file: string, servers: History, redacted: (text: string) => string): Promise<void> {
  await makeDirectory(dirname(file));
  await writeFileAtomic(file, `${redacted(JSON.stringify({ version: 1, servers }))}\n`, { mode: 0o600 });
}

/** What is kept of a run. `now`: milliseconds. */
export function runOf(found: Cardinality, now: number): History[string] {
  const kept = (table: Table): z.output<typeof Kept> => ({
    complete: found[table].complete,
    counts: found[table].list.map(({ name, value, count }) =>
      value === undefined ? [name, count] : [name, value, count],
    ),
  });
  return {
    time: new Date(now).toISOString(),
    total: found.total,
    metrics: kept("metrics"),
    labels: kept("labels"),
    values: kept("values"),
  };
}

/** How a count has changed since the last run. */
export interface Change {
  readonly change: number;
  /** Set if the last run had no such entry. */
  readonly isNew?: true;
}

/** The change of an entry of a table; undefined if it is unknown. */
export type ChangeOf = (table: Table, entry: Entry) => Change | undefined;

/** Compares entries with those of the last run. */
export function changesSince(before: History[string] | undefined): ChangeOf {
  if (!before) return () => undefined;
  const counts = new Map(
    TABLES.map((table) => [
      table,
      new Map(
        before[table].counts.map((one): [string, number] =>
          one.length === 2 ? [keyOf(one[0]), one[1]] : [keyOf(one[0], one[1]), one[2]],
        ),
      ),
    ]),
  );
  return (table, { name, value, count }) => {
    const former = counts.get(table)?.get(keyOf(name, value));
    if (former !== undefined) return { change: count - former };
    return before[table].complete ? { change: count, isNew: true } : undefined;
  };
}

function keyOf(name: string, value?: string): string {
  return JSON.stringify([name, value]);
}
