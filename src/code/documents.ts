import { readFileSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { glob } from "tinyglobby";
import type { DocumentReader, DocumentsFacet } from "../engine/documents-facet.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import type { Fault } from "../util/errors.ts";
import type { Source } from "../engine/model.ts";
import type { Json } from "../util/json.ts";
import type { Loaded } from "./desired.ts";
import type { FileSet } from "./exported.ts";

/** The kind whose resources can be documents. */
export type DocumentKind = ResourceKind & { readonly documents: DocumentsFacet };

export function documentKind(kinds: Kinds): DocumentKind {
  for (const kind of kinds.values()) if (kind.documents) return kind as DocumentKind;
  throw new Error("no kind has documents");
}

export interface DocumentLoading {
  readonly kind: DocumentKind;
  /** The name of a file in messages. */
  readonly nameOf: (file: string) => string;
  readonly faults: Fault[];
  /** The content of a file, if it is not the one on disk. */
  readonly textOf?: (file: string) => string | undefined;
  /** The names of inputs that the environment has an answer for. */
  readonly answered?: ReadonlySet<string> | undefined;
  /** The files to read. Default: all. */
  readonly only?: ReadonlySet<string>;
  /** The files of sets that were searched before. */
  readonly searched?: Map<string, readonly string[]>;
}

/** Reads the files of a set. `claimed`: the files, which must not be read again as single documents. */
export async function loadSet(
  { set, from }: FileSet,
  loading: DocumentLoading,
): Promise<{ readonly loaded: Loaded[]; readonly claimed: readonly string[] }> {
  const { kind, faults } = loading;
  const where = { level: "error", file: from.name, export: from.export } as const;
  const opened = kind.documents.openSet(set);
  const { files, read, afterReading } = opened;
  if (!files || !read) {
    faults.push(...opened.faults.map((fault) => ({ ...where, code: "code-document-invalid" as const, ...fault })));
    return { loaded: [], claimed: [] };
  }
  const claimed = await search(files, dirname(from.file), loading.searched);
  if (claimed.length === 0)
    faults.push({ ...where, code: "code-path-missing", path: "files", message: `no file matches ${files.join(", ")}` });
  faults.push(...opened.faults.map((fault) => ({ ...where, code: "code-document-invalid" as const, ...fault })));
  const before = errorsIn(faults);
  const { only } = loading;
  const wanted = only ? claimed.filter((file) => only.has(file)) : claimed;
  const loaded = await Promise.all(wanted.map((file) => loadDocument(file, read, loading)));
  // A file with an error may not have been read completely, and other files of the set may use what these don't.
  if (!only && claimed.length > 0 && errorsIn(faults) === before)
    faults.push(
      ...(afterReading?.() ?? []).map((fault) => ({ ...where, code: "code-document-invalid" as const, ...fault })),
    );
  return { loaded: loaded.flat(), claimed };
}

/** The files that match. */
async function search(
  files: readonly string[],
  cwd: string,
  searched: Map<string, readonly string[]> | undefined,
): Promise<readonly string[]> {
  const key = JSON.stringify([cwd, files]);
  const known = searched?.get(key);
  if (known) return known;
  const found = await glob([...files], { cwd, absolute: true });
  const claimed = found.map((file) => resolve(file)).toSorted();
  searched?.set(key, claimed);
  return claimed;
}

function errorsIn(faults: readonly Fault[]): number {
  return faults.filter(({ level }) => level === "error").length;
}

export async function loadDocument(
  file: string,
  read: DocumentReader,
  { kind, nameOf, faults, textOf, answered }: DocumentLoading,
): Promise<Loaded[]> {
  const name = nameOf(file);
  let documents: Json[];
  try {
    // Node takes four times as long to read small files asynchronously.
    documents = await parseDocuments(textOf?.(file) ?? readFileSync(file, "utf8"), extname(file));
  } catch (error) {
    const format = extname(file) === ".json" ? "JSON" : "YAML";
    const message = `is not valid ${format}: ${error instanceof Error ? error.message : String(error)}`;
    faults.push({ level: "error", code: "code-syntax-invalid", file: name, message });
    return [];
  }
  return documents.flatMap((document, index) => {
    const stem = stemOf(file, index, documents.length);
    const source = { file: name, export: documents.length > 1 ? `document ${index + 1}` : "" };
    return loadedFrom(document, read, { kind, source, stem, faults, answered });
  });
}

/** The name of a document: of its file, with a number if the file has several documents. */
export function stemOf(file: string, index: number, count: number): string {
  return basename(file, extname(file)) + (count > 1 ? `-${index + 1}` : "");
}

interface Reading extends Pick<DocumentLoading, "kind" | "faults" | "answered"> {
  readonly source: Source;
  readonly stem: string;
}

/** The resource in a document. Adds its faults. */
export function loadedFrom(document: Json, read: DocumentReader, reading: Reading): Loaded[] {
  const { kind, source, stem, faults, answered } = reading;
  const { value, packed, faults: own } = read(document, { file: basename(source.file), stem, answered });
  for (const { ofFile, ...rest } of own) {
    const fault = { code: "code-document-invalid", ...rest } as const;
    faults.push(ofFile ? { ...fault, file: source.file } : { ...source, ...fault });
  }
  const { within } = kind.documents;
  return value ? [{ kind: kind.name, source, within, value, ...(packed ? { packed } : { disposable: true }) }] : [];
}

/** The documents in the text of a file with this extension. Throws if the text is not valid. */
export async function parseDocuments(text: string, extension: string): Promise<Json[]> {
  // Some editors write a byte order mark at the start of a file.
  if (extension === ".json") return [JSON.parse(text.replace(/^\uFEFF/, "")) as Json];
  const { parseAllDocuments } = await import("yaml");
  const documents = parseAllDocuments(text).map((document) => {
    const [problem] = document.errors;
    if (problem) throw problem;
    return document.toJS() as Json;
  });
  // A trailing `---` starts an empty document.
  const held = documents.filter((document) => document !== null);
  return held.length > 0 ? held : [null];
}
