import { z } from "zod";
import { EXIT } from "../util/errors.ts";
import type { Client } from "./client.ts";
import type { Collection } from "./collection.ts";
import {
  Forbidden,
  type GrafanaError,
  NotFound,
  NotGrafana,
  Unavailable,
  UnsupportedGrafana,
  NotAuthenticated,
} from "./errors.ts";
import { defaultDatasourceIn } from "./default-datasource.ts";
import { kubernetesCollection, type ServedApi } from "./kubernetes.ts";
import { legacyDashboards } from "./legacy-dashboards.ts";
import { legacyFolders, legacyStorageFolders } from "./legacy-folders.ts";

/** A Grafana that was asked what it is and serves. */
export interface GrafanaConnection {
  readonly client: Client;
  /** `12.4.0` */
  readonly version: string;
  /** The Kubernetes-style namespace of the organisation: `default`, `org-2`, `stacks-123`. Undefined with the older API alone. */
  readonly namespace?: string;
  /** The same, whatever the API: empty where an old Grafana doesn't say. */
  readonly organisation: string;
  /**
   * Whether folders and dashboards keep annotations: marks of ownership, and of what was applied. They don't in legacy
   * storage, which is all that Grafana 10 and 11 have.
   */
  readonly marks: boolean;
  readonly dashboards: Collection;
  readonly folders: Collection;
  /** The objects of a further API; undefined if this Grafana serves no version of it that the tool knows. */
  collection(api: KubernetesApi): Promise<Collection | undefined>;
  /** What panels ask that name no datasource; undefined where there is none, or these credentials may not query it. */
  readonly defaultDatasource?: { readonly uid: string };
  /** What these credentials may do: scopes by action. Undefined where Grafana doesn't say. */
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
  /** Lines for the person who runs the tool, such as "Grafana 13.1.0 was never tested". */
  readonly notes: readonly string[];
}

/** A resource of the Kubernetes-style API. */
export interface KubernetesApi {
  /** `dashboard.grafana.app` */
  readonly group: string;
  /** `dashboards` */
  readonly resource: string;
  /** `Dashboard` */
  readonly kind: string;
  /** Those that the tool knows, newest first. */
  readonly versions: readonly string[];
  /** As in `ServedApi`. */
  readonly query?: string;
  readonly hasPermissions?: true;
}

/** Grafana 13 adds `v1`, with the content of `v1beta1`. */
const KNOWN = ["v1", "v1beta1"];
/** Unknown properties of panels are the plugins' business: strict validation refuses a quarter of all public dashboards. */
const LENIENT = "fieldValidation=Ignore";
const OLDEST = "10.0.0";
const TESTED = /^12\.4\./;

const Health = z.looseObject({ version: z.string() });
const Settings = z.looseObject({ namespace: z.string().optional(), minRefreshInterval: z.string().optional() });
const Groups = z.looseObject({
  groups: z.array(z.looseObject({ name: z.string(), versions: z.array(z.looseObject({ version: z.string() })) })),
});
const Permissions = z.record(z.string(), z.array(z.string()));

const DASHBOARDS: KubernetesApi = {
  group: "dashboard.grafana.app",
  resource: "dashboards",
  kind: "Dashboard",
  versions: KNOWN,
  query: LENIENT,
  hasPermissions: true,
};
const FOLDERS: KubernetesApi = {
  group: "folder.grafana.app",
  resource: "folders",
  kind: "Folder",
  versions: KNOWN,
  hasPermissions: true,
};

/**
 * Finds out what Grafana this is: two requests, two more, and where it has the Kubernetes-style API one that tells where it
 * stores dashboards. `owner` is the label that the last one asks for. Who has no role may not ask which versions there are,
 * and asks for the lists themselves: up to four requests more.
 *
 * Throws `Unreachable`, `NotGrafana`, `NotAuthenticated`, `Forbidden`, or `UnsupportedGrafana` (exit 6).
 */
export async function connect(client: Client, owner: string): Promise<GrafanaConnection> {
  // Who waits for nothing but "nothing listens there" should not wait long.
  const get = (path: string) => client.send({ method: "GET", path, retries: 2 });
  // Wrong credentials are tried once: Grafana locks a user after five.
  const [health, permissions] = await Promise.allSettled([
    get("/api/health"),
    get("/api/access-control/user/permissions"),
  ]);
  const wrong = permissions.status === "rejected" && permissions.reason instanceof NotAuthenticated;
  const [groups, settings] = await Promise.allSettled(wrong ? [] : [get("/apis"), get("/api/frontend/settings")]);

  const valueOf = (result: PromiseSettledResult<unknown> | undefined): unknown => {
    if (result?.status === "fulfilled") return result.value;
    const { reason } = result as { reason: unknown };
    // Every Grafana that is new enough has all of these.
    throw reason instanceof NotFound ? notGrafana(client.url, `${reason.request} was answered 404`) : reason;
  };
  const version = Health.safeParse(valueOf(health)).data?.version;
  if (version === undefined) throw notGrafana(client.url, "/api/health has no version");
  // Before anything that an old Grafana doesn't have: it would be told "not found".
  if (olderThan(version, OLDEST)) throw tooOld(version);
  const allowed = Permissions.safeParse(valueOf(permissions)).data;

  const namespaceOf = () => Settings.safeParse(valueOf(settings)).data?.namespace;
  const newest =
    groups?.status === "rejected" && groups.reason instanceof Forbidden
      ? newestByLists(client, namespaceOf())
      : newestIn(isNotFound(groups) ? { groups: [] } : Groups.safeParse(valueOf(groups)).data);
  if (newest === undefined) throw notGrafana(client.url, "/apis lists no groups");
  const served = onceEach(async (api: KubernetesApi): Promise<ServedApi | undefined> => {
    const [namespace, version] = [namespaceOf(), await newest(api)];
    return namespace === undefined || version === undefined ? undefined : servedAt(api, version, namespace);
  });
  const defaultDatasource = settings?.status === "fulfilled" ? defaultDatasourceIn(settings.value) : undefined;
  const common = {
    client,
    version,
    ...(defaultDatasource ? { defaultDatasource } : {}),
    ...(allowed ? { permissions: allowed } : {}),
    notes: TESTED.test(version) ? [] : [`Grafana ${version} was never tested with this version of grafana-provision.`],
    async collection(api: KubernetesApi) {
      const found = await served(api);
      return found && kubernetesCollection(client, found);
    },
  };
  const versions = await Promise.all([DASHBOARDS, FOLDERS].map(newest));
  // 10 and 11, and 12.0, whose versions of these groups are others.
  if (versions.includes(undefined)) {
    return {
      ...common,
      organisation: namespaceOf() ?? "",
      marks: false,
      dashboards: legacyDashboards(client, Settings.safeParse(valueOf(settings)).data?.minRefreshInterval ?? ""),
      folders: legacyFolders(client),
    };
  }

  const namespace = namespaceOf();
  const [dashboards, folders] = await Promise.all([DASHBOARDS, FOLDERS].map(served));
  if (namespace === undefined || !dashboards || !folders) {
    throw notGrafana(client.url, "/api/frontend/settings has no namespace");
  }
  const marks = await keepsMarks(client, dashboards.path, owner);
  const folderCollection = kubernetesCollection(client, folders);
  return {
    namespace,
    organisation: namespace,
    ...common,
    marks,
    dashboards: kubernetesCollection(client, dashboards),
    folders: marks ? folderCollection : legacyStorageFolders(client, folderCollection),
  };
}

/** The newest version that is served; undefined if none that the tool knows is. */
type Newest = (api: KubernetesApi) => Promise<string | undefined>;

function newestIn(served: z.infer<typeof Groups> | undefined): Newest | undefined {
  if (served === undefined) return undefined;
  return ({ group, versions }) => {
    const there = served.groups.find(({ name }) => name === group)?.versions.map((one) => one.version) ?? [];
    return Promise.resolve(versions.find((candidate) => there.includes(candidate)));
  };
}

/**
 * Grafana refuses `GET /apis` to whoever has no role, whatever a custom role grants, and answers their lists: with nothing
 * in them where they may not read. What it doesn't serve it refuses to them, too.
 */
function newestByLists(client: Client, namespace: string | undefined): Newest {
  return onceEach(async (api) => {
    if (namespace === undefined) return undefined;
    for (const version of api.versions) {
      try {
        await client.send({ method: "GET", path: `${servedAt(api, version, namespace).path}?limit=1`, retries: 2 });
        return version;
      } catch (error) {
        if (!(error instanceof Forbidden || error instanceof NotFound)) throw error;
      }
    }
    return undefined;
  });
}

/** Finds out about an API when it is first asked for. */
function onceEach<Answer>(find: (api: KubernetesApi) => Promise<Answer>): (api: KubernetesApi) => Promise<Answer> {
  const found = new Map<KubernetesApi, Promise<Answer>>();
  return (api) => {
    const answer = found.get(api) ?? find(api);
    found.set(api, answer);
    return answer;
  };
}

function servedAt(
  { group, resource, versions: _, ...api }: KubernetesApi,
  version: string,
  namespace: string,
): ServedApi {
  const apiVersion = `${group}/${version}`;
  return { ...api, apiVersion, path: `/apis/${apiVersion}/namespaces/${namespace}/${resource}` };
}

/** Legacy storage answers 500 to any label selector, and drops annotations. */
async function keepsMarks(client: Client, path: string, owner: string): Promise<boolean> {
  const selector = encodeURIComponent(`grafana-provision/owner=${owner}`);
  try {
    await client.send({ method: "GET", path: `${path}?limit=1&labelSelector=${selector}` });
    return true;
  } catch (error) {
    if (!(error instanceof Unavailable) || !error.message.includes("labels not yet supported")) throw error;
    return false;
  }
}

function isNotFound(result: PromiseSettledResult<unknown> | undefined): boolean {
  return result?.status === "rejected" && result.reason instanceof NotFound;
}

function notGrafana(url: string, why: string): GrafanaError {
  return new NotGrafana(`What answers at ${url} is not Grafana: ${why}`, {
    exitCode: EXIT.failure,
    hint: "Check GRAFANA_URL, with its sub-path if it has one.",
  });
}

function tooOld(version: string): GrafanaError {
  return new UnsupportedGrafana(`Grafana ${version} is too old: ${OLDEST} is the oldest that this version works with`, {
    exitCode: EXIT.unsupportedGrafana,
    hint: "Upgrade Grafana; 12.4 is what this version is tested with.",
  });
}

/** Compares the numbers alone: `12.4.0-pre` is `12.4.0`. */
function olderThan(version: string, oldest: string): boolean {
  const numbers = (text: string) => text.split(/[.+-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(version), numbers(oldest)];
  const index = a.findIndex((number, position) => number !== b[position]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}
