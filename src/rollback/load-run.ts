import pLimit from "p-limit";
import { ZodError } from "zod";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import type { Json } from "../util/json.ts";
import type { LedgerEntry } from "../ownership/ledger-entry.ts";
import { editedOf } from "../ownership/edited.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { mergeSecrets, variablesIn, type NamedSecrets } from "../secrets/named-secrets.ts";
import { secretsIn } from "../secrets/secret.ts";
import { createDecryption } from "../secrets/encrypted-text.ts";
import { hiddenForm } from "./forms.ts";
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
  { before, redacted, sent, action }: ChangeRecord,
): Promise<Pick<RecordedChange, "before" | "unknown">> {
  if (redacted) return { unknown: "its name contained a secret, so it was not recorded" };
  if (before === null) return {};
  const file = await readBody(directory, before);
  if (!file) return { unknown: `its previous state can't be read from ${before}` };
  if (file.redacted) {
    return { unknown: `it contained a secret that ${before} does not contain; restore the object manually` };
  }
  try {
    const read = secretsBack(context, kind, file, { record, sent });
    if ("value" in read) {
      const former = kind.rollback.restoreSnapshot(context, read.value);
      const isSentHere = action !== "adopt" && (file.sentHere === true || isUnedited(kind, former));
      if (!isSentHere && secretsIn(read.value).length > 0)
        return {
          unknown: `an older version recorded secrets of this project in ${before}, possibly for another address; restore the object manually`,
        };
      return { before: former };
    }
    const { unreadable } = read;
    if (unreadable === "ambiguous")
      return { unknown: `${before} does not distinguish secrets from text; restore the object manually` };
    const names = unreadable.missing.join(", ");
    return {
      unknown: `its previous state contains the value that ${names} had then; set ${names} to that value, and roll back again`,
    };
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    return { unknown: `${before} has a format that this version can't read` };
  }
}

/** Whether a recorded object has the content of its mark, so that its address is the one that the project sent secrets to. */
function isUnedited(kind: ResourceKind, object: LiveObject): boolean {
  return editedOf(kind, object, hiddenForm(kind, object, object.applied?.places ?? [])) === "no";
}

/** The body with the secrets that the run recorded in it. */
function secretsBack(
  context: KindContext,
  kind: ResourceKind,
  { body, sealed, encrypted = [] }: BodyFile,
  { record, sent }: { readonly record: RunRecord; readonly sent: ChangeRecord["sent"] },
): ReturnType<typeof unsealedBody> {
  if (sealed) {
    const uses = record.named && new Map(Object.entries(record.named));
    const named = uses && variablesIn(uses);
    const secrets = uses ? context.secrets.namedBy(uses) : context.secrets;
    const decrypt = createDecryption(encrypted.length > 0 ? secrets.inText() : new Map());
    return unsealedBody({ body: body as Json, sealed, encrypted }, (variable) => named?.has(variable) ?? true, decrypt);
  }
  if (!kind.secrets) return { value: body };
  const value = unsealedOldBody(body, [
    ...(kind.rollback.restoreSnapshot(context, body).applied?.places ?? []),
    ...(sent?.places ?? []),
  ]);
  return value === undefined ? { unreadable: "ambiguous" } : { value };
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
