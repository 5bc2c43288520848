import { dirname, extname } from "node:path";
import type { Kinds } from "../engine/resource.ts";
import { isObject, textOf, type Json, type JsonObject } from "../util/json.ts";
import { documentFilesIn, readDocuments, type ForeignDocument } from "./files.ts";
import { directoriesOf, directoryOf, isInside, providerOf, titlesFor, type Provider } from "./providers.ts";
import { titleOf, type Collected, type Place } from "./collected.ts";

/** Lists of objects that Grafana deletes or resets at its start. */
const DELETIONS = /^(delete[A-Z]\w*|delete_datasources|reset[A-Z]\w*|prune)$/;
const PROVIDERS = "providers";
const META = new Set(["apiVersion", PROVIDERS]);

/** Whether a document is a file of Grafana's provisioning. */
export function isProvisioning(document: Json, kinds: Kinds): document is JsonObject | JsonObject[] {
  if (Array.isArray(document)) return document.length > 0 && document.every(isOldProvider);
  if (!isObject(document)) return false;
  const version = document["apiVersion"];
  const isNumbered = typeof version === "number" || (typeof version === "string" && /^\d+$/.test(version));
  if (version !== undefined && !isNumbered) return false;
  const lists = listsOf(kinds);
  const keys = Object.keys(document).filter((key) => key !== "apiVersion");
  const isKnown = (key: string) => lists.has(key) || META.has(key) || DELETIONS.test(key);
  return isNumbered || (keys.length > 0 && keys.every(isKnown));
}

/** The form of providers before Grafana 5.0. */
function isOldProvider(entry: Json): boolean {
  return isObject(entry) && isObject(entry["options"]) && entry["name"] !== undefined;
}

function listsOf(kinds: Kinds) {
  return new Map(
    [...kinds.values()].flatMap(({ name, foreign }) =>
      foreign?.provisioned ? [[foreign.provisioned.property, { kind: name, ...foreign.provisioned }] as const] : [],
    ),
  );
}

/** A provider, with its place. */
interface PlacedProvider {
  readonly provider: Provider;
  readonly place: Place;
  /** The file that names it. */
  readonly from: string;
}

/**
 * Reads provisioning files, and the dashboards in the directories that they name. `others`: documents that may be such
 * dashboards. Returns those that are.
 */
export async function readProvisioning(
  files: readonly ForeignDocument[],
  others: readonly ForeignDocument[],
  roots: readonly string[],
  collected: Collected,
): Promise<ReadonlySet<ForeignDocument>> {
  // The folders of dashboards can have uids, which rule groups don't state.
  const providers = files.flatMap((one) => providersIn(one, collected));
  const placed = await readDashboards(providers, others, roots, collected);
  const lists = listsOf(collected.options.kinds);
  for (const { document, name } of files)
    for (const [key, list] of Object.entries(isObject(document) ? document : {})) {
      const reader = lists.get(key);
      if (META.has(key)) continue;
      if (!reader) {
        if (Array.isArray(list) && list.length === 0) continue;
        const why = DELETIONS.test(key)
          ? "deletions are not imported; `apply --prune` deletes what is no longer in the code"
          : "it is not supported in provisioning files";
        collected.leaveOut({ file: name, part: "", title: key }, why);
        continue;
      }
      for (const [index, entry] of objectsIn(list).entries()) {
        const place = { file: name, part: `${key}[${index}]`, title: titleOf(entry) || key };
        if (isOfOther(entry, place, collected)) continue;
        collected.add(reader.kind, place, (context) => reader.read(entry, context));
      }
    }
  return placed;
}

function providersIn({ document, name, file }: ForeignDocument, collected: Collected): PlacedProvider[] {
  const list = isObject(document) ? document[PROVIDERS] : document;
  return objectsIn(list).flatMap((entry, index): PlacedProvider[] => {
    const place = { file: name, part: `${PROVIDERS}[${index}]`, title: textOf(entry["name"]) };
    if (isOfOther(entry, place, collected)) return [];
    const provider = providerOf(collected.context.interpolated(entry) as JsonObject);
    if (!collected.isReplaced(place)) return [];
    if (!("left" in provider)) return [{ provider, place, from: file }];
    collected.leaveOut(place, provider.left);
    return [];
  });
}

function objectsIn(list: Json | undefined): JsonObject[] {
  return (Array.isArray(list) ? list : []).filter(isObject);
}

/** Reports an entry of another organization. */
function isOfOther(entry: JsonObject, place: Place, collected: Collected): boolean {
  const given = collected.context.interpolated(textOf(entry["orgId"] ?? entry["org_id"]));
  if (!collected.isReplaced(place)) return true;
  const own = Math.max(Number(given) || 1, 1);
  if (own === collected.options.organization) return false;
  collected.leaveOut(place, `it belongs to organization ${own}; set GRAFANA_ORG_ID to import that one`);
  return true;
}

async function readDashboards(
  providers: readonly PlacedProvider[],
  others: readonly ForeignDocument[],
  roots: readonly string[],
  collected: Collected,
): Promise<ReadonlySet<ForeignDocument>> {
  const { directory: around } = collected.options;
  const searched = directoriesOf(
    others.map(({ file }) => file),
    roots.filter((root) => extname(root) === ""),
  );
  const all = providers.flatMap(({ provider, place, from }) => {
    const directory = directoryOf(provider, { bases: [around, dirname(from), ...roots], searched });
    if (directory !== undefined) return [{ provider, directory }];
    const why = `its directory ${provider.path} was not found; pass the directory with these dashboards, too`;
    collected.leaveOut(place, why);
    return [];
  });
  const placed = new Set<ForeignDocument>();
  const known = new Map(others.map((one) => [one.file, one]));
  // The innermost directory counts.
  for (const { provider, directory } of all.toSorted((a, b) => b.directory.length - a.directory.length)) {
    const inside = (await documentFilesIn(directory, "**/*.json")).filter((file) => isInside(directory, file));
    const unread = inside.filter((file) => !known.has(file)).map((file) => [file, true] as const);
    const { documents, faults } = await readDocuments(unread, around);
    collected.addFaults(faults);
    for (const one of documents) known.set(one.file, one);
    for (const one of inside.flatMap((file) => known.get(file) ?? [])) {
      if (placed.has(one)) continue;
      placed.add(one);
      const titles = titlesFor(provider, directory, one.file);
      const uid = provider.byDirectory ? undefined : provider.folderUid || undefined;
      collected.addDocument(one, titles.length === 0 ? null : collected.context.container(titles, uid));
    }
  }
  return placed;
}
