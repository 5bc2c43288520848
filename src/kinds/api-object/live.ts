import type { BackupFacet } from "../../engine/backup-facet.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { address, parseAddress, type LiveObject, type Ownership } from "../../engine/model.ts";
import type { ServedType } from "../../grafana/api-types.ts";
import type { Collection } from "../../grafana/collection.ts";
import { Forbidden, GrafanaError, Unavailable, Unreachable, UnsupportedGrafana } from "../../grafana/errors.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { kubernetesCollection } from "../../grafana/kubernetes.ts";
import { folderOf, isTemporary, lastWrite, ownershipOf } from "../../ownership/annotations.ts";
import { markerOf, unlistedOwnership } from "../../ownership/ledger.ts";
import type { AppliedMarker } from "../../ownership/marker.ts";
import { EXIT, UsageError } from "../../util/errors.ts";
import { textOf, toJson, type JsonObject } from "../../util/json.ts";
import type { ApiObject } from "./builder.ts";
import { groupOf, KIND, parseId, typeOf, versionOf } from "./id.ts";
import {
  ACCESS,
  DATASOURCE,
  isUnavailable,
  KNOWN,
  NAMED_BY_GRAFANA,
  NOT_OF_ORGANIZATION,
  OF_DATASOURCE,
  SECRET,
} from "./known-kinds.ts";

/** The part of an object that is compared only with the code that names it. */
export interface Named {
  readonly annotations: readonly string[];
  readonly labels: readonly string[];
  readonly ignore: readonly string[];
}

export interface LiveApiObject extends LiveObject {
  readonly apiVersion: string;
  readonly objectKind: string;
  readonly object: KubernetesObject;
  /** Only in a comparison with the code. */
  readonly named?: Named;
}

/** The types that the code names, and those of owned objects. Their number decides how many lists are read. */
export async function listApiObjects(context: KindContext): Promise<LiveApiObject[]> {
  const inCode = (context.code ?? []).filter(({ kind }) => kind === KIND).map((one) => one.resource as ApiObject);
  const types = new Set([...inCode.map(typeOf), ...ownedIds(context).map(typeInId)]);
  const lists = await Promise.all([...types].map(async (type) => listType(context, type)));
  return lists.flat();
}

/** Each object in the version of its last apply, so that its content can be compared with the recorded hash. */
export async function listType(context: KindContext, type: string): Promise<LiveApiObject[]> {
  const owned = ownedIds(context).filter((id) => typeInId(id) === type);
  const versions = [...new Set(owned.map((id) => versionFor(context, type, id)))];
  const [first] = versions;
  const lists = (versions.length > 0 ? versions : [versionFor(context, type)]).map(async (version) => {
    const served = await servedIn(context, type, version);
    if (!served?.namespaced || !served.verbs.includes("list")) return [];
    const objects = await collectionOf(context, served).list({ metadataOnly: false });
    const all = objects
      .filter((object) => !isTemporary(object))
      .map((object) => liveApiObject(object, served, context));
    const own = (id: string) => (owned.includes(id) ? versionFor(context, type, id) : first);
    return versions.length > 1 ? all.filter(({ id }) => own(id) === version) : all;
  });
  return (await Promise.all(lists)).flat();
}

type OfTypes = Awaited<ReturnType<NonNullable<BackupFacet<LiveApiObject>["ofTypes"]>>>;

/** All objects of these types, or of all types that no other kind manages. Those that only Grafana can name are omitted. */
export async function listTypes(context: KindContext, types: readonly string[]): Promise<OfTypes> {
  const { grafana } = context;
  const named = types.length > 0;
  const all = named ? await Promise.all(types.map((type) => servedNamed(context, type))) : await grafana.servedTypes();
  // Grafana lists its APIs for every user with a role.
  if (!all) return { objects: [], forbidden: [{ missing: "the role Viewer" }] };
  const forbidden: { readonly id: string; readonly missing: string }[] = [];
  const lists = all
    .filter((served) => named || !isManaged(served, grafana.edition))
    .map(async (served) => {
      try {
        const objects = await collectionOf(context, served).list({ metadataOnly: false });
        return objects.filter((object) => !isTemporary(object)).map((object) => liveApiObject(object, served, context));
      } catch (error) {
        if (error instanceof Forbidden)
          forbidden.push({ id: typeOf({ apiVersion: served.apiVersion, objectKind: served.kind }), missing: "list" });
        else if (named || !hasNoList(error)) throw error;
        return [];
      }
    });
  return { objects: (await Promise.all(lists)).flat(), forbidden };
}

/** Whether a type has no list, although Grafana says that it has one. After a failure, the type would be missing without a word. */
function hasNoList(error: unknown): boolean {
  return error instanceof GrafanaError && !(error instanceof Unavailable || error instanceof Unreachable);
}

async function servedNamed(context: KindContext, type: string): Promise<ServedType> {
  const { group, kind } = parseId(type);
  const why = whyNotGeneric(type);
  if (why !== undefined)
    throw new UsageError(`--api ${type}: ${why}`, "Remove this type from the option.", "option-invalid");
  const served = await context.grafana.servedType({ group, kind });
  if (served?.namespaced && served.verbs.includes("list")) return served;
  throw new UnsupportedGrafana(`Grafana ${context.grafana.version} serves no list of ${type}`, {
    exitCode: EXIT.unsupportedGrafana,
    hint: "Use GROUP/KIND as in `/apis`, such as example.grafana.app/Example.",
  });
}

/** Whether a backup without named types omits a type: another kind has its objects, they contain secrets or belong to no organization. */
function isManaged({ apiVersion, kind }: ServedType, edition: KindContext["grafana"]["edition"]): boolean {
  const type = typeOf({ apiVersion, objectKind: kind });
  const group = groupOf(apiVersion);
  const isOmitted = group === ACCESS || NOT_OF_ORGANIZATION.has(group);
  return isOmitted || isUnavailable(type, edition) || whyNotGeneric(type) !== undefined;
}

/** Why objects of a type are not read as objects of any type. */
function whyNotGeneric(type: string): string | undefined {
  if (SECRET.has(type)) return "its objects contain secrets in plain text";
  const { group } = parseId(type);
  const use = OF_DATASOURCE.test(group) ? DATASOURCE.use : (KNOWN[type]?.use ?? NAMED_BY_GRAFANA[type]);
  return use === undefined ? undefined : `its objects are read as those that ${use}() defines`;
}

/** Owned objects whose type is not served, for example because its feature toggle is off, or whose version is unknown. */
export async function unservedApiObjects(context: KindContext): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(
    [...Map.groupBy(ownedIds(context), typeInId)].map(async ([type, ids]) => {
      const served = await servedType(context, type);
      return served?.verbs.includes("list") ? [] : ids.map((id) => [id, type] as const);
    }),
  );
  return new Map(found.flat());
}

function ownedIds({ ledger }: KindContext): string[] {
  return [...ledger.entries.keys()].map(parseAddress).flatMap(({ kind, id }) => (kind === KIND ? [id] : []));
}

function typeInId(id: string): string {
  const { group, kind } = parseId(id);
  return `${group}/${kind}`;
}

export async function findApiObject(context: KindContext, id: string): Promise<LiveApiObject | undefined> {
  const { name } = parseId(id);
  const served = await servedType(context, typeInId(id), id);
  const object = served && (await collectionOf(context, served).find(name));
  return object && liveApiObject(object, served, context);
}

/** How a type is served, in the version of the code if it names one, or else in that of the last apply of an object. */
export async function servedType(context: KindContext, type: string, id?: string): Promise<ServedType | undefined> {
  return servedIn(context, type, versionFor(context, type, id));
}

/** Undefined: the version that Grafana prefers. */
function versionFor({ code = [], ledger }: KindContext, type: string, id?: string): string | undefined {
  const named = code.find((one) => one.kind === KIND && typeOf(one.resource as ApiObject) === type);
  if (named) return versionOf((named.resource as ApiObject).apiVersion);
  return id === undefined ? undefined : ledger.entries.get(address({ kind: KIND, id }))?.apiVersion;
}

/** Undefined also for a type that this edition of Grafana serves only in name. */
async function servedIn(
  context: KindContext,
  type: string,
  version: string | undefined,
): Promise<ServedType | undefined> {
  if (isUnavailable(type, context.grafana.edition)) return undefined;
  const { group, kind } = parseId(type);
  const inCode = versionFor(context, type) !== undefined;
  const served = version === undefined ? undefined : await context.grafana.servedType({ group, kind, version });
  // A newer Grafana may no longer serve the version of the last apply.
  return served ?? (inCode ? undefined : context.grafana.servedType({ group, kind }));
}

/** The objects of a type in this version. Throws `UnsupportedGrafana` if this Grafana does not serve it. */
export async function writableType(
  { grafana }: KindContext,
  { apiVersion, objectKind }: Pick<ApiObject, "apiVersion" | "objectKind">,
): Promise<ServedType> {
  const group = groupOf(apiVersion);
  const served = await grafana.servedType({ group, kind: objectKind, version: versionOf(apiVersion) });
  if (served) return served;
  throw new UnsupportedGrafana(`Grafana ${grafana.version} does not serve ${apiVersion} ${objectKind}`, {
    exitCode: EXIT.unsupportedGrafana,
    hint: "Turn on the feature that serves it, or use a version that Grafana serves.",
  });
}

export function collectionOf({ grafana: { client } }: KindContext, served: ServedType): Collection {
  return kubernetesCollection(client, served);
}

export function liveApiObject(
  object: KubernetesObject,
  { apiVersion, kind: objectKind }: Pick<ServedType, "apiVersion" | "kind">,
  context: KindContext,
): LiveApiObject {
  const { name, resourceVersion } = object.metadata;
  const id = `${groupOf(apiVersion)}/${objectKind}/${name}`;
  return {
    id,
    title: titleIn(object.spec, name),
    version: resourceVersion,
    ...ownershipIn(object, id, context),
    // Lists contain complete objects, so their content is compared.
    touched: true,
    ...lastWrite(object),
    parent: folderOf(object),
    complete: true,
    apiVersion,
    objectKind,
    object,
  };
}

/** The title in a spec, or the name of the object. */
export function titleIn(spec: object | undefined, name: string): string {
  const { title, name: own } = toJson(spec ?? {}) as JsonObject;
  return textOf(title).trim() || textOf(own).trim() || name;
}

/** Many APIs drop annotations, so the ledger decides. A mark shows that another kind or project has the object. */
function ownershipIn(
  object: KubernetesObject,
  id: string,
  context: KindContext,
): { ownership: Ownership; applied?: AppliedMarker } {
  const { ownership } = ownershipOf(object, context, { state: "foreign" });
  if (ownership.state === "locked") return { ownership };
  if (!context.grafana.marks) return { ownership: { state: "unknown", markable: false } };
  const name = address({ kind: KIND, id });
  const entry = context.ledger.entries.get(name);
  if (entry) return { ownership: { state: "ours" }, applied: markerOf(entry, id) };
  if (ownership.state === "ours")
    return { ownership: { state: "foreign", note: "managed by this project as an object of another kind" } };
  const isMarked = ownership.state === "foreign" && (ownership.manager ?? ownership.note) !== undefined;
  return { ownership: isMarked ? ownership : unlistedOwnership(context, name) };
}
