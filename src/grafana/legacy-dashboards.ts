import { z } from "zod";
import { parseDuration } from "../util/duration.ts";
import { ask, Confirmation } from "./ask.ts";
import type { Client } from "./client.ts";
import type { Collection, ObjectToWrite } from "./collection.ts";
import { changedSince, unlessNotFound } from "./errors.ts";
import { FOLDER, INTERNAL_ID, MESSAGE } from "./kubernetes.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { searchDashboards } from "./search.ts";

const Answer = z.looseObject({
  dashboard: z.looseObject({ id: z.number() }),
  meta: z.looseObject({
    version: z.number(),
    isFolder: z.boolean().nullish(),
    folderUid: z.string().nullish(),
    updated: z.string().nullish(),
    updatedBy: z.string().nullish(),
    provisioned: z.boolean().nullish(),
    provisionedExternalId: z.string().nullish(),
  }),
});

/** `{ status: "success", uid: "fastapi", version: 2 }` */
const Saved = z.looseObject({ uid: z.string(), version: z.number() });

const PATH = "/api/dashboards";
/** How many bodies are read before the next ones are requested. */
const PAGE = 100;

/**
 * Dashboards of the legacy API, the only one of Grafana 10 and 11. It keeps no annotations. `minRefresh`: the minimum
 * refresh interval, such as `5s`.
 */
export function legacyDashboards(client: Client, minRefresh: string): Collection {
  const save = async ({ metadata, spec }: ObjectToWrite, live?: KubernetesObject): Promise<undefined> => {
    // Without `overwrite`, Grafana rejects a uid that is taken, unless the version matches. The id prevents it from creating
    // a dashboard that was deleted since.
    const seen = live && { id: Number(live.metadata.labels?.[INTERNAL_ID]), version: live.metadata.generation };
    const dashboard = { ...spec, uid: metadata.name, ...seen };
    const message = metadata.annotations[MESSAGE];
    const place = { folderUid: metadata.annotations[FOLDER] ?? "", overwrite: false };
    const body = { dashboard, ...place, ...(message === undefined ? {} : { message }) };
    await ask(client, { method: "POST", path: `${PATH}/db`, body }, Saved);
    return undefined;
  };
  const collection: Collection = {
    async list() {
      const hits = await searchDashboards(client);
      return hits.map(({ uid, folderUid }) => ({
        metadata: { name: uid, resourceVersion: "", generation: 0, annotations: inFolder(folderUid) },
      }));
    },
    async *pages() {
      const names = (await collection.list({ metadataOnly: true })).map(({ metadata }) => metadata.name);
      for (let from = 0; from < names.length; from += PAGE) yield await collection.read(names.slice(from, from + PAGE));
    },
    async read(names) {
      const found = await Promise.all(names.map((name) => collection.find(name)));
      return found.filter((object) => object !== undefined);
    },
    async find(name) {
      const answer = await unlessNotFound(ask(client, { method: "GET", path: `${PATH}/uid/${name}` }, Answer));
      return answer && objectOf(name, answer);
    },
    create: (object) => save(object),
    update: save,
    dryRun: ({ metadata, spec }) =>
      Promise.resolve({
        metadata: { generation: 0, resourceVersion: "", ...metadata },
        spec: asStored(spec, minRefresh),
      }),
    async remove({ metadata: { name, resourceVersion } }) {
      // DELETE does not accept a version, so the version is checked just before.
      const now = await collection.find(name);
      if (now && now.metadata.resourceVersion !== resourceVersion) throw changedSince(`the dashboard ${name}`);
      if (now) await unlessNotFound(ask(client, { method: "DELETE", path: `${PATH}/uid/${name}` }, Confirmation));
    },
  };
  return collection;
}

/** Grafana trims the title and raises a refresh interval below the minimum; the rest is stored as it is sent. */
function asStored(spec: ObjectToWrite["spec"], minRefresh: string): Record<string, unknown> {
  const { title, refresh } = spec;
  const [asked, least] = [refresh, minRefresh].map((text) => parseDuration(typeof text === "string" ? text : ""));
  return {
    ...spec,
    ...(typeof title === "string" ? { title: title.trim() } : {}),
    ...(asked !== undefined && least !== undefined && asked < least ? { refresh: minRefresh } : {}),
  };
}

function objectOf(name: string, { dashboard, meta }: z.infer<typeof Answer>): KubernetesObject | undefined {
  // The endpoint also finds folders, which are stored as dashboards.
  if (meta.isFolder) return undefined;
  const { id, uid: _uid, version: _version, ...spec } = dashboard;
  const annotations = {
    ...inFolder(meta.folderUid),
    ...(meta.updatedBy ? { "grafana.app/updatedBy": meta.updatedBy } : {}),
    ...(meta.updated ? { "grafana.app/updatedTimestamp": meta.updated } : {}),
    ...(meta.provisioned
      ? {
          "grafana.app/managedBy": "classic-file-provisioning",
          "grafana.app/managerId": meta.provisionedExternalId ?? "",
        }
      : {}),
  };
  const [generation, resourceVersion] = [meta.version, String(meta.version)];
  const labels = { [INTERNAL_ID]: String(id) };
  return { metadata: { name, resourceVersion, generation, annotations, labels }, spec };
}

function inFolder(uid: string | null | undefined): Record<string, string> {
  // Dashboards at the root have the folder `general`, which does not exist.
  return uid && uid !== "general" ? { [FOLDER]: uid } : {};
}
