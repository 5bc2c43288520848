import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { Forbidden, NotFound } from "./errors.ts";
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

/** The types that a Grafana serves. */
export interface ApiTypes {
  /** How a type is served; undefined if this Grafana doesn't serve it. */
  served(type: ApiType): Promise<ServedType | undefined>;
  /**
   * The types of an organization that can be listed, each in the version that Grafana prefers. Undefined if the credentials can't
   * list the types.
   */
  all(): Promise<ServedType[] | undefined>;
}

/**
 * Finds out how types are served, with one request for each group and version. `groups`: their versions, the preferred one first;
 * undefined if the credentials can't list them.
 */
export function apiTypes(
  client: Client,
  namespace: () => string | undefined,
  groups: ReadonlyMap<string, readonly string[]> | undefined,
): ApiTypes {
  // If Grafana has listed its groups, the path is right. A group can be listed without being served.
  const unserved = (error: unknown): undefined => {
    if (!(error instanceof NotFound && (error.absent || groups))) throw error;
  };
  const lists = new Map<string, Promise<z.infer<typeof Resources> | undefined>>();
  const listOf = (apiVersion: string) => {
    const asked =
      lists.get(apiVersion) ?? ask(client, { method: "GET", path: `/apis/${apiVersion}` }, Resources).catch(unserved);
    lists.set(apiVersion, asked);
    return asked;
  };
  const typeOf = (
    { name, kind, namespaced, verbs }: z.infer<typeof Resources>["resources"][number],
    apiVersion: string,
    own: string,
  ): ServedType => {
    const path = `/apis/${apiVersion}${namespaced ? `/namespaces/${own}` : ""}/${name}`;
    return { apiVersion, kind, path, verbs, namespaced };
  };
  const served: ApiTypes["served"] = async ({ group, kind, version }) => {
    const [own, served] = [namespace(), groups && (groups.get(group) ?? [])];
    if (own === undefined) return undefined;
    const candidates = version === undefined ? (served ?? []) : [version];
    for (const candidate of candidates.filter((one) => served?.includes(one) !== false)) {
      const apiVersion = `${group}/${candidate}`;
      const list = await listOf(apiVersion);
      // Names with a slash are subresources.
      const found = list?.resources.find((one) => one.kind === kind && !one.name.includes("/"));
      if (found) return typeOf(found, apiVersion, own);
    }
    return undefined;
  };
  return {
    served,
    async all() {
      const own = namespace();
      if (own === undefined) return [];
      if (!groups) return undefined;
      const found = await Promise.all(
        [...groups].map(async ([group, [version = ""]]) => {
          const apiVersion = `${group}/${version}`;
          const { resources = [] } = (await listOf(apiVersion).catch(unlessForbidden)) ?? {};
          return resources
            .filter(({ name, namespaced, verbs }) => !name.includes("/") && namespaced && verbs.includes("list"))
            .map((one) => typeOf(one, apiVersion, own));
        }),
      );
      return found.flat();
    },
  };
}

function unlessForbidden(error: unknown): undefined {
  if (!(error instanceof Forbidden)) throw error;
}
