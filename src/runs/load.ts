import pLimit from "p-limit";
import { ZodError } from "zod";
import type { Kinds } from "../engine/desired.ts";
import type { LedgerEntry } from "../engine/ledger.ts";
import { address, type KindContext, type ResourceKind } from "../engine/resource.ts";
import type { Former } from "../engine/undo.ts";
import type { ChangeRecord } from "./record.ts";
import { readBody, type StoredRun } from "./store.ts";

/** Files that are read at once. */
const READS = 16;

/** What a run changed, with everything as it was before. */
export async function formersOf(context: KindContext, kinds: Kinds, run: StoredRun): Promise<Former[]> {
  const { changes, ledgerFolder } = run.record;
  const entries = new Map(
    changes.flatMap((change) => (change.entry ? [[address(change), change.entry satisfies LedgerEntry] as const] : [])),
  );
  const then = { ...context, ledger: { folder: ledgerFolder ?? undefined, serial: 0, entries } };
  const limit = pLimit(READS);
  const formers = changes.map((change) => limit(() => formerOf(then, kinds.get(change.kind), run.directory, change)));
  return Promise.all(formers);
}

async function formerOf(
  context: KindContext,
  kind: ResourceKind | undefined,
  directory: string,
  change: ChangeRecord,
): Promise<Former> {
  const { id, title, action, status, sent, entry } = change;
  return {
    kind: change.kind,
    id,
    title,
    action,
    done: status === "done",
    ...(sent ? { sent } : {}),
    ...(entry ? { entry } : {}),
    ...(kind ? await beforeOf(context, kind, directory, change) : {}),
  };
}

async function beforeOf(
  context: KindContext,
  kind: ResourceKind,
  directory: string,
  { before, redacted }: ChangeRecord,
): Promise<Pick<Former, "before" | "unknown">> {
  if (redacted) return { unknown: "the value of a secret stood in its name, which is in no file" };
  if (before === null) return {};
  const file = await readBody(directory, before);
  if (!file) return { unknown: `what it was can't be read from ${before}` };
  if (file.redacted) {
    return { unknown: `the value of a secret stood in it, which is not in ${before}: bring it back by hand` };
  }
  try {
    return { before: kind.revived(context, file.body) };
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    return { unknown: `${before} doesn't hold what this version knows` };
  }
}
