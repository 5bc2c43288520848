import { resolve } from "node:path";
import type { LoadedResource } from "../code/desired.ts";
import type { Kinds } from "../engine/resource.ts";
import { collect, placeOf, type Collected, type ForeignOptions } from "./collected.ts";
import { documentsIn } from "./files.ts";
import { manifestIn, readersIn } from "./manifests.ts";
import { isProvisioning, readProvisioning } from "./provisioning.ts";
import { variablesIn } from "./variables.ts";

export interface ForeignObjects extends Pick<Collected, "loaded" | "faults" | "left" | "notes" | "containers"> {
  /** TypeScript and JavaScript files. */
  readonly modules: readonly string[];
}

/**
 * Converts dashboards, Kubernetes manifests, Grizzly's resources and Grafana's provisioning files to resources. Collects
 * faults instead of throwing them.
 */
export async function readForeign(paths: readonly string[], options: ForeignOptions): Promise<ForeignObjects> {
  const { kinds, directory } = options;
  const { documents, modules, texts, faults } = await documentsIn(paths, directory);
  const collected = collect(options, new Set(texts.flatMap(variablesIn)));
  collected.addFaults(faults);
  const groups = Map.groupBy(documents, ({ document }) => isProvisioning(document, kinds));
  const others = groups.get(false) ?? [];
  const roots = paths.map((path) => resolve(directory, path));
  const placed = await readProvisioning(groups.get(true) ?? [], others, roots, collected);
  const readers = readersIn(kinds);
  for (const one of others) {
    if (placed.has(one)) continue;
    const manifest = manifestIn(one.document);
    const reader = manifest && readers.get(manifest.group, manifest.kind);
    const { read } = reader ?? {};
    if (manifest && reader && read) collected.add(reader.of, placeOf(one), (context) => read(manifest, context));
    else if (!manifest || reader) collected.addDocument(one);
    else {
      const why = `${manifest.kind} of ${manifest.apiVersion} is not supported`;
      if (one.found) collected.leaveOut(placeOf(one), why);
      else collected.addFaults([{ level: "error", code: "code-document-invalid", file: one.name, message: why }]);
    }
  }
  const { containers, left, notes, faults: all } = collected;
  return { loaded: combined(collected.loaded, kinds), modules, faults: all, left, notes, containers };
}

/** The resources, with those combined that another tool stores separately. */
function combined(loaded: readonly LoadedResource[], kinds: Kinds): LoadedResource[] {
  const result: LoadedResource[] = [];
  const places = new Map<string, number>();
  for (const one of loaded) {
    const kind = kinds.get(one.kind);
    const combine = kind?.foreign?.combine;
    const key = kind && combine ? JSON.stringify([one.kind, kind.title(one.value)]) : "";
    const index = places.get(key);
    const first = index === undefined ? undefined : result[index];
    if (index !== undefined && first && combine) {
      result[index] = { ...first, value: combine(first.value, one.value) };
      continue;
    }
    if (key !== "") places.set(key, result.length);
    result.push(one);
  }
  return result;
}
