import type { Manifest, ManifestReader } from "../engine/foreign.ts";
import type { Kinds } from "../engine/resource.ts";
import { isObject, textOf, type Json, type JsonObject } from "../util/json.ts";

interface FoundManifest extends Manifest {
  readonly group: string;
  readonly kind: string;
  readonly apiVersion: string;
}

/** The manifest in a document; undefined if it is none. */
export function manifestIn(document: Json): FoundManifest | undefined {
  if (!isObject(document)) return undefined;
  const { apiVersion, kind, spec } = document;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  const metadata = isObject(document["metadata"]) ? document["metadata"] : {};
  const annotations = isObject(metadata["annotations"]) ? metadata["annotations"] : {};
  const folder = textOf(annotations["grafana.app/folder"]);
  return {
    apiVersion,
    group: apiVersion.split("/")[0] ?? "",
    kind,
    name: textOf(metadata["name"]),
    ...(folder === "" ? {} : { folder }),
    spec: specOf(spec),
  };
}

/** Grizzly also accepts a spec as JSON in a text. */
function specOf(spec: Json | undefined): JsonObject {
  if (typeof spec !== "string") return isObject(spec) ? spec : {};
  try {
    const parsed = JSON.parse(spec) as Json;
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

interface Readers {
  get(group: string, kind: string): (ManifestReader & { readonly of: string }) | undefined;
}

/** The readers of all kinds. */
export function readersIn(kinds: Kinds): Readers {
  const all = [...kinds.values()].flatMap(({ name, foreign }) =>
    (foreign?.manifests ?? []).map((reader) => ({ ...reader, of: name })),
  );
  const byName = new Map(all.map((reader) => [`${reader.group} ${reader.kind}`, reader]));
  return { get: (group, kind) => byName.get(`${group} ${kind}`) };
}
