import { setImmediate } from "node:timers/promises";
import type { Emit } from "../engine/events.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { address, type LiveObject } from "../engine/model.ts";
import { partialNote } from "../engine/permissions.ts";
import type { SecretUse } from "../secrets/secret.ts";
import { choice, type Selection } from "./choice.ts";
import { knownInGrafana } from "./code-ids.ts";
import type { Expression } from "./code/expression.ts";
import { moduleParts, type Exported } from "./code/module.ts";
import { hasSeveralParts, splitModule } from "./code/split.ts";
import { documentText, type Format } from "./documents.ts";
import type { SourceText } from "./format.ts";
import { referencesFor, type Existing, type Known, type KnownReference } from "./references.ts";
import { readObjects, type Objects, type SourceKind } from "./objects.ts";
import { inDirectory, onePart, pathIn, splitParts, type Part, type PartContext, type Split } from "./parts.ts";
import { placesFor, type Place } from "./places.ts";
import { loadSdk } from "./sdk/sdk.ts";
import { writeQueue } from "./write-queue.ts";

export interface ImportOptions extends Selection {
  readonly context: KindContext;
  readonly project: string;
  readonly existing: Existing;
  readonly format: Format;
  /** What the project's code refers to with `existing`, by address. */
  readonly knownReferences?: ReadonlyMap<string, KnownReference>;
  /** Files of the project's code, relative to the output directory. No object is written to them. */
  readonly taken?: ReadonlySet<string>;
  /** The variables of secrets that are known, by address. */
  readonly secrets?: ReadonlyMap<string, readonly SecretUse[]>;
  /** Writes several projects instead of one. */
  readonly split?: ((objects: Objects) => SplitOptions) | undefined;
  readonly emit: Emit;
  /** Gets each file when it is complete. `split`: the texts of several files in place of one that is too long. */
  readonly write: (path: string, text: SourceText, split?: () => ReadonlyMap<string, SourceText>) => Promise<void>;
}

/** What an import has to know about the code of a project. */
export type KnownCode = Required<Pick<ImportOptions, "knownReferences" | "taken">> & {
  readonly known: ReadonlyMap<string, Known>;
};

/** The projects of a split import, and what their code has. */
export interface SplitOptions extends Split {
  /** What the code of a project has, relative to its directory. */
  readonly codeIn: (directory: string) => Pick<ImportOptions, "known" | "knownReferences" | "taken">;
}

/** An object without code, and why: a sentence without its name. */
interface LeftOut {
  readonly address: string;
  readonly title: string;
  readonly why: string;
}

interface Written {
  readonly kind: string;
  readonly id: string;
  /** Relative to the output directory. */
  readonly file: string;
  /** The directory of its project; empty if there is only one project. */
  readonly directory: string;
}

export interface ImportResult {
  /** The objects that have code, with its file. */
  readonly objects: readonly Written[];
  readonly left: readonly LeftOut[];
  /** Kinds that the credentials can't read, with the missing permission. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** The variables of secrets, with the object that each is for. */
  readonly variables: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/** Reads live objects and writes their code. Writes nothing to Grafana. */
export async function importObjects(given: ImportOptions): Promise<ImportResult> {
  const { context, format, existing, secrets, emit, write } = given;
  const objects = await readObjects(context, given, emit);
  const { ids } = objects;
  const options = {
    ...given,
    known: knownInGrafana(given.known, ids),
    knownReferences: knownInGrafana(given.knownReferences ?? new Map(), ids),
  };
  const withCode: Written[] = [];
  const left: LeftOut[] = [];
  const variables = new Map<string, string>();
  const chosen = choice(options, objects);
  const sdk = await loadSdk();
  const queue = writeQueue();
  // Kinds that are finished, with their written objects. Others refer only to what has code.
  const finished = new Map<string, Set<string>>();
  const isWritten = (kind: SourceKind, object: LiveObject) =>
    finished.get(kind.name)?.has(object.id) ?? chosen.mayWrite(kind, object);
  const hasCode = (kindName: string, id: string) => {
    const [kind, object] = [objects.kinds.find((one) => one.name === kindName), objects.find(kindName, id)];
    const isKnown = options.known.has(address({ kind: kindName, id }));
    return isKnown || (kind !== undefined && object !== undefined && isWritten(kind, object));
  };
  const split = options.split?.(objects);
  const create = ({ directory, isWritten, onRefer }: PartContext): Part => {
    const code = split?.codeIn(directory) ?? options;
    const places = placesFor(objects, format, takenBy(code));
    const shared = new Map<string, Exported[]>();
    const share = ({ file, export: name }: Place, value: Expression) => {
      const own = shared.get(file) ?? [];
      shared.set(file, own);
      own.push({ name, value });
    };
    const { known, knownReferences = new Map() } = code;
    const references = referencesFor({
      existing,
      objects,
      places,
      known,
      knownReferences,
      secrets,
      share,
      isWritten,
      onRefer,
      variables,
    });
    return { directory, places, references, share, shared };
  };
  const parts = split ? splitParts(split, { objects, create, isWritten }) : onePart({ objects, create, isWritten });
  for (const kind of parts.kinds) {
    const isDocument = format !== "code" && kind.source.document !== undefined;
    const written = new Set<string>();
    let done = 0;
    const total = objects.live.get(kind.name)?.length ?? 0;
    for await (const page of pagesOf(kind, objects, context, chosen.mayHave(kind))) {
      for (const read of page) {
        // Otherwise, requests for the next page could time out.
        await setImmediate();
        const live = ids.back(kind, read) ?? read;
        done++;
        const name = address({ kind: kind.name, id: read.id });
        const selected = chosen.verdict(kind, live, read.id);
        const verdict = selected === true ? (ids.reasonToLeave(kind, read, hasCode) ?? true) : selected;
        if (verdict === undefined) continue;
        if (verdict !== true) {
          left.push({ address: name, title: read.title, why: verdict });
          continue;
        }
        emit({ type: "writing", kind: kind.name, done, total });
        const { directory, places, references, share } = parts.of(kind, live);
        const place = places.of(kind, live);
        if (isDocument)
          await queue(() =>
            write(pathIn(directory, place.file), documentText(kind.source.document?.(live) ?? {}, format)),
          );
        else {
          const value = kind.source.write(live, {
            kinds: context,
            sdk,
            project: options.project,
            ...references.of(kind, live),
          });
          if ("left" in value) {
            left.push({ address: name, title: read.title, why: value.left });
            continue;
          }
          if (kind.source.file === undefined)
            await queue(() => writeModule(place.file, value, inDirectory(directory, write)));
          else share(place, value);
        }
        written.add(live.id);
        withCode.push({ kind: kind.name, id: live.id, file: pathIn(directory, place.file), directory });
      }
    }
    finished.set(kind.name, written);
  }
  const used = new Set(withCode.map(({ directory }) => directory));
  // A project without objects is not written.
  const all = parts.finish().filter(({ directory }) => used.has(directory));
  for (const { directory, shared } of all)
    for (const [file, exported] of shared)
      await write(pathIn(directory, file), moduleParts(file, inOrder(exported, file)));
  await queue.finished();
  return {
    objects: withCode,
    left,
    unreadable: objects.unreadable,
    variables,
    notes: [...partNotes(objects), ...ids.notes, ...all.flatMap(({ references }) => references.notes)],
  };
}

function partNotes({ partial }: Objects): string[] {
  return partial.length > 0 ? [partialNote(partial)] : [];
}

async function writeModule(file: string, value: Expression, write: ImportOptions["write"]): Promise<void> {
  const split = hasSeveralParts(value) ? () => splitModule(file, value) : undefined;
  await write(file, moduleParts(file, [{ value }]), split);
}

function takenBy({ known, taken = new Set() }: Pick<ImportOptions, "known" | "taken">): ReadonlySet<string> {
  return new Set([...taken, ...[...known.values()].map(({ file }) => file)]);
}

async function* pagesOf(
  kind: SourceKind,
  objects: Objects,
  context: KindContext,
  isWanted: boolean,
): AsyncIterable<readonly LiveObject[]> {
  if (!isWanted || !objects.live.has(kind.name)) return;
  if (kind.source.stream) yield* ahead(kind.source.stream(context));
  else {
    const listed = objects.live.get(kind.name) ?? [];
    yield listed.every(({ complete }) => complete)
      ? listed
      : ((await kind.reading?.bodies?.(context, listed)) ?? listed);
  }
}

/** The same pages, each of which is read while the one before it is used. */
async function* ahead<Page>(pages: AsyncIterable<Page>): AsyncIterable<Page> {
  const reader = pages[Symbol.asyncIterator]();
  for (let next = reader.next(); ;) {
    const { value, done } = await next;
    if (done === true) return;
    next = reader.next();
    // Its failure is reported when it is awaited.
    next.catch(() => {});
    yield value;
  }
}

/** Exports of one file, each after those that it uses. */
function inOrder(exported: readonly Exported[], file: string): Exported[] {
  const ordered: Exported[] = [];
  const add = (one: Exported) => {
    if (ordered.includes(one)) return;
    const used = namesIn(one.value, file);
    for (const other of exported) if (other !== one && used.has(other.name ?? "")) add(other);
    if (!ordered.includes(one)) ordered.push(one);
  };
  for (const one of exported) add(one);
  return ordered;
}

function namesIn(value: Expression, file: string): Set<string> {
  const names = new Set<string>();
  JSON.stringify(value, (key, item: unknown) => {
    if (key === "value" && typeof item === "function") return undefined;
    if (typeof item === "object" && item !== null && "from" in item && "name" in item && item.from === file)
      names.add(String(item.name));
    return item;
  });
  return names;
}
