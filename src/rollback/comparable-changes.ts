import pLimit from "p-limit";
import type { Live } from "../engine/comparison.ts";
import type { KindContext } from "../engine/kind-context.ts";
import type { Kinds } from "../engine/resource.ts";
import type { RecordedChange } from "./recorded-change.ts";

/** The maximum number of objects that are read at once. */
const READS = 8;

/** Adds what Grafana must be asked for to compare the former state of each object with the current one, and to restore it. */
export function comparableChanges(
  context: KindContext,
  kinds: Kinds,
  changes: readonly RecordedChange[],
  live: Live,
): Promise<RecordedChange[]> {
  const limit = pLimit(READS);
  const comparable = async (change: RecordedChange): Promise<RecordedChange> => {
    const { before, kind, id } = change;
    const rollback = kinds.get(kind)?.rollback;
    if (!before || !rollback) return change;
    const now = live.get(kind)?.find((one) => one.id === id);
    const unsupported = await rollback.unsupported?.(context, before);
    if (unsupported !== undefined) return { ...change, unsupported };
    const compared = now && (await rollback.comparable?.(context, before, now));
    return compared ? { ...change, compared } : change;
  };
  return Promise.all(changes.map((change) => limit(() => comparable(change))));
}
