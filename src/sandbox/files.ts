import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { SandboxDataError } from "./errors.ts";
import { parseObject, type JsonObject } from "./json.ts";

/** Characters of a key in a file name: file systems allow 255, including the suffix. */
const longestName = 200;

/** One directory with one JSON file an object. A write is on disk, whole, before it resolves. */
export class JsonFiles {
  readonly directory: string;
  readonly #mode: number | undefined;

  constructor(directory: string, mode?: number) {
    this.directory = directory;
    this.#mode = mode;
  }

  /** Creates the directory, drops what a killed process left half-written, and reads every object. */
  async *load(): AsyncGenerator<{ file: string; value: JsonObject }> {
    await mkdir(this.directory, { recursive: true, ...(this.#mode === undefined ? {} : { mode: 0o700 }) });
    const names = await readdir(this.directory);
    const leftovers = names.filter((name) => /\.json\.\d+$/.test(name));
    await Promise.all(leftovers.map(async (name) => rm(join(this.directory, name), { force: true })));
    const files = names.filter((name) => name.endsWith(".json")).map((name) => join(this.directory, name));
    // Not a few at a time: a promise and a handle for each cost more time and memory than the file.
    for (const file of files) yield { file, value: read(file) };
  }

  async write(key: string, content: string): Promise<void> {
    await writeFileAtomic(this.path(key), `${content}\n`, this.#mode === undefined ? {} : { mode: this.#mode });
  }

  async remove(key: string): Promise<void> {
    await rm(this.path(key), { force: true });
  }

  /** The file of an object, whether or not there is one. */
  path(key: string): string {
    const name = key.slice(0, longestName).replaceAll(":", "_");
    // Two uids may differ in case alone, and some file systems don't tell such names apart.
    const suffix =
      /[A-Z]/.test(key) || name !== key ? `.${createHash("sha256").update(key).digest("hex").slice(0, 8)}` : "";
    return join(this.directory, `${name}${suffix}.json`);
  }
}

function read(file: string): JsonObject {
  const value = parseObject(readFileSync(file, "utf8"));
  if (value === undefined) throw new SandboxDataError(file, "it holds no JSON object");
  return value;
}
