import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { Conflict, Forbidden, GrafanaError } from "../grafana/errors.ts";
import type { KubernetesObject } from "../grafana/kubernetes-object.ts";
import { startHeartbeat, watchHeartbeat, type Heartbeat, type HeartbeatTimes } from "./heartbeat.ts";
import { hash } from "../util/json.ts";
import { LOCK } from "./annotations.ts";
import { missing } from "../engine/permissions.ts";
import { folderScopes } from "../grafana/folder-scopes.ts";
import { processState, thisProcess } from "./process.ts";

// Only one run of a project writes at a time, so that the result is a state that one run planned. The lock is a folder that
// its holder creates and deletes: Grafana creates a folder with a given uid only once. An annotation names the holder, and
// each heartbeat changes it.

/** The run that holds a lock, as waiting runs show it. */
interface Holder {
  /** `apply` */
  readonly command: string;
  /** `maria@laptop`, with the URL of a CI job if there is one. */
  readonly who: string;
}

/** Milliseconds. */
export interface LockTimes extends HeartbeatTimes {
  /** Between two polls of a waiting run, with a random variation of 50 %. */
  readonly pollInterval: number;
  /** How long to wait for the lock. */
  readonly timeout: number;
}

export const LOCK_TIMES: LockTimes = { heartbeatInterval: 10_000, ttl: 30_000, pollInterval: 1_000, timeout: 600_000 };

/** A lock that this run holds. */
export interface Lock extends Pick<Heartbeat, "lost" | "confirm"> {
  /** Can be called again. Never throws for Grafana's errors: a lock that is not released expires. */
  release(): Promise<void>;
}

export interface LockOptions {
  readonly owner: string;
  readonly holder: Holder;
  readonly times?: LockTimes;
  /** Called with the holder of the lock before waiting. */
  readonly note: (message: string) => void;
  /** Aborted: stop waiting. */
  readonly signal?: AbortSignal;
}

/** The annotation of the lock's folder. Do not rename its keys: other versions of the tool read it at the same time. */
const StoredLock = z.object({
  run: z.string(),
  command: z.string(),
  who: z.string(),
  since: z.string(),
  place: z.string(),
  pid: z.number(),
  started: z.string().exactOptional(),
  /** The number of the heartbeat. */
  beat: z.number(),
});

type StoredLock = z.infer<typeof StoredLock>;

/** The uid of the folder that is the lock of an owner. The prefix is fixed, because other versions use it. */
export function lockFolder(owner: string): string {
  return `provision-turn-${hash(owner).slice(0, 16)}`;
}

/** Why these credentials or this Grafana can't lock; undefined if they can. */
export function whyNoLock({ marks, permissions }: GrafanaConnection): string | undefined {
  if (!marks) return "this Grafana stores no annotations";
  const create = { action: "folders:create", scopes: folderScopes(undefined, { parentOf: () => undefined }) };
  const lacking = permissions && missing(permissions, create);
  return lacking === undefined
    ? undefined
    : `the credentials lack the permission to create its folder (missing: ${lacking})`;
}

/**
 * Waits for the lock of an owner and acquires it; undefined if `whyNoLock` says why there is none.
 *
 * Throws (exit 7) after the timeout, and `Forbidden` if Grafana refuses to create the folder.
 */
export async function waitForLock(grafana: GrafanaConnection, options: LockOptions): Promise<Lock | undefined> {
  if (whyNoLock(grafana) !== undefined) return undefined;
  const { owner, holder, times = LOCK_TIMES, note, signal } = options;
  const uid = lockFolder(owner);
  const own: StoredLock = {
    run: crypto.randomUUID(),
    ...holder,
    since: new Date().toISOString(),
    ...thisProcess(),
    beat: 0,
  };
  const start = performance.now();
  const isExpired = watchHeartbeat(times);
  let [noted, failures] = ["", 0];
  for (;;) {
    const found = await findLock(grafana, uid);
    const created = found ? "held" : await createLock(grafana, uid, owner, own);
    if (created === "acquired") return hold(grafana, uid, own, times);
    if (created instanceof GrafanaError && ++failures >= MAX_FAILURES) throw created;
    if (found && "metadata" in found) {
      const other = lockIn(found);
      const { resourceVersion } = found.metadata;
      const expired = isExpired(resourceVersion);
      const state = other ? processState(other) : "ended";
      const abandoned = state === "ended" || (state === "unknown" && expired);
      if (abandoned && (await takeOver(grafana, uid, own, resourceVersion))) return hold(grafana, uid, own, times);
      if (other && !abandoned && noted !== other.run) {
        note(`Waiting for the lock of project ${owner}: ${describeHolder(other)}.`);
        noted = other.run;
      }
    }
    if (performance.now() - start >= times.timeout) throw timedOut(owner, found, times);
    await sleep(times.pollInterval * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  }
}

/** `hidden`: another run created the folder, but the credentials can't see it. */
async function findLock(
  grafana: GrafanaConnection,
  uid: string,
): Promise<KubernetesObject | { hidden: true } | undefined> {
  try {
    return await grafana.folders.find(uid);
  } catch (error) {
    if (error instanceof Forbidden) return { hidden: true };
    throw error;
  }
}

/** How often creating the folder may fail before the run fails. */
const MAX_FAILURES = 5;

/** `held`: another run created the folder first. An error: the folder was not created. */
async function createLock(
  grafana: GrafanaConnection,
  uid: string,
  owner: string,
  own: StoredLock,
): Promise<"acquired" | "held" | GrafanaError> {
  const annotations = { [LOCK]: JSON.stringify(own) };
  const title = `grafana-provision lock (${owner})`;
  const description = "Exists while a run of this project writes. The run deletes it when it ends.";
  try {
    await grafana.folders.create({ metadata: { name: uid, annotations }, spec: { title, description } });
    return "acquired";
  } catch (error) {
    if (!(error instanceof GrafanaError) || !(error instanceof Conflict || error.outcomeUnknown)) throw error;
    // The response may have been lost after the folder was created.
    const found = await findLock(grafana, uid);
    if (holds(own, found)) return "acquired";
    return found || error instanceof Conflict ? "held" : error;
  }
}

/** Takes the lock of a run that has ended; false if the folder has changed since it was read. */
async function takeOver(grafana: GrafanaConnection, uid: string, own: StoredLock, version: string): Promise<boolean> {
  try {
    await grafana.folders.annotate?.(uid, { [LOCK]: JSON.stringify(own) }, version);
    return true;
  } catch (error) {
    if (!(error instanceof GrafanaError) || error instanceof Forbidden) throw error;
    return holds(own, await findLock(grafana, uid));
  }
}

function hold(grafana: GrafanaConnection, uid: string, own: StoredLock, times: LockTimes): Lock {
  const heartbeat = startHeartbeat(grafana, uid, { annotation: LOCK, holder: own, times });
  const release = async (): Promise<void> => {
    await heartbeat.stop();
    try {
      const found = await grafana.folders.find(uid);
      if (found && holds(own, found)) await grafana.folders.remove(found);
    } catch (error) {
      if (!(error instanceof GrafanaError)) throw error;
    }
  };
  let released: Promise<void> | undefined;
  return {
    lost: heartbeat.lost,
    confirm: () => heartbeat.confirm(),
    release: () => (released ??= release()),
  };
}

function holds(own: StoredLock, found: Awaited<ReturnType<typeof findLock>>): boolean {
  return found !== undefined && "metadata" in found && lockIn(found)?.run === own.run;
}

function lockIn(folder: KubernetesObject): StoredLock | undefined {
  try {
    return StoredLock.safeParse(JSON.parse(folder.metadata.annotations?.[LOCK] ?? "")).data;
  } catch {
    return undefined;
  }
}

function describeHolder({ command, who, since }: StoredLock): string {
  return `${command} by ${who}, since ${since}`;
}

function timedOut(
  owner: string,
  found: Awaited<ReturnType<typeof findLock>>,
  { timeout, ttl }: LockTimes,
): ProvisionError {
  const other = found && "metadata" in found ? lockIn(found) : undefined;
  const holder = other ? describeHolder(other) : "a run that the credentials can't see";
  return new ProvisionError(
    `Timed out after ${timeout / 1000} s waiting for the lock of project ${owner}, which is held by ${holder}. Nothing was changed.`,
    {
      code: "lock-timeout",
      exitCode: EXIT.conflict,
      hint: `Run the command again when that run has ended, or increase --lock-timeout. The lock of a killed run expires after ${ttl / 1000} s.`,
    },
  );
}
