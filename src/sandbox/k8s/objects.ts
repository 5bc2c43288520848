import { SandboxDataError } from "../errors.ts";
import type { JsonFiles } from "../files.ts";
import { isObject, text, type JsonObject } from "../json.ts";
import { compressed } from "../../util/compress.ts";
import { defaultGrants, isLevel, type Grant } from "../access/levels.ts";
import { folderOf, managedFields, stringsOf, stringsOrNone, type ObjectMeta } from "./metadata.ts";
import type { KindNames } from "./status.ts";

/** An object: metadata ready to look at, the spec as JSON text. */
export interface StoredObject {
  /** API version that it was last written through. */
  readonly version: string;
  readonly metadata: ObjectMeta;
  readonly spec: string;
  /** Status as JSON text; absent for the empty one. */
  readonly status?: string;
  readonly title: string;
  readonly tags: readonly string[];
  /** Bytes of the stored object: what the size of a list's page is measured in. */
  readonly size: number;
  /** Who has permissions on this very object. */
  readonly grants: readonly Grant[];
}

/** Puts an object together, with what lists and searches want to know about it. */
export function storedObject(
  version: string,
  metadata: ObjectMeta,
  spec: string,
  parsed: JsonObject,
  more: { readonly status?: string | undefined; readonly grants?: readonly Grant[] } = {},
): StoredObject {
  const tags = Array.isArray(parsed["tags"]) ? parsed["tags"].filter((tag) => typeof tag === "string") : [];
  const size = Buffer.byteLength(spec) + JSON.stringify(metadata).length;
  const { status, grants = [] } = more;
  const kept = status === undefined ? {} : { status };
  return { version, metadata, spec, ...kept, title: text(parsed["title"]), tags, size, grants };
}

/** Characters from which compressing a spec is worth it. */
const LARGE = 1000;

/** The same object as it is kept in memory: a large spec is compressed until somebody reads it. */
function light(object: StoredObject): StoredObject {
  const { spec, ...rest } = object;
  if (spec.length < LARGE) return object;
  const text = compressed(spec);
  return {
    ...rest,
    get spec() {
      return text();
    },
  };
}

/** The status of an object that is shown in another version than it was written in. */
export function conversionStatus(storedVersion: string): string {
  return JSON.stringify({ conversion: { failed: false, storedVersion } });
}

/** The objects of one kind: in memory for reading, each in its file before a write is answered. */
export class ObjectCollection {
  readonly #names: KindNames;
  readonly #files: JsonFiles;
  readonly #objects = new Map<string, StoredObject>();
  #sortedNames: string[] | undefined;

  constructor(names: KindNames, files: JsonFiles) {
    this.#names = names;
    this.#files = files;
  }

  /** Reads every file, as `kept` has its object; the result is the highest resource version among them. */
  async load(kept: (object: StoredObject) => StoredObject): Promise<number> {
    let highest = 0;
    for await (const { file, value } of this.#files.load()) {
      const object = kept(objectFromFile(file, value));
      this.#objects.set(object.metadata.name, light(object));
      highest = Math.max(highest, Number(object.metadata.resourceVersion));
    }
    this.#sortedNames = undefined;
    return highest;
  }

  get(name: string): StoredObject | undefined {
    return this.#objects.get(name);
  }

  /** All objects, in order of their names. */
  *all(after?: string): Generator<StoredObject> {
    this.#sortedNames ??= [...this.#objects.keys()].toSorted();
    for (const name of this.#sortedNames) {
      if (after !== undefined && name <= after) continue;
      const object = this.#objects.get(name);
      if (object !== undefined) yield object;
    }
  }

  async put(object: StoredObject): Promise<void> {
    const name = object.metadata.name;
    const { group, kind } = this.#names;
    const head = JSON.stringify({ apiVersion: `${group}/${object.version}`, kind, metadata: object.metadata });
    const status = object.status === undefined ? "" : `,"status":${object.status}`;
    const permissions = `,"permissions":${JSON.stringify(object.grants)}`;
    await this.#files.write(name, `${head.slice(0, -1)},"spec":${object.spec}${status}${permissions}}`);
    if (!this.#objects.has(name)) this.#sortedNames = undefined;
    this.#objects.set(name, light(object));
  }

  async remove(name: string): Promise<void> {
    if (!this.#objects.has(name)) return;
    await this.#files.remove(name);
    this.#objects.delete(name);
    this.#sortedNames = undefined;
  }
}

/** Reads an object as it is on disk; throws a `SandboxDataError` where it is none. */
export function objectFromFile(file: string, value: JsonObject): StoredObject {
  const { metadata, spec, status } = value;
  if (!isObject(metadata) || !isObject(spec)) throw new SandboxDataError(file, "it holds no object of the API");
  const required = (key: string): string => {
    const found = text(metadata[key]);
    if (found === "") throw new SandboxDataError(file, `its metadata has no ${key}`);
    return found;
  };
  const labels = stringsOrNone(stringsOf(metadata["labels"], "labels"));
  const annotations = stringsOrNone(stringsOf(metadata["annotations"], "annotations"));
  const deletionTimestamp = text(metadata["deletionTimestamp"]);
  const meta: ObjectMeta = {
    name: required("name"),
    namespace: required("namespace"),
    uid: required("uid"),
    resourceVersion: required("resourceVersion"),
    generation: Number(metadata["generation"] ?? 1),
    creationTimestamp: required("creationTimestamp"),
    ...(deletionTimestamp === "" ? {} : { deletionTimestamp }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...managersOf(metadata["managedFields"]),
  };
  return storedObject(text(value["apiVersion"]).split("/")[1] ?? "", meta, JSON.stringify(spec), spec, {
    status: isObject(status) ? JSON.stringify(status) : undefined,
    grants: grantsOf(value["permissions"], meta),
  });
}

function managersOf(value: unknown): Pick<ObjectMeta, "managedFields"> {
  if (!Array.isArray(value)) return {};
  const entries = value.flatMap((one: unknown) =>
    isObject(one) ? [managedFields(text(one["manager"]), text(one["apiVersion"]), text(one["time"]))] : [],
  );
  return { managedFields: entries };
}

/** The permissions in a file; one that says nothing of them is from a time when everybody had the usual ones. */
function grantsOf(value: unknown, metadata: ObjectMeta): readonly Grant[] {
  if (!Array.isArray(value)) return folderOf(metadata) === "" ? defaultGrants(1) : [];
  return value.flatMap((one: unknown) => {
    if (!isObject(one) || !isLevel(one["level"])) return [];
    const { userId, role, level } = one;
    return [
      {
        ...(typeof userId === "number" ? { userId } : {}),
        ...(typeof role === "string" ? { role } : {}),
        level,
      },
    ];
  });
}
