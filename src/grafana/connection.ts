import { z } from "zod";
import { EXIT } from "../util/errors.ts";
import { apiTypes, type ApiType, type ServedType } from "./api-types.ts";
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
import { defaultDatasourceIn, type DefaultDatasource } from "./default-datasource.ts";
import { editionIn, type Edition } from "./edition.ts";
import { kubernetesCollection, type ServedApi } from "./kubernetes.ts";
import { legacyDashboards } from "./legacy-dashboards.ts";
import { legacyFolders, legacyStorageFolders } from "./legacy-folders.ts";
import { mustBeMember } from "./organization.ts";

/** A connection to a Grafana whose version and APIs are known. */
export interface GrafanaConnection {
  readonly client: Client;
  /** `12.4.0` */
  readonly version: string;
  /** The Kubernetes-style namespace of the organization: `default`, `org-2`, `stacks-123`. Undefined with the legacy API. */
  readonly namespace?: string;
  /** The same with every API; empty if an old Grafana does not return it. */
  readonly organization: string;
  /**
   * Whether folders and dashboards keep annotations, which mark the owner and the applied content. Legacy storage, which
   * Grafana 10 and 11 use, drops them.
   */
  readonly marks: boolean;
  readonly dashboards: Collection;
  readonly folders: Collection;
  /** The objects of another API; undefined if this Grafana serves no supported version of it. */
  collection(api: KubernetesApi): Promise<Collection | undefined>;
  /** How objects of any type are served; undefined if this Grafana doesn't serve the type. */
  servedType(type: ApiType): Promise<ServedType | undefined>;
  /** All types whose objects belong to an organization and can be listed. Undefined if the credentials can't list the types. */
  servedTypes(): Promise<ServedType[] | undefined>;
  /** The datasource of panels that name none; undefined if there is no default, or the credentials can't query it. */
  readonly defaultDatasource?: DefaultDatasource;
  /** Undefined if Grafana does not return it. */
  readonly edition?: Edition;
  /** The feature toggles that are on. Empty if the credentials can't read them. */
  readonly toggles: ReadonlySet<string>;
  /** The shortest interval at which Grafana refreshes dashboards. */
  readonly minRefreshInterval?: string;
  /** The permissions of the credentials: scopes by action. Undefined if Grafana does not return them. */
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
  /** Notes for the user, such as an untested version. */
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
  /** Supported versions, newest first. */
  readonly versions: readonly string[];
  /** As in `ServedApi`. */
  readonly query?: string;
  readonly hasPermissions?: true;
  readonly returnsSpec?: true;
}

/** Grafana 13 adds `v1`, which equals `v1beta1`. */
const KNOWN = ["v1", "v1beta1"];
/** Strict validation rejects unknown panel properties, which a quarter of all public dashboards have. */
export const LENIENT = "fieldValidation=Ignore";
const OLDEST = "10.0.0";
const TESTED = /^12\.4\./;

const Health = z.looseObject({ version: z.string() });
const Settings = z.looseObject({
  namespace: z.string().optional(),
  minRefreshInterval: z.string().optional(),
  featureToggles: z.record(z.string(), z.unknown()).nullish(),
});
/** The response of `/apis`: the served API groups and their versions. */
export const ApiGroups = z.looseObject({
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
 * Detects the version of Grafana, its APIs and its storage, with four or five requests. A user without a role can't read the
 * API versions, so they are probed with up to four more. `owner`: the label that the storage probe searches for.
 *
 * Throws `Unreachable`, `NotGrafana`, `NotAuthenticated`, `Forbidden`, `UnsupportedGrafana` (exit 6), or `UsageError` (exit 64)
 * for an organization that does not exist.
 */
export async function connect(client: Client, owner: string): Promise<GrafanaConnection> {
  // Few retries, so that a wrong URL fails quickly.
  const get = (path: string) => client.send({ method: "GET", path, retries: 2 });
  // Only one request tries the credentials: Grafana locks a user after five wrong passwords.
  const [health, permissions] = await Promise.allSettled([
    get("/api/health"),
    get("/api/access-control/user/permissions"),
  ]);
  const wrong = permissions.status === "rejected" && permissions.reason instanceof NotAuthenticated;
  if (client.orgId !== undefined) await mustBeMember(client, client.orgId, permissions);
  const [groups, settings] = await Promise.allSettled(wrong ? [] : [get("/apis"), get("/api/frontend/settings")]);

  const valueOf = (result: PromiseSettledResult<unknown> | undefined): unknown => {
    if (result?.status === "fulfilled") return result.value;
    const { reason } = result as { reason: unknown };
    // Every supported Grafana has these endpoints.
    throw reason instanceof NotFound ? notGrafana(client.url, `${reason.request} returned 404`) : reason;
  };
  const version = Health.safeParse(valueOf(health)).data?.version;
  if (version === undefined) throw notGrafana(client.url, "/api/health returns no version");
  // Checked before endpoints that an old Grafana does not have.
  if (olderThan(version, OLDEST)) throw tooOld(version);
  const allowed = Permissions.safeParse(valueOf(permissions)).data;

  const namespaceOf = () => Settings.safeParse(valueOf(settings)).data?.namespace;
  const newest =
    groups?.status === "rejected" && groups.reason instanceof Forbidden
      ? newestByLists(client, namespaceOf())
      : newestIn(isNotFound(groups) ? { groups: [] } : ApiGroups.safeParse(valueOf(groups)).data);
  if (newest === undefined) throw notGrafana(client.url, "/apis returns no groups");
  const served = onceEach(async (api: KubernetesApi): Promise<ServedApi | undefined> => {
    const [namespace, version] = [namespaceOf(), await newest(api)];
    return namespace === undefined || version === undefined ? undefined : servedAt(api, version, namespace);
  });
  const none = isNotFound(groups) ? [] : undefined;
  const listed = groups?.status === "fulfilled" ? ApiGroups.safeParse(groups.value).data?.groups : none;
  const types = apiTypes(
    client,
    namespaceOf,
    listed && new Map(listed.map(({ name, versions }) => [name, versions.map((one) => one.version)])),
  );
  const defaultDatasource = settings?.status === "fulfilled" ? defaultDatasourceIn(settings.value) : undefined;
  const edition = settings?.status === "fulfilled" ? editionIn(settings.value) : undefined;
  const { minRefreshInterval, featureToggles } =
    (settings?.status === "fulfilled" && Settings.safeParse(settings.value).data) || {};
  const common = {
    client,
    version,
    ...(defaultDatasource ? { defaultDatasource } : {}),
    ...(edition ? { edition } : {}),
    toggles: new Set(Object.entries(featureToggles ?? {}).flatMap(([name, on]) => (on === true ? [name] : []))),
    ...(minRefreshInterval ? { minRefreshInterval } : {}),
    ...(allowed ? { permissions: allowed } : {}),
    notes: TESTED.test(version) ? [] : [`Grafana ${version} is not tested with this version of grafana-provision.`],
    servedType: (type: ApiType) => types.served(type),
    servedTypes: () => types.all(),
    async collection(api: KubernetesApi) {
      const found = await served(api);
      return found && kubernetesCollection(client, found);
    },
  };
  const versions = await Promise.all([DASHBOARDS, FOLDERS].map(newest));
  // Grafana 10, 11, and 12.0, which has other versions of these groups.
  if (versions.includes(undefined)) {
    return {
      ...common,
      organization: namespaceOf() ?? "",
      marks: false,
      dashboards: legacyDashboards(client, minRefreshInterval ?? ""),
      folders: legacyFolders(client),
    };
  }

  const namespace = namespaceOf();
  const [dashboards, folders] = await Promise.all([DASHBOARDS, FOLDERS].map(served));
  if (namespace === undefined || !dashboards || !folders) {
    throw notGrafana(client.url, "/api/frontend/settings returns no namespace");
  }
  const marks = await keepsMarks(client, dashboards.path, owner);
  const folderCollection = kubernetesCollection(client, folders);
  return {
    namespace,
    organization: namespace,
    ...common,
    marks,
    dashboards: kubernetesCollection(client, dashboards),
    folders: marks ? folderCollection : legacyStorageFolders(client, folderCollection),
  };
}

/** Returns the newest supported version that is served; undefined if there is none. */
type Newest = (api: KubernetesApi) => Promise<string | undefined>;

function newestIn(served: z.infer<typeof ApiGroups> | undefined): Newest | undefined {
  if (served === undefined) return undefined;
  return ({ group, versions }) => {
    const there = served.groups.find(({ name }) => name === group)?.versions.map((one) => one.version) ?? [];
    return Promise.resolve(versions.find((candidate) => there.includes(candidate)));
  };
}

/**
 * Probes the API versions by listing objects. A user without a role can't `GET /apis`, even with a custom role, but can list
 * objects: the list is empty without permission, and forbidden if the version is not served.
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

/** Detects an API when it is first used. */
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
  return new NotGrafana(`${url} is not a Grafana server: ${why}`, {
    exitCode: EXIT.failure,
    hint: "Check GRAFANA_URL, including the sub-path.",
  });
}

function tooOld(version: string): GrafanaError {
  return new UnsupportedGrafana(`Grafana ${version} is not supported: the oldest supported version is ${OLDEST}`, {
    exitCode: EXIT.unsupportedGrafana,
    hint: "Upgrade Grafana. This version of grafana-provision is tested with Grafana 12.4.",
  });
}

/** Ignores pre-release suffixes: `12.4.0-pre` equals `12.4.0`. */
function olderThan(version: string, oldest: string): boolean {
  const numbers = (text: string) => text.split(/[.+-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(version), numbers(oldest)];
  const index = a.findIndex((number, position) => number !== b[position]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}
