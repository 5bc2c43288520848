import { z } from "zod";
import { ask, Confirmation } from "./ask.ts";
import type { Client } from "./client.ts";
import type { Collection, ObjectToWrite } from "./collection.ts";
import { changedSince, GrafanaError, HalfDone, repeatedPage, unlessNotFound } from "./errors.ts";
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
/** What a page holds at most. */
const PAGE = 1000;
/** Listed like folders, and none: the root itself, and what others shared. */
const VIRTUAL = new Set(["", "general", "sharedwithme"]);

/** Folders of the older API, which Grafana 10 and 11 have alone. It keeps no annotations, and never gives a description back. */
export function legacyFolders(client: Client): Collection {
  const childrenOf = async (parent: string | undefined): Promise<z.infer<typeof Hit>[]> => {
    const within = parent === undefined ? "" : `&parentUid=${encodeURIComponent(parent)}`;
    const children: z.infer<typeof Hit>[] = [];
    for (let page = 1, last = false; !last; page++) {
      const path = `${PATH}?limit=${PAGE}&page=${page}${within}`;
      const hits = await ask(client, { method: "GET", path }, z.array(Hit));
      if (page > 1 && hits.length > 0 && hits[0]?.uid === children[0]?.uid) throw repeatedPage({ method: "GET", path });
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
          // Before folders could be nested, all of them were listed whatever parent was asked for.
          if (VIRTUAL.has(uid) || found.has(uid)) continue;
          level.push(uid);
          const metadata = { name: uid, resourceVersion: "", generation: 0, annotations: inFolder(parentUid) };
          found.set(uid, { metadata, spec: { title } });
        }
      }
      return [...found.values()];
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
    },
    update: (object, live) => updateFolder(client, object, live),
    remove: (live) => removeFolder(client, collection, live),
  };
  return collection;
}

/**
 * Folders of the Kubernetes-style API where they are kept in legacy storage: there it writes over whatever is there,
 * whatever version a request names. The older API of the same Grafana does not.
 */
export function legacyStorageFolders(client: Client, folders: Collection): Collection {
  const { history: _none, ...others } = folders;
  return {
    ...others,
    async update(object, live) {
      const { name, resourceVersion } = live.metadata;
      // The list has no version that the older API would know.
      const now = await folders.find(name);
      if (now?.metadata.resourceVersion !== resourceVersion) throw changedSince(`the folder ${name}`);
      await updateFolder(client, object, now);
    },
    remove: (live) => removeFolder(client, folders, live),
  };
}

async function updateFolder(client: Client, { metadata, spec }: ObjectToWrite, live: KubernetesObject): Promise<void> {
  const { name } = metadata;
  // What is left out would stay.
  const body = { description: "", ...spec, version: live.metadata.generation };
  await ask(client, { method: "PUT", path: `${PATH}/${name}`, body }, Answer);
  const [from = "", to = ""] = [live.metadata.annotations?.[FOLDER], metadata.annotations[FOLDER]];
  if (from === to) return;
  try {
    // It takes no version: nobody's change is lost by it, and the request before it had one. To be there already is no error.
    const path = `${PATH}/${name}/move`;
    await ask(client, { method: "POST", path, body: { parentUid: to }, repeatable: true }, Answer);
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    const { exitCode, message } = error;
    const hint = "Run the command again: it goes on where it stopped.";
    throw new HalfDone(`${message} (after title and description of the folder were written)`, { exitCode, hint });
  }
}

/**
 * Takes along everything that is in it but alert rules: whoever calls this has looked into it just before.
 */
async function removeFolder(client: Client, folders: Collection, { metadata }: KubernetesObject): Promise<void> {
  const { name, resourceVersion } = metadata;
  // Its DELETE takes no version: it is read again just before.
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
