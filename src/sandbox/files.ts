import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { SandboxDataError } from "./errors.ts";
import { parseObject, type JsonObject } from "./json.ts";

/** Maximum length of a key in a file name. File systems allow 255 characters, including the suffix. */
const longestName = 200;

/** A directory with one JSON file per object. Writes are atomic and are on disk when they resolve. */
export class JsonFiles {
  readonly directory: string;
  readonly #mode: number | undefined;

  constructor(directory: string, mode?: number) {
    this.directory = directory;
    this.#mode = mode;
  }

  /** Creates the directory, removes incomplete files of a killed process and reads all objects. */
  async *load(): AsyncGenerator<{ file: string; value: JsonObject }> {
    await mkdir(this.directory, { recursive: true, ...(this.#mode === undefined ? {} : { mode: 0o700 }) });
    const names = await readdir(this.directory);
    const leftovers = names.filter((name) => /\.json\.\d+$/.test(name));
    await Promise.all(leftovers.map(async (name) => rm(join(this.directory, name), { force: true })));
    const files = names.filter((name) => name.endsWith(".json")).map((name) => join(this.directory, name));
    // Reads synchronously: asynchronous reads of many small files take more time and memory.
    for (const file of files) yield { file, value: read(file) };
  }

  async write(key: string, content: string): Promise<void> {
    await writeFileAtomic(this.path(key), `${content}\n`, this.#mode === undefined ? {} : { mode: this.#mode });
  }

  async remove(key: string): Promise<void> {
    await rm(this.path(key), { force: true });
  }

  /** The path of an object's file, which need not exist. */
  path(key: string): string {
    const name = key.slice(0, longestName).replaceAll(":", "_");
    // The suffix distinguishes uids that differ only in case, for case-insensitive file systems.
    const suffix =
      /[A-Z]/.test(key) || name !== key ? `.${createHash("sha256").update(key).digest("hex").slice(0, 8)}` : "";
    return join(this.directory, `${name}${suffix}.json`);
  }
}

function read(file: string): JsonObject {
  const value = parseObject(readFileSync(file, "utf8"));
  if (value === undefined) throw new SandboxDataError(file, "not a JSON object");
  return value;
}
