import type { RollbackFacet } from "../../engine/facets.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { ObjectToWrite } from "../../grafana/collection.ts";
import { parseObject } from "../../grafana/kubernetes-object.ts";
import { FOLDER, withoutServerSet } from "../../grafana/kubernetes.ts";
import { restoredMetadata, withoutMark } from "../../ownership/annotations.ts";
import { isObject, textOf, toJson, type JsonObject } from "../../util/json.ts";
import { folderIn } from "../reference.ts";
import type { ApiObject } from "./builder.ts";
import { specToSend } from "./canonical.ts";
import { groupOf, versionOf } from "./id.ts";
import { collectionOf, liveApiObject, writableType, type LiveApiObject } from "./live.ts";

type ApiWrite = Write<ApiObject, LiveApiObject>;

/** What a write sends. Keeps the metadata of others. */
export function objectToSend({ owner }: KindContext, { desired, live }: ApiWrite): ObjectToWrite {
  const { metadata } = desired.resource;
  const { metadata: current } = live?.object ?? {};
  const annotations = { ...withoutMark(withoutServerSet(current?.annotations), owner), ...metadata.annotations };
  const folder = folderIn(desired, live);
  delete annotations[FOLDER];
  if (folder) annotations[FOLDER] = folder;
  return {
    metadata: {
      name: metadata.name,
      annotations,
      labels: { ...withoutServerSet(current?.labels), ...metadata.labels },
      ...ofControllers(live),
    },
    spec: specToSend(desired.resource, live),
    ...othersOf(live),
  };
}

/** Properties next to `spec` that the code can't name. A write without them would remove them. */
function othersOf(live: LiveApiObject | undefined): Pick<ObjectToWrite, "others"> {
  const { others } = live?.object ?? {};
  return others ? { others } : {};
}

/** A write without them would remove them. */
function ofControllers(
  live: LiveApiObject | undefined,
): Pick<ObjectToWrite["metadata"], "finalizers" | "ownerReferences"> {
  const { finalizers, ownerReferences } = live?.object.metadata ?? {};
  return { ...(finalizers ? { finalizers } : {}), ...(ownerReferences ? { ownerReferences } : {}) };
}

/** A misspelled property is rejected, and not dropped. */
const STRICT = "fieldValidation=Strict";

export async function writeApiObject(context: KindContext, write: ApiWrite): Promise<void> {
  const served = await writableType(context, write.desired.resource);
  const all = collectionOf(context, { ...served, query: STRICT });
  const object = objectToSend(context, write);
  await (write.live ? all.update(object, write.live.object) : all.create(object));
}

export async function removeApiObject(context: KindContext, live: LiveApiObject): Promise<void> {
  await collectionOf(context, await writableType(context, live)).remove(live.object);
}

export const rollback: RollbackFacet<LiveApiObject> = {
  snapshot({ apiVersion, objectKind, object: { status: _, ...object } }) {
    return { apiVersion, kind: objectKind, ...(toJson(object) as JsonObject) };
  },
  restoreSnapshot(context, snapshot) {
    const { apiVersion, kind } = isObject(snapshot) ? snapshot : {};
    return liveApiObject(parseObject(snapshot), { apiVersion: textOf(apiVersion), kind: textOf(kind) }, context);
  },
  async unsupported({ grafana }, { apiVersion, objectKind }) {
    const served = await grafana.servedType({
      group: groupOf(apiVersion),
      kind: objectKind,
      version: versionOf(apiVersion),
    });
    if (served) return undefined;
    return `has the type ${apiVersion} ${objectKind}, which this Grafana does not serve; turn on the feature that serves it, or create the object in another version`;
  },
  async restore(context, { before, live }) {
    const all = collectionOf(context, await writableType(context, before));
    const metadata = restoredMetadata(before.object, live?.object, { version: 0 });
    const object = {
      metadata: { ...metadata, ...ofControllers(live) },
      spec: before.object.spec ?? {},
      ...othersOf(before),
    };
    await (live ? all.update(object, live.object) : all.create(object));
  },
};
