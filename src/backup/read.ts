import { setImmediate } from "node:timers/promises";
import pLimit from "p-limit";
import type { Live } from "../engine/comparison.ts";
import { containerKind, containersAround } from "../engine/container.ts";
import type { Emit } from "../engine/events.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { readLive } from "../engine/live.ts";
import { createLookUps } from "../engine/look-ups.ts";
import { parseAddress, type LiveObject } from "../engine/model.ts";
import { inWords, listsAll } from "../engine/permissions.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { Forbidden } from "../grafana/errors.ts";
import { readLedger } from "../ownership/ledger.ts";
import { sha256 } from "../util/checksums.ts";
import type { Manifest, ManifestEntry } from "./manifest.ts";
import { filePaths } from "./paths.ts";
import { sealed, shownText, variableNames } from "./seal.ts";

export interface BackupOptions {
  readonly context: KindContext;
  readonly kinds: Kinds;
  readonly selected: (object: { readonly kind: string; readonly id: string }) => boolean;
  /** Whether `--only` can select objects of a kind. */
  readonly mayHave: (kind: string) => boolean;
  /** The types of further objects. Undefined: none; empty: all that Grafana serves. */
  readonly types: readonly string[] | undefined;
  readonly concurrency: number;
  readonly emit: Emit;
  /** Aborted: nothing more is read. */
  readonly signal: AbortSignal;
  readonly write: (file: string, text: string) => Promise<void>;
}

export type BackupResult = Pick<Manifest, "objects" | "unreadable" | "partial">;

/** The number of objects whose bodies are read together. */
const BATCH = 200;

/** Reads all objects that the credentials can read, and writes each to a file. Writes nothing to Grafana. */
export async function backupObjects(options: BackupOptions): Promise<BackupResult> {
  const { kinds, mayHave, emit, signal } = options;
  const context = await withLedger({ ...options.context, lookUps: createLookUps() });
  const wanted = [...kinds.values()].filter((kind) => !kind.sharing && mayHave(kind.name));
  const needed = new Set([
    ...wanted.flatMap(({ name, dependsOn, backup }) => [name, ...(backup?.unlisted ? dependsOn : [])]),
    containerKind(kinds).name,
  ]);
  const unseen = new Map<string, string>();
  const lists = [...kinds.values()].filter(({ name }) => needed.has(name));
  const live = await readLive(context, lists, emit, { unseen });
  const unreadable: Manifest["unreadable"] = [...unseen].flatMap(([kind, missing]) =>
    mayHave(kind) ? [{ kind, missing }] : [],
  );
  const objects: ManifestEntry[] = [];
  const reader = { ...options, context, live, unreadable };
  const write = writer(reader);
  for (const kind of wanted) {
    let done = 0;
    for await (const page of pagesOf(kind, reader)) {
      for (const object of page) {
        // Otherwise, requests for the next page could time out.
        await setImmediate();
        signal.throwIfAborted();
        if (!options.selected({ kind: kind.name, id: object.id })) continue;
        objects.push(await write(kind, object));
        emit({ type: "writing", kind: kind.name, done: ++done, total: live.get(kind.name)?.length ?? done });
      }
    }
  }
  const partial = wanted.filter(
    ({ name, access, backup }) =>
      live.has(name) && !backup?.unlisted && !listsAll(context.grafana.permissions, access.readsAll),
  );
  return {
    objects: objects.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
    unreadable,
    partial: partial.map(({ name }) => name),
  };
}

interface Reader extends BackupOptions {
  readonly live: Live;
  /** Gets what turns out to be unreadable. */
  readonly unreadable: Manifest["unreadable"];
}

/** The owner of objects without marks is in the ledger. */
async function withLedger(context: KindContext): Promise<KindContext> {
  if (!context.grafana.marks) return context;
  try {
    return { ...context, ledger: await readLedger(context.grafana, context) };
  } catch (error) {
    if (!(error instanceof Forbidden)) throw error;
    return context;
  }
}

/** The complete objects of a kind, in parts that fit into memory. */
async function* pagesOf(kind: ResourceKind, reader: Reader): AsyncIterable<readonly LiveObject[]> {
  const { context, live, types, unreadable } = reader;
  const listed = live.get(kind.name);
  if (!listed) return;
  if (kind.backup?.unlisted) yield* unlistedOf(kind, reader);
  else if (kind.source?.stream) {
    // A page can contain objects that belong to no project, such as those of a review.
    const known = new Set(listed.map(({ id }) => id));
    for await (const page of kind.source.stream(context)) yield page.filter(({ id }) => known.has(id));
  } else if (listed.every(({ complete }) => complete)) yield listed;
  else
    for (let start = 0; start < listed.length; start += BATCH) {
      const batch = listed.slice(start, start + BATCH);
      yield (await kind.reading?.bodies?.(context, batch)) ?? batch;
    }
  if (!kind.backup?.ofTypes || types === undefined) return;
  const known = new Set(listed.map(({ id }) => id));
  const { objects, forbidden } = await kind.backup.ofTypes(context, types);
  for (const { id, missing } of forbidden)
    unreadable.push({ kind: kind.name, ...(id === undefined ? {} : { id }), missing });
  yield objects.filter(({ id }) => !known.has(id));
}

async function* unlistedOf(kind: ResourceKind, reader: Reader): AsyncIterable<readonly LiveObject[]> {
  const { context, live, unreadable, concurrency, selected, emit, signal } = reader;
  const all = (kind.backup?.unlisted?.(live) ?? []).filter(({ id }) => selected({ kind: kind.name, id }));
  const limit = pLimit(concurrency);
  for (let start = 0; start < all.length; start += BATCH) {
    signal.throwIfAborted();
    const batch = all.slice(start, start + BATCH).map(({ id, read }) =>
      limit(async () => {
        try {
          return await read(context);
        } catch (error) {
          if (!(error instanceof Forbidden)) throw error;
          unreadable.push({ kind: kind.name, id, missing: error.missing ?? inWords(kind.access.read) });
          return undefined;
        }
      }),
    );
    const found = await Promise.all(batch);
    emit({ type: "writing", kind: kind.name, done: Math.min(start + BATCH, all.length), total: all.length });
    yield found.filter((one) => one !== undefined);
  }
}

type Write = (kind: ResourceKind, object: LiveObject) => Promise<ManifestEntry>;

function writer({ context, kinds, live, write }: Reader): Write {
  const container = containerKind(kinds).name;
  const byId = new Map(
    [...live].map(([name, all]) => [name, new Map(all.map((one) => [one.id, one] as const))] as const),
  );
  const foldersOf = ({ parent }: Pick<LiveObject, "parent">) =>
    containersAround(parent, (id) => byId.get(container)?.get(id));
  const withoutSecrets = (one: LiveObject): LiveObject => ({ ...one, title: shownText(one.title, context) });
  const pathOf = filePaths();
  const nameFor = variableNames();
  return async (kind, object) => {
    // Permissions are next to each other like the objects that they are for.
    const whole = kind.deletion?.partOf?.(object);
    const { kind: of, id } = parseAddress(whole ?? "");
    const target = byId.get(of)?.get(id);
    const named = withoutSecrets(target ? { ...object, title: target.title } : object);
    const file = pathOf(kind.name, foldersOf(target ?? object).map(withoutSecrets), named);
    const { content, secrets } = sealed(context, kind, object, { title: named.title, nameFor });
    const text = `${JSON.stringify(content, undefined, 2)}\n`;
    await write(file, text);
    const { ownership, version, updatedAt, updatedBy } = object;
    const folder = (target ?? object).parent;
    return {
      file,
      kind: kind.name,
      id: object.id,
      title: named.title,
      ...(folder === undefined ? {} : { folder }),
      sha256: sha256(text),
      version,
      ...(updatedAt === undefined ? {} : { updatedAt }),
      ...(updatedBy === undefined ? {} : { updatedBy }),
      ...(secrets.length > 0 ? { secrets: [...secrets] } : {}),
      ...(ownership.state === "locked" ? { provisioned: ownership.why } : {}),
    };
  };
}
