import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { extname, isAbsolute, relative, sep } from "node:path";
import { scriptSource } from "./source/script.ts";
import type { Source } from "./source/source.ts";
import { yamlSource } from "./source/yaml.ts";

/** The files of a project with edits in memory. */
export class ProjectFiles {
  readonly #directory: string;
  readonly #config: string;
  /** As they were read, and with the edits. */
  readonly read = new Map<string, string>();
  readonly texts = new Map<string, string>();
  /** Files that are not UTF-8. */
  readonly #damaged = new Set<string>();
  readonly #sources = new Map<string, { readonly text: string; readonly source: Source | undefined }>();

  constructor(directory: string, config: string) {
    this.#directory = directory;
    this.#config = config;
  }

  text(file: string): string {
    const known = this.texts.get(file) ?? this.read.get(file);
    if (known !== undefined) return known;
    const bytes = readFileSync(file);
    if (!isUtf8(bytes)) this.#damaged.add(file);
    const text = bytes.toString();
    this.read.set(file, text);
    return text;
  }

  /**
   * Whether a file may be edited. The configuration may not: it determines which objects are the project's. Other projects may
   * use files outside of this one. A text that is not UTF-8 would lose characters.
   */
  #isEditable(file: string): boolean {
    const path = relative(this.#directory, file);
    return file !== this.#config && !isAbsolute(path) && path.split(sep)[0] !== ".." && !this.#damaged.has(file);
  }

  /** The values in a file; undefined if it can't be edited. */
  source(file: string): Source | undefined {
    const text = this.text(file);
    if (!this.#isEditable(file)) return undefined;
    const known = this.#sources.get(file);
    if (known?.text === text) return known.source;
    let source: Source | undefined;
    try {
      source = sourceOf(file, text);
    } catch {
      // It is valid for Node, but not for this parser.
    }
    this.#sources.set(file, { text, source });
    return source;
  }
}

/** Throws a `SyntaxError`. */
export function sourceOf(file: string, text: string): Source {
  const extension = extname(file);
  return /^\.ya?ml$/.test(extension) ? yamlSource(text) : scriptSource(text, extension === ".json");
}
