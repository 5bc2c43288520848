import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { SandboxDataError } from "./errors.ts";
import { parseObject } from "./json.ts";
import type { JsonObject } from "./json.ts";

const readsAtOnce = 16;

/** One directory with one JSON file an object. A write is on disk, whole, before it resolves. */
export class JsonFiles {
  readonly directory: string;
  readonly #mode: number | undefined;

  constructor(directory: string, mode?: number) {
    this.directory = directory;
    this.#mode = mode;
  }

  /** Creates the directory, drops what a killed process left half-written, and reads every object, a few at a time. */
  async *load(): AsyncGenerator<{ file: string; value: JsonObject }> {
    await mkdir(this.directory, { recursive: true, ...(this.#mode === undefined ? {} : { mode: 0o700 }) });
    const names = await readdir(this.directory);
    const leftovers = names.filter((name) => /\.json\.\d+$/.test(name));
    await Promise.all(leftovers.map(async (name) => rm(join(this.directory, name), { force: true })));
    const files = names.filter((name) => name.endsWith(".json")).map((name) => join(this.directory, name));
    for (let start = 0; start < files.length; start += readsAtOnce) {
      const batch = files.slice(start, start + readsAtOnce);
      yield* await Promise.all(batch.map(async (file) => ({ file, value: await read(file) })));
    }
  }

  async write(key: string, content: string): Promise<void> {
    await writeFileAtomic(this.path(key), `${content}\n`, this.#mode === undefined ? {} : { mode: this.#mode });
  }

  async remove(key: string): Promise<void> {
    await rm(this.path(key), { force: true });
  }

  /** The file of an object, whether or not there is one. */
  path(key: string): string {
    // Two uids may differ in case alone, and some file systems don't tell such names apart.
    const suffix = /[A-Z]/.test(key) ? `.${createHash("sha256").update(key).digest("hex").slice(0, 8)}` : "";
    return join(this.directory, `${key}${suffix}.json`);
  }
}

async function read(file: string): Promise<JsonObject> {
  const value = parseObject(await readFile(file, "utf8"));
  if (value === undefined) throw new SandboxDataError(file, "it holds no JSON object");
  return value;
}
