import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import type { Collection, ObjectToWrite } from "./collection.ts";
import { unlessNotFound } from "./errors.ts";
import { distinctPages } from "./distinct-pages.ts";
import { historyOf } from "./history.ts";
import { KubernetesObject } from "./kubernetes-object.ts";
import { readStoredForm } from "./stored-form.ts";

const List = z.looseObject({
  metadata: z.looseObject({ continue: z.string().optional() }),
  items: z.array(KubernetesObject).nullable(),
});

/** The response to a deletion: the deleted object, or a `Status`. */
const Deleted = z.looseObject({ kind: z.string() });

/** A page ends after 500 objects or 2 MiB. */
const PAGE = 500;
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
/** Without it, the response to a write contains the complete object. */
const BRIEF = { Accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" };
/** Above this number of objects, listing all is faster than reading each. */
const FEW = 20;

export interface ServedApi {
  /** `dashboard.grafana.app/v1beta1` */
  readonly apiVersion: string;
  /** `/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards` */
  readonly path: string;
  /** `Dashboard` */
  readonly kind: string;
  /** The query of every write: `fieldValidation=Ignore`. */
  readonly query?: string;
  /** Whether objects have permissions of their own. Grafana sets the default ones of a new root object only on request. */
  readonly hasPermissions?: true;
  /** Whether the responses to writes contain the stored spec. */
  readonly returnsSpec?: true;
}

/** A collection of the Kubernetes-style API. */
export function kubernetesCollection(
  client: Client,
  { apiVersion, path, kind, query = "", hasPermissions, returnsSpec }: ServedApi,
): Collection {
  const bodyOf = ({ metadata, spec, others, apiVersion: own }: ObjectToWrite, live: KubernetesObject | undefined) => ({
    ...others,
    apiVersion: own ?? apiVersion,
    kind,
    metadata: live
      ? { ...metadata, resourceVersion: live.metadata.resourceVersion }
      : { ...metadata, annotations: hasPermissions ? withPermissions(metadata.annotations) : metadata.annotations },
    spec,
  });
  const headers = returnsSpec ? {} : BRIEF;
  const pathOf = (version = apiVersion) => path.replace(apiVersion, version);
  const queryOf = (...parts: string[]) => {
    const all = parts.filter(Boolean).join("&");
    return all ? `?${all}` : "";
  };
  const pagesOf = async function* (metadataOnly: boolean): AsyncGenerator<KubernetesObject[]> {
    const accept = metadataOnly ? { Accept: METADATA_ONLY } : {};
    const checkPage = distinctPages({ method: "GET", path });
    let next: string | undefined;
    do {
      const from = next === undefined ? "" : `continue=${encodeURIComponent(next)}`;
      const request = { method: "GET", path: path + queryOf(`limit=${PAGE}`, from), headers: accept } as const;
      const page = await ask(client, request, List);
      yield page.items ?? [];
      next = page.metadata.continue || undefined;
      checkPage(next);
    } while (next !== undefined);
  };
  const listAll = async (metadataOnly: boolean, keep: (name: string) => boolean): Promise<KubernetesObject[]> => {
    const objects: KubernetesObject[] = [];
    for await (const page of pagesOf(metadataOnly)) objects.push(...page.filter(({ metadata }) => keep(metadata.name)));
    return objects;
  };
  const collection: Collection = {
    apiVersion,
    list: ({ metadataOnly }) => listAll(metadataOnly, () => true),
    pages: () => pagesOf(false),
    async read(names) {
      if (names.length <= FEW) {
        const found = await Promise.all(names.map((name) => collection.find(name)));
        return found.filter((object) => object !== undefined);
      }
      const wanted = new Set(names);
      return listAll(false, (name) => wanted.has(name));
    },
    async find(name) {
      return unlessNotFound(ask(client, { method: "GET", path: `${path}/${name}` }, KubernetesObject));
    },
    async create(object) {
      // Creating with PUT would not set the default permissions.
      const body = bodyOf(object, undefined);
      const target = pathOf(object.apiVersion) + queryOf(query);
      return ask(client, { method: "POST", path: target, body, headers }, KubernetesObject);
    },
    async update(object, live) {
      const target = `${pathOf(object.apiVersion)}/${object.metadata.name}${queryOf(query)}`;
      return ask(client, { method: "PUT", path: target, body: bodyOf(object, live), headers }, KubernetesObject);
    },
    async dryRun(object, live) {
      const [body, asked] = [bodyOf(object, live), queryOf(query, "dryRun=All")];
      const request = live
        ? ({ method: "PUT", path: `${path}/${object.metadata.name}${asked}`, body, repeatable: true } as const)
        : ({ method: "POST", path: path + asked, body, repeatable: true } as const);
      return ask(client, request, KubernetesObject);
    },
    async remove({ metadata }) {
      // Fails if the object has changed since it was read.
      const preconditions = { resourceVersion: metadata.resourceVersion };
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
      await unlessNotFound(ask(client, { method: "DELETE", path: `${path}/${metadata.name}`, body }, Deleted));
    },
    async storedForm({ metadata: { name }, status }, cannotBeClassic) {
      const [group = ""] = apiVersion.split("/");
      const { storedVersion } = status?.conversion ?? {};
      const versionedPath = (version: string) => pathOf(`${group}/${version}`);
      const form = await readStoredForm({ client, name, storedVersion, pathOf: versionedPath, cannotBeClassic });
      return form && { ...form, apiVersion: `${group}/${form.apiVersion}` };
    },
    history: (name, until) => historyOf(client, path, name, until),
    async annotate(name, annotations, resourceVersion, own) {
      const headers = { "Content-Type": "application/merge-patch+json" };
      const metadata = { annotations, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
      await ask(
        client,
        { method: "PATCH", path: `${pathOf(own)}/${name}`, body: { metadata }, headers, repeatable: true },
        KubernetesObject,
      );
    },
  };
  return collection;
}

/** The annotation with the uid of the object's folder; absent at the root. */
export const FOLDER = "grafana.app/folder";

/** The label with the object's numeric ID in the legacy API. */
export const INTERNAL_ID = "grafana.app/deprecatedInternalID";

function withPermissions(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return annotations[FOLDER] === undefined
    ? { ...annotations, "grafana.app/grant-permissions": "default" }
    : annotations;
}

/** The message of a version. */
export const MESSAGE = "grafana.app/message";

const SERVER_SET = new Set([
  "grafana.app/createdBy",
  "grafana.app/updatedBy",
  "grafana.app/updatedTimestamp",
  MESSAGE,
  INTERNAL_ID,
]);

/** Annotations or labels without those that Grafana sets itself. */
export function withoutServerSet(entries: Record<string, string> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([name]) => !SERVER_SET.has(name)));
}
