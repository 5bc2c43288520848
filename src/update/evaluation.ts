import type { LoadedConfig } from "../code/config.ts";
import { desire, type Code } from "../code/desired.ts";
import { load, type LoadResult } from "../code/load.ts";
import { newRevision } from "../code/revision.ts";
import type { Mapping, MappingParts } from "../engine/mapping.ts";
import type { Desired } from "../engine/model.ts";
import { kinds } from "../kinds/index.ts";
import { NamedVariable, Secret } from "../secrets/secret.ts";
import { isObject } from "../util/json.ts";

/** Contents of files that are not on disk, by absolute path. */
export type Texts = ReadonlyMap<string, string>;

/** The code with other contents of files. */
export interface Evaluated {
  readonly loaded: LoadResult;
  readonly code: Code;
  /** The files of the project that each file imports. */
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The files of sets. An edit does not add or remove a file. */
const searched = new Map<string, readonly string[]>();

/** Imports the code with these contents, or only these files of it. Node keeps the modules until the thread ends. */
export async function evaluate(
  loadedConfig: LoadedConfig,
  { texts, files, mapping }: { texts: Texts; files?: readonly string[]; mapping?: Mapping | undefined },
): Promise<Evaluated> {
  const revision = newRevision(texts);
  try {
    const answered = mapping ? { answered: mapping.names } : {};
    const loaded = await load(loadedConfig, { revision, ...answered, ...(files ? { files, searched } : {}) });
    const code = desire(loaded.loaded, kinds, loadedConfig.config.project, mapping);
    return { loaded, code, imports: revision.imports };
  } finally {
    revision.end();
  }
}

export function hasErrors({ loaded }: Pick<Evaluated, "loaded">): boolean {
  return loaded.faults.some(({ level }) => level === "error");
}

/** A resource as text, for another thread. Undefined if it contains something that only exists in its own thread. */
export function resourceText(resource: object): string | undefined {
  let isPlain = true;
  const text = JSON.stringify(resource, function (this: object, key: string, value: unknown) {
    // `toJSON` has replaced the value.
    const own: unknown = Reflect.get(this, key);
    if (own instanceof Secret) return { [SECRET]: own.variable };
    // Only the names of other resources count, and functions only mark types of the SDK.
    const isOther = this !== resource && "kind" in this && kinds.has(String(this.kind));
    const isMarker = key.startsWith("_implements");
    if ((typeof own === "function" && !isOther && !isMarker) || own instanceof NamedVariable) isPlain = false;
    return value;
  });
  return isPlain ? text : undefined;
}

const SECRET = "\0secret";

export function resourceOf(text: string): object {
  return JSON.parse(text, (_, value: unknown) => {
    if (!isObject(value) || typeof value[SECRET] !== "string") return value;
    return new Secret(value[SECRET]);
  }) as object;
}

/** The code that a thread evaluates. */
export interface ThreadData {
  /** The configuration. */
  readonly file: string;
  readonly directory: string;
  readonly environment: string | undefined;
  readonly mapping: MappingParts | undefined;
}

/** An evaluation that another thread makes. */
export interface Task {
  readonly texts: Texts;
  readonly files: readonly string[];
}

/** Its objects; undefined if the code has an error. */
export type Answer = readonly (Omit<Desired, "resource"> & { readonly resource: string })[] | undefined;
