import pLimit from "p-limit";
import { ZodError } from "zod";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import type { Json } from "../util/json.ts";
import type { LedgerEntry } from "../ownership/ledger.ts";
import { address } from "../engine/model.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { mergeSecrets, variablesIn, type NamedSecrets } from "../secrets/named-secrets.ts";
import type { RecordedChange } from "./recorded-change.ts";
import type { BodyFile, ChangeRecord, RunRecord } from "./record.ts";
import { unsealedBody, unsealedOldBody } from "./sealed.ts";
import { readBody, type StoredRun } from "./store.ts";

/** The maximum number of files that are read at once. */
const READS = 16;

/** The changes of a run, with the former state of each object. */
export async function recordedChangesOf(context: KindContext, kinds: Kinds, run: StoredRun): Promise<RecordedChange[]> {
  const { changes, ledgerFolder } = run.record;
  const entries = new Map(
    changes.flatMap((change) => (change.entry ? [[address(change), change.entry satisfies LedgerEntry] as const] : [])),
  );
  const then = { ...context, ledger: { folder: ledgerFolder ?? undefined, serial: 0, entries } };
  const limit = pLimit(READS);
  const formers = changes.map((change) => limit(() => recordedChangeOf(then, kinds.get(change.kind), run, change)));
  return Promise.all(formers);
}

async function recordedChangeOf(
  context: KindContext,
  kind: ResourceKind | undefined,
  run: StoredRun,
  change: ChangeRecord,
): Promise<RecordedChange> {
  const { id, title, action, status, sent, entry } = change;
  return {
    kind: change.kind,
    id,
    title,
    action,
    done: status === "done",
    ...(sent ? { sent } : {}),
    ...(entry ? { entry } : {}),
    ...(kind ? await beforeOf(context, kind, run, change) : {}),
  };
}

async function beforeOf(
  context: KindContext,
  kind: ResourceKind,
  { directory, record }: StoredRun,
  { before, redacted, sent }: ChangeRecord,
): Promise<Pick<RecordedChange, "before" | "unknown">> {
  if (redacted) return { unknown: "its name contained a secret, so it was not recorded" };
  if (before === null) return {};
  const file = await readBody(directory, before);
  if (!file) return { unknown: `its previous state can't be read from ${before}` };
  if (file.redacted) {
    return { unknown: `it contained a secret that ${before} does not contain; restore the object manually` };
  }
  try {
    const body = secretsBack(context, kind, file, { record, sent });
    if (body === undefined) {
      return { unknown: `${before} does not distinguish secrets from text; restore the object manually` };
    }
    return { before: kind.rollback.restoreSnapshot(context, body) };
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    return { unknown: `${before} has a format that this version can't read` };
  }
}

/** The body with the secrets that the run recorded in it. Undefined if the file doesn't list them. */
function secretsBack(
  context: KindContext,
  kind: ResourceKind,
  { body, sealed }: BodyFile,
  { record, sent }: { readonly record: RunRecord; readonly sent: ChangeRecord["sent"] },
): unknown {
  if (sealed) {
    const named = record.named && variablesIn(new Map(Object.entries(record.named)));
    return unsealedBody({ body: body as Json, sealed }, (variable) => named?.has(variable) ?? true);
  }
  if (!kind.secrets) return body;
  return unsealedOldBody(body, [
    ...(kind.rollback.restoreSnapshot(context, body).applied?.places ?? []),
    ...(sent?.places ?? []),
  ]);
}

/** The secrets in the recorded state, and those that the run's code named: a rollback reads no other variable. */
export function namedInRun(
  { record: { named = {} } }: StoredRun,
  formers: readonly RecordedChange[],
  kinds: Kinds,
): NamedSecrets {
  const back = formers.map((one) => {
    const uses = one.before && kinds.get(one.kind)?.secrets?.inSnapshot(one.before);
    return new Map([[address(one), uses ?? []]]);
  });
  return mergeSecrets([new Map(Object.entries(named)), ...back]);
}
