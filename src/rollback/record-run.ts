import pLimit from "p-limit";
import packageJson from "../../package.json" with { type: "json" };
import type { Outcome, Emit } from "../engine/events.ts";
import { ledgerFolderContent } from "../ownership/ledger-session.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { containerAddress, containerKind } from "../engine/container.ts";
import { contentIn } from "../ownership/edited.ts";
import { contentHashOf, partHashes, placesIn } from "./forms.ts";
import { hash, toJson, withTexts, type JsonObject } from "../util/json.ts";
import { mergeSecrets } from "../secrets/named-secrets.ts";
import type { Change } from "../engine/change.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { HiddenPlace } from "../engine/facets.ts";
import type { KindContext, Restore, Write } from "../engine/kind-context.ts";
import { GrafanaError } from "../grafana/errors.ts";
import { createEncryption, type Encryption } from "../secrets/encrypted-text.ts";
import type { SecretUse } from "../secrets/secret.ts";
import { codePlaces, hiddenPlaces } from "./hidden-places.ts";
import { formerlyNamed, sentSecretPlaces } from "./secret-places.ts";
import { RECORD_VERSION, type ChangeRecord, type RunRecord } from "./record.ts";
import { sealedBody } from "./sealed.ts";
import { bodyFile, listRuns, makeRunDirectory, note, pruneRuns, writeBody, writeEnd, writeRecord } from "./store.ts";

/** The description of a run in its record. */
export type RunDescription = Pick<RunRecord, "command" | "options" | "target" | "project" | "who"> & {
  readonly undoes?: string;
};

/** A run whose previous state is recorded on disk. */
export interface Run {
  readonly id: string;
  readonly directory: string;
  /** Records outcomes. An engine event handler. */
  readonly emit: Emit;
  /** Records the end of the run. */
  end(outcomes: readonly Outcome[]): Promise<void>;
}

export interface RunsConfig {
  /** Absolute path. */
  readonly directory: string;
  /** The number of ended runs to keep. */
  readonly keep: number;
}

/** The maximum number of files that are written at once. */
const WRITES = 16;

/**
 * Records the previous state of all objects that a plan changes, before its first write. Undefined if it changes nothing.
 *
 * Throws if the directory can't be written or a body can't be read. Nothing has been sent then.
 */
export async function recordRun(
  context: KindContext,
  prepared: ExecutablePlan,
  { kinds, config, about }: { kinds: Kinds; config: RunsConfig; about: RunDescription },
): Promise<Run | undefined> {
  const objects = await objectsOf(context, prepared, kinds);
  if (objects.length === 0) return undefined;
  const former = await listRuns(config.directory);
  const own = { ...about, owner: context.owner };
  const named = context.secrets.named && mergeSecrets([context.secrets.named, formerlyNamed(former, own)]);
  // If Grafana does not store it, earlier runs tell where secrets were.
  const placesOf = (name: string) => (context.grafana.marks ? {} : sentSecretPlaces(former, own, name));
  const { id, directory } = await makeRunDirectory(config.directory);
  const limit = pLimit(WRITES);
  const code = Map.groupBy(objects, ({ kind }) => kind);
  const kept = objects.map((one) => {
    // An object that loses a part to another one had the secrets of that part.
    const all = (code.get(one.kind) ?? []).flatMap((other) => codePlaces(other, kinds));
    const within = all.filter((place) => place.within !== undefined);
    return {
      ...one,
      hidden: hiddenPlaces({ ...one, ...placesOf(one.name), within }, kinds, { named, secrets: context.secrets }),
    };
  });
  // Secrets that appear elsewhere in a body are found by value, so all values must be known first.
  for (const { hidden } of kept)
    for (const { variable, unproven } of hidden) if (!unproven) context.secrets.hide(variable);
  const encryption = createEncryption(context.secrets.inText());
  const changes = await Promise.all(
    kept.map((one) => limit(() => keepObject(context, kinds, { directory, encryption }, one))),
  );
  const record: RunRecord = {
    version: RECORD_VERSION,
    id,
    startedAt: new Date().toISOString(),
    ...about,
    options: withTexts(toJson(about.options), (text) => encryption.redacted(text)) as RunRecord["options"],
    who: withTexts(toJson(about.who), (text) => encryption.redacted(text)) as RunRecord["who"],
    tool: packageJson.version,
    owner: context.owner,
    ledgerFolder: context.ledger.folder ?? null,
    ...(named ? { named: Object.fromEntries([...named].map(([name, uses]) => [name, stored(uses)])) } : {}),
    changes,
  };
  await writeRecord(directory, record);

  const indexes = new Map(objects.map(({ name }, index) => [name, index]));
  return {
    id,
    directory,
    emit(event) {
      if (event.type !== "applied" && event.type !== "sending") return;
      const { change, status } = event.type === "applied" ? event.outcome : ({ ...event, status: "started" } as const);
      const index = indexes.get(address(change));
      if (index !== undefined) note(directory, index, status);
    },
    async end(outcomes) {
      const ends = new Map(outcomes.map((outcome) => [indexes.get(address(outcome.change)), outcome]));
      const ended = record.changes.map((change, index): ChangeRecord => {
        const { status, error } = ends.get(index) ?? {};
        const message = error && context.secrets.redacted(error.message);
        return { ...change, ...(status ? { status } : {}), ...(message ? { error: message } : {}) };
      });
      await writeEnd(directory, { ...record, endedAt: new Date().toISOString(), changes: ended });
      await pruneRuns(config.directory, config.keep);
    },
  };
}

/** One object that a run changes. */
interface RecordedObject {
  readonly name: string;
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly action: ChangeRecord["action"];
  readonly before?: LiveObject;
  readonly write?: Write;
  readonly restore?: Restore;
  readonly sent?: ChangeRecord["sent"];
}

async function objectsOf(context: KindContext, prepared: ExecutablePlan, kinds: Kinds): Promise<RecordedObject[]> {
  const { plan, writes, restores, removals, sideEffects, ledgerFolder } = prepared;
  const kept = plan.changes.filter(({ left }) => !left).map((change) => keptOf(change, writes, restores, removals));
  if (kept.length === 0) return [];
  const passing = sideEffects.map(({ kind, object }): RecordedObject => {
    const { id, title } = object;
    return { name: address({ kind, id }), kind, id, title, action: "aside", before: object };
  });
  const folder = ledgerFolder.own ? await ownFolder(context, kinds, ledgerFolder.uid) : [];
  return complete(context, kinds, [...kept, ...passing, ...folder]);
}

function keptOf(
  change: Change,
  writes: ExecutablePlan["writes"],
  restores: ExecutablePlan["restores"],
  removals: ExecutablePlan["removals"],
): RecordedObject {
  const name = address(change);
  const { kind, id, title, action } = change;
  const [write, restore] = [writes.get(name), restores.get(name)];
  const before = write?.live ?? restore?.live ?? removals.get(name);
  return {
    name,
    kind,
    id,
    title,
    action,
    ...(before ? { before } : {}),
    ...(write ? { write } : {}),
    ...(restore ? { restore } : {}),
  };
}

/** The folder that the tool creates for the ledger, which is not in the plan. */
async function ownFolder(context: KindContext, kinds: Kinds, uid: string): Promise<RecordedObject[]> {
  const container = containerKind(kinds);
  if (await container.find(context, uid)) return [];
  const { title, hash } = ledgerFolderContent(context.owner);
  const name = containerAddress(kinds, uid);
  return [{ name, kind: container.name, id: uid, title, action: "create", sent: { ours: true, codeHash: hash } }];
}

/** Adds bodies that the plan did not need. */
async function complete(context: KindContext, kinds: Kinds, all: readonly RecordedObject[]): Promise<RecordedObject[]> {
  const bodies = new Map<string, LiveObject>();
  for (const [name, own] of Map.groupBy(all, ({ kind }) => kind)) {
    const wanted = own.flatMap(({ before }) => (before && !before.complete ? [before] : []));
    const found = wanted.length > 0 ? ((await kinds.get(name)?.reading?.bodies?.(context, wanted)) ?? []) : [];
    for (const object of found) bodies.set(address({ kind: name, id: object.id }), object);
  }
  return all.map((one) => {
    if (!one.before || one.before.complete) return one;
    const { before: _, ...rest } = one;
    const object = bodies.get(one.name);
    // The object has been deleted since, so there is nothing to restore.
    return object ? { ...rest, before: object } : rest;
  });
}

async function keepObject(
  context: KindContext,
  kinds: Kinds,
  { directory, encryption }: { readonly directory: string; readonly encryption: Encryption },
  one: RecordedObject & { readonly hidden: readonly HiddenPlace[] },
): Promise<ChangeRecord> {
  const { kind: name, id, title, action, before, hidden } = one;
  const kind = kinds.get(name);
  if (!kind) throw new Error(`no kind is named ${name}`);
  const file = before && bodyFile(one);
  if (before && file) {
    const { body, sealed, encrypted } = sealedBody(kind.rollback.snapshot(before, hidden, context.secrets), encryption);
    const texts =
      encrypted.length > 0 ? { encrypted: encrypted.map((text) => ({ ...text, variables: [...text.variables] })) } : {};
    const secrets = { sealed: stored(sealed), sentHere: true } as const;
    await writeBody(directory, file, { address: one.name, redacted: false, ...secrets, ...texts, body });
  }
  const sent = one.sent ?? (await sentOf(context, one, kinds));
  const entry = kind.marking === "ledger" ? (context.ledger.entries.get(one.name) ?? null) : null;
  return {
    kind: name,
    // Without its id, the object could not be restored.
    id,
    title: encryption.redacted(title),
    action,
    before: file ?? null,
    sent,
    entry: entry as ChangeRecord["entry"],
  };
}

/** The hashes of the new content; null if the object is deleted or loses a part. */
async function sentOf(
  context: KindContext,
  { kind: name, write, restore }: RecordedObject,
  kinds: Kinds,
): Promise<ChangeRecord["sent"]> {
  const kind = kinds.get(name);
  const marked = context.grafana.marks || kind?.marking === "own-data";
  if (write && kind) {
    const code = { ours: true, codeHash: write.desired.hash };
    return marked ? code : { ...code, ...(await contentSent(context, kind, write)) };
  }
  if (!restore || !kind) return null;
  const before = kind.rollback.result?.(restore, context.secrets) ?? restore.before;
  const places = placesIn(kind, before);
  const codeHash = before.applied?.codeHash;
  return {
    ours: before.ownership.state === "ours",
    ...(codeHash === undefined ? {} : { codeHash }),
    contentHash: contentHashOf(kind, before, places),
    places: stored(places),
    ...(marked
      ? {}
      : { parts: partHashes(kind, kind.secrets?.hide?.(kind.observed(before), places) ?? kind.observed(before)) }),
  };
}

/** The content's hash, if no mark records what was applied last. */
async function contentSent(
  context: KindContext,
  kind: ResourceKind,
  write: Write,
): Promise<Pick<NonNullable<ChangeRecord["sent"]>, "contentHash" | "places" | "parts">> {
  const form = (await storedForm(context, kind, write)) ?? kind.desired(write.desired, write.live);
  return {
    contentHash: hash(contentIn(kind, form, write.desired)),
    places: stored(kind.secrets?.places?.(write.desired) ?? []),
    parts: partHashes(kind, form),
  };
}

/** An error here is ignored: the write itself will report it. */
async function storedForm(context: KindContext, kind: ResourceKind, write: Write): Promise<JsonObject | undefined> {
  try {
    return await kind.comparison?.stored?.(context, write);
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    return undefined;
  }
}

function stored(places: readonly SecretUse[]): NonNullable<NonNullable<ChangeRecord["sent"]>["places"]> {
  return places.map((place) => ({ ...place, path: [...place.path] }));
}
