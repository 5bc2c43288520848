import { z } from "zod";
import type { GrafanaConnection, ServedApi } from "./connection.ts";
import { ask } from "./ask.ts";
import { unlessNotFound } from "./errors.ts";

// Keys that are not named here, `managedFields` above all, are left out: they are most of a list's size.
const Metadata = z.object({
  name: z.string(),
  resourceVersion: z.string().default(""),
  generation: z.number().default(0),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

export const KubernetesObject = z.object({
  metadata: Metadata,
  spec: z.record(z.string(), z.unknown()).optional(),
});

/** A folder or a dashboard as the Kubernetes-style API gives it; without `spec` where metadata alone was asked for. */
export type KubernetesObject = z.infer<typeof KubernetesObject>;

const List = z.looseObject({
  metadata: z.looseObject({ continue: z.string().optional() }),
  items: z.array(KubernetesObject).nullable(),
});

/** What a deletion is answered with: the object as it was, or a `Status`. */
export const Deleted = z.looseObject({ kind: z.string() });

/** A page ends at 500 objects or 2 MiB, whichever is first. */
const PAGE = 500;
const METADATA_ALONE = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** One whole object; undefined if it isn't there. */
export async function findObject(
  { client }: GrafanaConnection,
  api: ServedApi,
  name: string,
): Promise<KubernetesObject | undefined> {
  return unlessNotFound(ask(client, { method: "GET", path: `${api.path}/${name}` }, KubernetesObject));
}

/** Every object of a collection, to the last page; with `keep`, those whose name it accepts. */
export async function listAll(
  { client }: GrafanaConnection,
  api: ServedApi,
  { metadataAlone, keep = () => true }: { metadataAlone: boolean; keep?: (name: string) => boolean },
): Promise<KubernetesObject[]> {
  const headers = metadataAlone ? { Accept: METADATA_ALONE } : {};
  const objects: KubernetesObject[] = [];
  let next: string | undefined;
  do {
    const query = `?limit=${PAGE}${next === undefined ? "" : `&continue=${encodeURIComponent(next)}`}`;
    const page = await ask(client, { method: "GET", path: api.path + query, headers }, List);
    objects.push(...(page.items ?? []).filter(({ metadata }) => keep(metadata.name)));
    next = page.metadata.continue || undefined;
  } while (next !== undefined);
  return objects;
}

const SERVER_SET = new Set([
  "grafana.app/createdBy",
  "grafana.app/updatedBy",
  "grafana.app/updatedTimestamp",
  "grafana.app/message",
  "grafana.app/deprecatedInternalID",
]);

/** Annotations or labels that a client may send back: those that Grafana sets itself are left out. */
export function withoutServerSet(entries: Record<string, string> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([name]) => !SERVER_SET.has(name)));
}
