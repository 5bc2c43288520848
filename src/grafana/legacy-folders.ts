import { z } from "zod";
import { ask, Confirmation } from "./ask.ts";
import type { Client } from "./client.ts";
import type { Collection, ObjectToWrite } from "./collection.ts";
import { changedSince, GrafanaError, HalfDone, unlessNotFound } from "./errors.ts";
import { distinctPages } from "./distinct-pages.ts";
import { FOLDER } from "./kubernetes.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

const Hit = z.looseObject({ uid: z.string(), title: z.string(), parentUid: z.string().nullish() });

const Answer = z.looseObject({
  uid: z.string(),
  title: z.string(),
  version: z.number().default(0),
  parentUid: z.string().nullish(),
  updated: z.string().nullish(),
  updatedBy: z.string().nullish(),
});

const PATH = "/api/folders";
/** The maximum page size. */
const PAGE = 1000;
/** Entries of the list that are not folders: the root, and "Shared with me". */
const VIRTUAL = new Set(["", "general", "sharedwithme"]);

/** Folders of the legacy API, the only one of Grafana 10 and 11. It keeps no annotations and never returns descriptions. */
export function legacyFolders(client: Client): Collection {
  const childrenOf = async (parent: string | undefined): Promise<z.infer<typeof Hit>[]> => {
    const within = parent === undefined ? "" : `&parentUid=${encodeURIComponent(parent)}`;
    const children: z.infer<typeof Hit>[] = [];
    const checkPage = distinctPages({ method: "GET", path: PATH });
    for (let page = 1, last = false; !last; page++) {
      const path = `${PATH}?limit=${PAGE}&page=${page}${within}`;
      const hits = await ask(client, { method: "GET", path }, z.array(Hit));
      checkPage(hits[0]?.uid);
      children.push(...hits);
      last = hits.length < PAGE;
    }
    return children;
  };
  const collection: Collection = {
    undescribed: true,
    async list() {
      const found = new Map<string, KubernetesObject>();
      for (let level: (string | undefined)[] = [undefined]; level.length > 0;) {
        const children = (await Promise.all(level.map(childrenOf))).flat();
        level = [];
        for (const { uid, title, parentUid } of children) {
          // Versions without nested folders ignore the parent and list all folders.
          if (VIRTUAL.has(uid) || found.has(uid)) continue;
          level.push(uid);
          const metadata = { name: uid, resourceVersion: "", generation: 0, annotations: inFolder(parentUid) };
          found.set(uid, { metadata, spec: { title } });
        }
      }
      return [...found.values()];
    },
    async *pages() {
      const all = await collection.list({ metadataOnly: true });
      yield await collection.read(all.map(({ metadata }) => metadata.name));
    },
    async read(names) {
      const found = await Promise.all(names.map((name) => collection.find(name)));
      return found.filter((object) => object !== undefined);
    },
    async find(name) {
      const answer = await unlessNotFound(ask(client, { method: "GET", path: `${PATH}/${name}` }, Answer));
      return answer && objectOf(answer);
    },
    async create({ metadata, spec }) {
      const parent = metadata.annotations[FOLDER];
      const body = { ...spec, uid: metadata.name, ...(parent === undefined ? {} : { parentUid: parent }) };
      await ask(client, { method: "POST", path: PATH, body }, Answer);
      return undefined;
    },
    async update(object, live) {
      await updateFolder(client, object, live);
      return undefined;
    },
    remove: (live) => removeFolder(client, collection, live),
  };
  return collection;
}

/**
 * Folders of the Kubernetes-style API with legacy storage. There it ignores the version in a write, so writes use the legacy
 * API, which checks it.
 */
export function legacyStorageFolders(client: Client, folders: Collection): Collection {
  const { history: _none, ...others } = folders;
  return {
    ...others,
    async update(object, live) {
      const { name, resourceVersion } = live.metadata;
      // The legacy API uses another version, which the list does not contain.
      const now = await folders.find(name);
      if (now?.metadata.resourceVersion !== resourceVersion) throw changedSince(`the folder ${name}`);
      await updateFolder(client, object, now);
      return undefined;
    },
    remove: (live) => removeFolder(client, folders, live),
  };
}

async function updateFolder(client: Client, { metadata, spec }: ObjectToWrite, live: KubernetesObject): Promise<void> {
  const { name } = metadata;
  // Grafana keeps fields that are not sent.
  const body = { description: "", ...spec, version: live.metadata.generation };
  await ask(client, { method: "PUT", path: `${PATH}/${name}`, body }, Answer);
  const [from = "", to = ""] = [live.metadata.annotations?.[FOLDER], metadata.annotations[FOLDER]];
  if (from === to) return;
  try {
    // Accepts no version, but the request before it was checked. Succeeds if the folder is already in this parent.
    const path = `${PATH}/${name}/move`;
    await ask(client, { method: "POST", path, body: { parentUid: to }, repeatable: true }, Answer);
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    const { exitCode, message } = error;
    const hint = "Run the command again to continue.";
    throw new HalfDone(`${message} (the title and the description of the folder were written before)`, {
      exitCode,
      hint,
    });
  }
}

/** Also deletes everything in the folder except alert rules: the caller must check its content just before. */
async function removeFolder(client: Client, folders: Collection, { metadata }: KubernetesObject): Promise<void> {
  const { name, resourceVersion } = metadata;
  // DELETE does not accept a version, so the version is checked just before.
  const now = await folders.find(name);
  if (now && now.metadata.resourceVersion !== resourceVersion) throw changedSince(`the folder ${name}`);
  if (now) await unlessNotFound(ask(client, { method: "DELETE", path: `${PATH}/${name}` }, Confirmation));
}

function objectOf({ uid, title, version, parentUid, updated, updatedBy }: z.infer<typeof Answer>): KubernetesObject {
  const annotations = {
    ...inFolder(parentUid),
    ...(updatedBy ? { "grafana.app/updatedBy": updatedBy } : {}),
    ...(updated ? { "grafana.app/updatedTimestamp": updated } : {}),
  };
  const metadata = { name: uid, resourceVersion: String(version), generation: version, annotations };
  return { metadata, spec: { title } };
}

function inFolder(parent: string | null | undefined): Record<string, string> {
  return parent ? { [FOLDER]: parent } : {};
}
