import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { unlessNotFound } from "./errors.ts";
import type { ServedApi } from "./kubernetes.ts";

/** A type of objects of the Kubernetes-style API. */
export interface ApiType {
  /** `playlist.grafana.app` */
  readonly group: string;
  /** `Playlist` */
  readonly kind: string;
  /** Default: the version that Grafana prefers. */
  readonly version?: string;
}

/** A type that this Grafana serves. */
export interface ServedType extends ServedApi {
  readonly verbs: readonly string[];
  /** Whether its objects belong to an organization. */
  readonly namespaced: boolean;
}

const Resources = z.looseObject({
  resources: z.array(
    z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean(), verbs: z.array(z.string()) }),
  ),
});

/**
 * Finds out how types are served, with one request for each group and version. `versionsOf`: the versions of a group, the preferred
 * one first; undefined if the credentials can't list them.
 */
export function apiTypes(
  client: Client,
  namespace: () => string | undefined,
  versionsOf: (group: string) => readonly string[] | undefined,
): (type: ApiType) => Promise<ServedType | undefined> {
  const lists = new Map<string, Promise<z.infer<typeof Resources> | undefined>>();
  const listOf = (apiVersion: string) => {
    const asked =
      lists.get(apiVersion) ?? unlessNotFound(ask(client, { method: "GET", path: `/apis/${apiVersion}` }, Resources));
    lists.set(apiVersion, asked);
    return asked;
  };
  return async ({ group, kind, version }) => {
    const [own, served] = [namespace(), versionsOf(group)];
    if (own === undefined) return undefined;
    const candidates = version === undefined ? (served ?? []) : [version];
    for (const candidate of candidates.filter((one) => served?.includes(one) !== false)) {
      const apiVersion = `${group}/${candidate}`;
      const list = await listOf(apiVersion);
      // Names with a slash are subresources.
      const found = list?.resources.find((one) => one.kind === kind && !one.name.includes("/"));
      if (!found) continue;
      const { name, namespaced, verbs } = found;
      const path = `/apis/${apiVersion}${namespaced ? `/namespaces/${own}` : ""}/${name}`;
      return { apiVersion, kind, path, verbs, namespaced };
    }
    return undefined;
  };
}
