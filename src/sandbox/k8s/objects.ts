import { SandboxDataError } from "../errors.ts";
import type { JsonFiles } from "../files.ts";
import { isObject, text, type JsonObject } from "../json.ts";
import { compressed } from "../../util/compress.ts";
import { defaultGrants, isLevel, type Grant } from "../access/levels.ts";
import { folderOf, managedFields, stringsOf, stringsOrNone, type ObjectMeta } from "./metadata.ts";
import type { KindNames } from "./status.ts";

/** An object with parsed metadata and the spec as JSON text. */
export interface StoredObject {
  /** The API version of the last write. */
  readonly version: string;
  readonly metadata: ObjectMeta;
  readonly spec: string;
  /** Status as JSON text; absent if empty. */
  readonly status?: string;
  /** As in `Draft`. */
  readonly more?: string;
  readonly title: string;
  readonly tags: readonly string[];
  /** Size of the stored object in bytes, for the size limit of pages. */
  readonly size: number;
  /** Permissions on this object, without inherited ones. */
  readonly grants: readonly Grant[];
}

/** Creates an object with the fields that lists and searches need. */
export function storedObject(
  version: string,
  metadata: ObjectMeta,
  spec: string,
  parsed: JsonObject,
  others: {
    readonly status?: string | undefined;
    readonly more?: string | undefined;
    readonly grants?: readonly Grant[];
  } = {},
): StoredObject {
  const tags = Array.isArray(parsed["tags"]) ? parsed["tags"].filter((tag) => typeof tag === "string") : [];
  const size = Buffer.byteLength(spec) + JSON.stringify(metadata).length;
  const { status, more, grants = [] } = others;
  const kept = { ...(status === undefined ? {} : { status }), ...(more === undefined ? {} : { more }) };
  return { version, metadata, spec, ...kept, title: text(parsed["title"]), tags, size, grants };
}

/** Minimum length of specs that are compressed. */
const LARGE = 1000;

/** The in-memory form of an object: a large spec is compressed until it is read. */
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

/** The status of an object that is read in a different version than it was written in. */
export function conversionStatus(storedVersion: string): string {
  return JSON.stringify({ conversion: { failed: false, storedVersion } });
}

/** The objects of a kind, in memory and in files. A write is on disk before its response. */
export class ObjectCollection {
  readonly #names: KindNames;
  readonly #files: JsonFiles;
  readonly #objects = new Map<string, StoredObject>();
  #sortedNames: string[] | undefined;

  constructor(names: KindNames, files: JsonFiles) {
    this.#names = names;
    this.#files = files;
  }

  /** Reads all files through `kept`. Returns the highest resource version. */
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

  /** All objects, sorted by name. */
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
    const more = object.more === undefined ? "" : `,${object.more}`;
    const permissions = `,"permissions":${JSON.stringify(object.grants)}`;
    await this.#files.write(name, `${head.slice(0, -1)},"spec":${object.spec}${status}${more}${permissions}}`);
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

/** Parses an object's file. Throws a `SandboxDataError` if it is invalid. */
export function objectFromFile(file: string, value: JsonObject): StoredObject {
  const { metadata, spec, status } = value;
  if (!isObject(metadata) || !isObject(spec)) throw new SandboxDataError(file, "not an object of the API");
  const required = (key: string): string => {
    const found = text(metadata[key]);
    if (found === "") throw new SandboxDataError(file, `metadata.${key} is missing`);
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
    more: moreIn(value),
    grants: grantsOf(value["permissions"], meta),
  });
}

const COMMON = ["apiVersion", "kind", "metadata", "spec", "status", "permissions"];

function moreIn(value: JsonObject): string | undefined {
  const rest = Object.fromEntries(Object.entries(value).filter(([name]) => !COMMON.includes(name)));
  return Object.keys(rest).length === 0 ? undefined : JSON.stringify(rest).slice(1, -1);
}

function managersOf(value: unknown): Pick<ObjectMeta, "managedFields"> {
  if (!Array.isArray(value)) return {};
  const entries = value.flatMap((one: unknown) =>
    isObject(one) ? [managedFields(text(one["manager"]), text(one["apiVersion"]), text(one["time"]))] : [],
  );
  return { managedFields: entries };
}

/** The permissions in a file. Files of older versions have none and mean the default permissions. */
function grantsOf(value: unknown, metadata: ObjectMeta): readonly Grant[] {
  if (!Array.isArray(value)) return folderOf(metadata) === "" ? defaultGrants(1) : [];
  return value.flatMap((one: unknown) => {
    if (!isObject(one) || !isLevel(one["level"])) return [];
    const { userId, teamId, role, level } = one;
    return [
      {
        ...(typeof userId === "number" ? { userId } : {}),
        ...(typeof teamId === "number" ? { teamId } : {}),
        ...(typeof role === "string" ? { role } : {}),
        level,
      },
    ];
  });
}
