import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, relative, resolve } from "node:path";
import { glob } from "tinyglobby";
import { parseDocuments, stemOf } from "../code/documents.ts";
import { DOCUMENTS, filesOf, MODULES } from "../code/resource-files.ts";
import type { Fault } from "../util/errors.ts";
import { isObject, type Json } from "../util/json.ts";

/** One document of a file. */
export interface ForeignDocument {
  /** Absolute. */
  readonly file: string;
  /** `exported/shop.yaml`, for messages. */
  readonly name: string;
  /** `document 2`, or empty if the file has only one. */
  readonly part: string;
  readonly stem: string;
  readonly document: Json;
  /** Whether its directory was named, and not the file itself. */
  readonly found: boolean;
}

export interface FoundFiles {
  readonly documents: readonly ForeignDocument[];
  /** TypeScript and JavaScript files. Absolute paths. */
  readonly modules: readonly string[];
  readonly texts: readonly string[];
  readonly faults: readonly Fault[];
}

const IN_DIRECTORY = `**/*.{${DOCUMENTS.map((extension) => extension.slice(1)).join(",")}}`;
const IGNORED = ["**/node_modules/**", "**/.*/**"];

/** The documents in these files, directories and patterns. Directories are searched for JSON and YAML only. */
export async function documentsIn(paths: readonly string[], directory: string): Promise<FoundFiles> {
  const faults: Fault[] = [];
  const found = new Map<string, boolean>();
  for (const path of paths) {
    const absolute = resolve(directory, path);
    if (existsSync(absolute) && statSync(absolute).isDirectory()) {
      const files = await documentFilesIn(absolute);
      if (files.length === 0)
        faults.push({
          level: "error",
          code: "code-path-missing",
          file: path,
          message: "contains no JSON or YAML files",
        });
      for (const file of files) if (!found.has(file)) found.set(file, true);
    } else {
      const { files, missing } = await filesOf([path], directory);
      faults.push(...missing.map((fault) => ({ level: "error", code: "code-path-missing", ...fault }) as const));
      for (const file of files) found.set(file, false);
    }
  }
  const modules = [...found.keys()].filter((file) => MODULES.includes(extname(file)));
  const read = await readDocuments(
    [...found].filter(([file]) => DOCUMENTS.includes(extname(file))),
    directory,
  );
  return { ...read, modules, faults: [...faults, ...read.faults] };
}

/** The JSON and YAML files in a directory, at any depth. */
export async function documentFilesIn(directory: string, pattern = IN_DIRECTORY): Promise<string[]> {
  const files = await glob(pattern, { cwd: directory, absolute: true, ignore: IGNORED, expandDirectories: false });
  return files.map((file) => resolve(file)).toSorted();
}

export async function readDocuments(
  files: readonly (readonly [file: string, found: boolean])[],
  directory: string,
): Promise<Omit<FoundFiles, "modules">> {
  const faults: Fault[] = [];
  const documents: ForeignDocument[] = [];
  const texts: string[] = [];
  for (const [file, isFound] of files) {
    const name = relative(directory, file).replaceAll("\\", "/");
    const text = readFileSync(file, "utf8");
    texts.push(text);
    try {
      const all = (await parseDocuments(text, extname(file))).flatMap(itemsOf);
      for (const [index, document] of all.entries()) {
        const part = all.length > 1 ? `document ${index + 1}` : "";
        documents.push({ file, name, part, stem: stemOf(file, index, all.length), document, found: isFound });
      }
    } catch (error) {
      faults.push({ level: "error", code: "code-syntax-invalid", file: name, message: syntaxMessage(file, error) });
    }
  }
  return { documents, texts, faults };
}

/** The objects in a Kubernetes list. */
function itemsOf(document: Json): Json[] {
  if (!isObject(document) || typeof document["apiVersion"] !== "string") return [document];
  const { kind, items } = document;
  return typeof kind === "string" && kind.endsWith("List") && Array.isArray(items) ? items : [document];
}

/** Without the parser's excerpt of the text, which can contain a secret. */
function syntaxMessage(file: string, error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  if (extname(file) === ".json") {
    const place = /\(line \d+ column \d+\)/.exec(text)?.[0] ?? "";
    return `is not valid JSON ${place}`.trim();
  }
  const [, line] = /\bat line (\d+)/.exec(text) ?? [];
  return `is not valid YAML${line === undefined ? "" : ` (line ${line})`}`;
}
