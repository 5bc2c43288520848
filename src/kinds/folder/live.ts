import type { KindContext } from "../../engine/kind-context.ts";
import type { LiveObject } from "../../engine/model.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { lockedByCloud } from "../../ownership/cloud.ts";
import { FILE_PROVISIONING, folderOf, isTemporary, lastWrite, ownershipOf } from "../../ownership/annotations.ts";

export interface LiveFolder extends LiveObject {
  readonly object: KubernetesObject;
  readonly parent: string | undefined;
  /** Whether it is unknown if the folder has a description. */
  readonly undescribed: boolean;
}

export async function listFolders(context: KindContext): Promise<LiveFolder[]> {
  const objects = await context.grafana.folders.list({ metadataOnly: false });
  return objects
    .filter((object) => !isTemporary(object))
    .map((object) => lockedByCloud(context, liveFolder(object, context)));
}

export async function findFolder(context: KindContext, id: string): Promise<LiveFolder | undefined> {
  const object = await context.grafana.folders.find(id);
  return object && lockedByCloud(context, liveFolder(object, context));
}

/** Those of them that still exist. */
export async function readFolders(context: KindContext, folders: readonly LiveFolder[]): Promise<LiveFolder[]> {
  const found = await context.grafana.folders.read(folders.map(({ id }) => id));
  return found.map((object) => lockedByCloud(context, liveFolder(object, context)));
}

export function liveFolder(object: KubernetesObject, context: KindContext): LiveFolder {
  const { grafana } = context;
  const unmarked = grafana.marks ? undefined : ({ state: "unknown", markable: false } as const);
  // Grafana creates a folder for dashboards and rules in files, and never restores it. The manager stays when the files are gone.
  const { ownership, applied } = ownershipOf(object, context, unmarked, [FILE_PROVISIONING]);
  const title = text(object.spec?.["title"]) ?? object.metadata.name;
  const parent = folderOf(object);
  return {
    id: object.metadata.name,
    title,
    parent,
    version: object.metadata.resourceVersion,
    ownership,
    ...(applied ? { applied } : {}),
    // Lists contain complete folders, so their content is compared.
    touched: true,
    ...lastWrite(object),
    complete: object.metadata.resourceVersion !== "",
    undescribed: grafana.folders.undescribed === true,
    object,
  };
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
