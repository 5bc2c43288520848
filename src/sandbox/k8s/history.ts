import { copyFile, link, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { SandboxDataError } from "../errors.ts";
import { JsonFiles } from "../files.ts";
import { parseObject, text } from "../json.ts";
import { annotation, type ObjectMeta } from "./metadata.ts";
import { objectFromFile, type StoredObject } from "./objects.ts";

/**
 * The number of versions that Grafana keeps of an object, including the current one. Grafana removes older ones within
 * minutes after a write; the sandbox removes them during the write.
 */
const versionsKept = 20;

/**
 * Older versions of a kind's objects, only on disk: a directory per object with a file per version. The file is a hard link
 * to the object's previous file, so it is complete and needs no write.
 */
export class History {
  readonly #objects: JsonFiles;
  readonly #directory: string;

  constructor(objects: JsonFiles, directory: string) {
    this.#objects = objects;
    this.#directory = directory;
  }

  /** Keeps the current version of an object before it is overwritten. */
  async keep({ name, resourceVersion }: ObjectMeta): Promise<void> {
    const directory = this.#of(name);
    await mkdir(directory, { recursive: true });
    await secondName(this.#objects.path(name), join(directory, `${resourceVersion}.json`));
    const all = await versionsIn(directory);
    // A newer version belongs to a lost write, for example after a power failure.
    const kept = new Set(all.filter((version) => version <= Number(resourceVersion)).slice(0, versionsKept - 1));
    const outdated = (await readdir(directory)).filter((file) => !kept.has(Number(file.split(".")[0])));
    await Promise.all(outdated.map(async (file) => rm(join(directory, file), { force: true })));
  }

  /** Keeps the message of the next version, if the object can't store it. */
  async keepMessage({ name, resourceVersion }: ObjectMeta, message: string): Promise<void> {
    const directory = this.#of(name);
    if (message === "") return rm(join(directory, messageFile(resourceVersion)), { force: true });
    await mkdir(directory, { recursive: true });
    await new JsonFiles(directory).write(basename(messageFile(resourceVersion), ".json"), JSON.stringify({ message }));
  }

  /** Removes all versions before the object is removed, so that a new object with its name does not inherit them. */
  async remove(name: string): Promise<void> {
    await rm(this.#of(name), { recursive: true, force: true });
  }

  /** All versions of an object including the current one, newest first. `before` limits them to older ones. */
  async versions(current: StoredObject, before = Infinity): Promise<StoredObject[]> {
    const { name, resourceVersion } = current.metadata;
    const directory = this.#of(name);
    const older = (await versionsIn(directory)).filter((version) => version < Number(resourceVersion));
    const wanted = [Number(resourceVersion), ...older].slice(0, versionsKept).filter((version) => version < before);
    const found = await Promise.all(
      wanted.map(async (version) => {
        const isCurrent = version === Number(resourceVersion);
        const object = isCurrent ? current : await fromFile(join(directory, `${version}.json`));
        return object && withMessage(object, await messageIn(join(directory, messageFile(String(version)))));
      }),
    );
    return found.filter((object) => object !== undefined);
  }

  #of(name: string): string {
    return join(this.#directory, basename(this.#objects.path(name), ".json"));
  }
}

function messageFile(resourceVersion: string): string {
  return `${resourceVersion}.message.json`;
}

/** Newest first. */
async function versionsIn(directory: string): Promise<number[]> {
  const files = await readdir(directory).catch(unlessMissing([]));
  const versions = files.flatMap((file) => /^(\d+)\.json$/.exec(file)?.[1] ?? []);
  return versions.map(Number).toSorted((a, b) => b - a);
}

async function secondName(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    // A killed process had already kept this version.
    if (isCode(error, "EEXIST")) return;
    // For file systems without hard links.
    await copyFile(file, `${name}.0`);
    await rename(`${name}.0`, name);
  }
}

/** Undefined if a concurrent write has removed the version. */
async function fromFile(file: string): Promise<StoredObject | undefined> {
  const source = await readFile(file, "utf8").catch(unlessMissing(undefined));
  if (source === undefined) return undefined;
  const value = parseObject(source);
  if (value === undefined) throw new SandboxDataError(file, "not a JSON object");
  return objectFromFile(file, value);
}

async function messageIn(file: string): Promise<string> {
  return text(parseObject(await readFile(file, "utf8").catch(unlessMissing("{}")))?.["message"]);
}

function withMessage(object: StoredObject, message: string): StoredObject {
  if (message === "") return object;
  const { metadata } = object;
  const annotations = { ...metadata.annotations, [annotation.message]: message };
  return { ...object, metadata: { ...metadata, annotations } };
}

function unlessMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (isCode(error, "ENOENT")) return instead;
    throw error;
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
