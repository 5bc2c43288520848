import { z } from "zod";
import { EXIT } from "../errors.ts";
import type { Client } from "./client.ts";
import type { Collection } from "./collection.ts";
import {
  type GrafanaError,
  NotFound,
  NotGrafana,
  Unavailable,
  UnsupportedGrafana,
  NotAuthenticated,
} from "./errors.ts";
import { kubernetesCollection, type ServedApi } from "./kubernetes.ts";

/** A Grafana that was asked what it is and serves. */
export interface GrafanaConnection {
  readonly client: Client;
  /** `12.4.0` */
  readonly version: string;
  /** The Kubernetes-style namespace of the organisation: `default`, `org-2`, `stacks-123`. */
  readonly namespace: string;
  readonly dashboards: Collection;
  readonly folders: Collection;
  /** What these credentials may do: scopes by action. Undefined where Grafana doesn't say. */
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
  /** Lines for the person who runs the tool, such as "Grafana 13.1.0 was never tested". */
  readonly notes: readonly string[];
}

/** Versions that the tool knows, newest first. Grafana 13 adds `v1`, with the content of `v1beta1`. */
const KNOWN = { dashboards: ["v1", "v1beta1"], folders: ["v1", "v1beta1"] } as const;
/** Unknown properties of panels are the plugins' business: strict validation refuses a quarter of all public dashboards. */
const LENIENT = "fieldValidation=Ignore";
const OLDEST = "12.0.0";
const TESTED = /^12\.4\./;

const Health = z.looseObject({ version: z.string() });
const Settings = z.looseObject({ namespace: z.string() });
const Groups = z.looseObject({
  groups: z.array(z.looseObject({ name: z.string(), versions: z.array(z.looseObject({ version: z.string() })) })),
});
const Permissions = z.record(z.string(), z.array(z.string()));

/**
 * Finds out what Grafana this is: two requests, two more, then one that tells where it stores dashboards. `owner` is the
 * label that the last one asks for.
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
  const namespace = Settings.safeParse(valueOf(settings)).data?.namespace;
  if (namespace === undefined) throw notGrafana(client.url, "/api/frontend/settings has no namespace");

  const served = Groups.safeParse(valueOf(groups)).data?.groups;
  if (served === undefined) throw notGrafana(client.url, "/apis lists no groups");
  const api = (group: string, kind: string, resource: "dashboards" | "folders"): ServedApi => {
    const versions = served.find(({ name }) => name === group)?.versions.map(({ version }) => version) ?? [];
    const known = KNOWN[resource].find((candidate) => versions.includes(candidate));
    if (!known) throw unserved(version, group, versions);
    const path = `/apis/${group}/${known}/namespaces/${namespace}/${resource}`;
    return { apiVersion: `${group}/${known}`, path, kind };
  };
  const dashboards = api("dashboard.grafana.app", "Dashboard", "dashboards");
  const folders = api("folder.grafana.app", "Folder", "folders");
  await mustKeepMarkers(client, dashboards, version, owner);
  return {
    client,
    version,
    namespace,
    ...(allowed ? { permissions: allowed } : {}),
    dashboards: kubernetesCollection(client, { ...dashboards, writeQuery: LENIENT }),
    folders: kubernetesCollection(client, folders),
    notes: TESTED.test(version) ? [] : [`Grafana ${version} was never tested with this version of grafana-provision.`],
  };
}

/**
 * Legacy storage answers 500 to any label selector, and drops annotations: no mark of ownership would stay, and deleting
 * a folder would delete what it holds.
 */
async function mustKeepMarkers(client: Client, { path }: ServedApi, version: string, owner: string): Promise<void> {
  const selector = encodeURIComponent(`grafana-provision/owner=${owner}`);
  try {
    await client.send({ method: "GET", path: `${path}?limit=1&labelSelector=${selector}` });
  } catch (error) {
    if (!(error instanceof Unavailable) || !error.message.includes("labels not yet supported")) throw error;
    throw new UnsupportedGrafana(
      `This Grafana ${version} keeps its dashboards in legacy storage, which holds no marks of ownership`,
      {
        exitCode: EXIT.unsupportedGrafana,
        hint: "Let Grafana migrate to unified storage (docs: unified_storage in its configuration), then run the command again.",
      },
    );
  }
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

function unserved(version: string, group: string, versions: readonly string[]): GrafanaError {
  const offered = versions.length > 0 ? `only ${versions.join(", ")}` : "nothing";
  return new UnsupportedGrafana(`This Grafana ${version} serves ${offered} of ${group}; v1 or v1beta1 is needed`, {
    exitCode: EXIT.unsupportedGrafana,
    hint: "Upgrade Grafana to 12.4 or later, or use a version of grafana-provision that knows what it serves.",
  });
}

/** Compares the numbers alone: `12.4.0-pre` is `12.4.0`. */
function olderThan(version: string, oldest: string): boolean {
  const numbers = (text: string) => text.split(/[.+-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(version), numbers(oldest)];
  const index = a.findIndex((number, position) => number !== b[position]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}
