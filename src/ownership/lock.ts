import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { Conflict, Forbidden, GrafanaError } from "../grafana/errors.ts";
import type { KubernetesObject } from "../grafana/kubernetes.ts";
import { keepHeartbeat, type HeartbeatTimes } from "./heartbeat.ts";
import { hash } from "../util/json.ts";
import { LOCK } from "./annotations.ts";
import { folderScopes, missing } from "../engine/permissions.ts";
import { isGone, placeOfProcess } from "./process.ts";

// One run of a project writes at a time: the others wait for their turn, so that what is there in the end is what one of
// them asked for, and no mixture. The turn is a folder that whoever has it makes and deletes again: Grafana makes a folder
// of one uid once. It says whose turn it is, and changes every few seconds as long as that run lives.

/** Who has the turn, for those who wait. */
interface Holder {
  /** `apply` */
  readonly command: string;
  /** `maria@laptop`, with the address of a CI job where there is one. */
  readonly who: string;
}

/** Milliseconds. */
export interface LockTimes extends HeartbeatTimes {
  /** Between two looks of somebody who waits; varied by half. */
  readonly look: number;
  /** How long to wait for the turn. */
  readonly patience: number;
}

export const LOCK_TIMES: LockTimes = { beat: 10_000, life: 30_000, look: 1_000, patience: 600_000 };

/** The turn, as long as it is held. */
export interface Lock {
  /** Aborted when the turn is lost: another run took this one for dead. Nothing more may be written then. */
  readonly lost: AbortSignal;
  /** Gives it up, once, however often it is called. Never throws for what Grafana answers: a turn that stays behind runs out by itself. */
  release(): Promise<void>;
}

export interface LockOptions {
  readonly owner: string;
  readonly holder: Holder;
  readonly times?: LockTimes;
  /** Says what is waited for. */
  readonly note: (message: string) => void;
  /** Aborted: nothing is waited for any longer. */
  readonly signal?: AbortSignal;
}

const Stored = z.object({
  run: z.string(),
  command: z.string(),
  who: z.string(),
  since: z.string(),
  /** Where the process is, and its number there: whoever is in the same place sees whether it lives. */
  place: z.string(),
  pid: z.number(),
  beat: z.number(),
});

type Stored = z.infer<typeof Stored>;

/** The uid of the folder that stands for the turn of an owner. */
export function lockFolder(owner: string): string {
  return `provision-turn-${hash(owner).slice(0, 16)}`;
}

/** Why runs of these credentials can't take turns; undefined where they can. */
export function whyNoLock({ marks, permissions }: GrafanaConnection): string | undefined {
  if (!marks) return "this Grafana keeps no marks";
  const create = { action: "folders:create", scopes: folderScopes(undefined, { parentOf: () => undefined }) };
  const lacking = permissions && missing(permissions, create);
  return lacking === undefined ? undefined : `these credentials may not make a folder for that (missing: ${lacking})`;
}

/**
 * Takes the turn, waiting for whoever has it; undefined where `noLease` says why there is none.
 *
 * Throws (exit 7) where the turn did not come in time, and `Forbidden` where Grafana refuses the folder.
 */
export async function takeLock(grafana: GrafanaConnection, options: LockOptions): Promise<Lock | undefined> {
  if (whyNoLock(grafana) !== undefined) return undefined;
  const { owner, holder, times = LOCK_TIMES, note, signal } = options;
  const uid = lockFolder(owner);
  const own: Stored = {
    run: crypto.randomUUID(),
    ...holder,
    since: new Date().toISOString(),
    place: placeOfProcess(),
    pid: process.pid,
    beat: 0,
  };
  const start = performance.now();
  let seen: { readonly version: string | undefined; readonly at: number } | undefined;
  let [told, failures] = ["", 0];
  for (;;) {
    const there = await look(grafana, uid);
    const mine = there ? "taken" : await made(grafana, uid, owner, own);
    if (mine === "mine") return held(grafana, uid, own, times);
    if (mine instanceof GrafanaError && ++failures >= FAILURES) throw mine;
    if (there && "metadata" in there) {
      const other = storedIn(there);
      const { resourceVersion } = there.metadata;
      if (seen?.version !== resourceVersion) seen = { version: resourceVersion, at: performance.now() };
      const dead = !other || isGone(other) || performance.now() - seen.at >= times.life;
      if (dead && (await takenOver(grafana, uid, own, resourceVersion))) return held(grafana, uid, own, times);
      if (!dead && told !== other.run) note(`Waiting for another run of this project: ${inWords(other)}.`);
      if (other) told = other.run;
    }
    if (performance.now() - start >= times.patience) throw notInTime(there, times);
    await sleep(times.look * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  }
}

/** Forbidden: somebody has it whom these credentials may not see. */
async function look(grafana: GrafanaConnection, uid: string): Promise<KubernetesObject | { hidden: true } | undefined> {
  try {
    return await grafana.folders.find(uid);
  } catch (error) {
    if (error instanceof Forbidden) return { hidden: true };
    throw error;
  }
}

/** How often the folder is asked for before Grafana's failure is the run's. */
const FAILURES = 5;

/** `taken`: another one was there first. An error: nothing came of it. */
async function made(
  grafana: GrafanaConnection,
  uid: string,
  owner: string,
  own: Stored,
): Promise<"mine" | "taken" | GrafanaError> {
  const annotations = { [LOCK]: JSON.stringify(own), "grafana.app/grant-permissions": "default" };
  const title = `grafana-provision (${owner}) is at work`;
  const description = "Here while a run writes, so that others wait. It goes by itself.";
  try {
    await grafana.folders.create({ metadata: { name: uid, annotations }, spec: { title, description } });
    return "mine";
  } catch (error) {
    if (!(error instanceof GrafanaError) || !(error instanceof Conflict || error.outcomeUnknown)) throw error;
    // Whose it is tells whether an answer was lost on its way.
    const there = await look(grafana, uid);
    if (there && "metadata" in there && storedIn(there)?.run === own.run) return "mine";
    return there || error instanceof Conflict ? "taken" : error;
  }
}

/** Takes the place of a run that is no more: exactly what was seen is replaced. */
async function takenOver(grafana: GrafanaConnection, uid: string, own: Stored, version: string): Promise<boolean> {
  try {
    await grafana.folders.annotate?.(uid, { [LOCK]: JSON.stringify(own) }, version);
    return true;
  } catch (error) {
    if (!(error instanceof GrafanaError) || error instanceof Forbidden) throw error;
    const there = await look(grafana, uid);
    return there !== undefined && "metadata" in there && storedIn(there)?.run === own.run;
  }
}

function held(grafana: GrafanaConnection, uid: string, own: Stored, times: LockTimes): Lock {
  const lost = new AbortController();
  const ended = new AbortController();
  const beating = keepHeartbeat(grafana, uid, { annotation: LOCK, own, times, ended: ended.signal, lost });
  const give = async (): Promise<void> => {
    ended.abort();
    await beating;
    try {
      const there = await grafana.folders.find(uid);
      if (there && storedIn(there)?.run === own.run) await grafana.folders.remove(there);
    } catch (error) {
      if (!(error instanceof GrafanaError)) throw error;
    }
  };
  let given: Promise<void> | undefined;
  return {
    lost: lost.signal,
    release: () => (given ??= give()),
  };
}

function storedIn(folder: KubernetesObject): Stored | undefined {
  try {
    return Stored.safeParse(JSON.parse(folder.metadata.annotations?.[LOCK] ?? "")).data;
  } catch {
    return undefined;
  }
}

function inWords({ command, who, since }: Stored): string {
  return `${command} of ${who}, since ${since}`;
}

function notInTime(there: Awaited<ReturnType<typeof look>>, { patience, life }: LockTimes): ProvisionError {
  const other = there && "metadata" in there ? storedIn(there) : undefined;
  const whose = other ? inWords(other) : "these credentials may not see whose";
  return new ProvisionError(
    `Another run of this project was still at work after ${patience / 1000} seconds (${whose}); nothing was changed`,
    {
      exitCode: EXIT.conflict,
      hint: `Run the command again once it is done, or wait longer with --lock-timeout. A run that was killed counts for ${life / 1000} seconds.`,
    },
  );
}
