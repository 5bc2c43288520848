import { setTimeout as sleep } from "node:timers/promises";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { GrafanaError } from "../grafana/errors.ts";
import type { KubernetesObject } from "../grafana/kubernetes-object.ts";

/** Milliseconds. */
export interface HeartbeatTimes {
  /** Between two heartbeats. */
  readonly heartbeatInterval: number;
  /** Other runs take over from a holder that has sent no heartbeat for this long. Several times `heartbeatInterval`. */
  readonly ttl: number;
}

export interface HeartbeatOptions {
  /** The annotation of the folder that names its holder, in JSON. */
  readonly annotation: string;
  /** The value of the annotation. Each heartbeat adds its number. */
  readonly holder: { readonly run: string };
  readonly times: HeartbeatTimes;
}

/** The heartbeat of this run on a folder. */
export interface Heartbeat {
  /** Aborted when another run has taken over, or when no heartbeat succeeded for the ttl. Nothing may be written after that. */
  readonly lost: AbortSignal;
  /**
   * Call this before each write. It returns at once after a recent heartbeat, when no other run can have taken over.
   * Otherwise, for example after this machine was suspended, it sends one first. Never throws Grafana's errors: check `lost`.
   */
  confirm(): Promise<void>;
  /** Ends the heartbeat after the request in flight. */
  stop(): Promise<void>;
}

export function startHeartbeat(
  grafana: GrafanaConnection,
  uid: string,
  { annotation, holder, times }: HeartbeatOptions,
): Heartbeat {
  const { heartbeatInterval, ttl } = times;
  const [lost, stopped] = [new AbortController(), new AbortController()];
  let last = performance.now();
  let count = 0;
  let inFlight: Promise<void> | undefined;

  const send = async (): Promise<void> => {
    try {
      const folder = await grafana.folders.find(uid);
      if (!folder || runOf(folder, annotation) !== holder.run) return lost.abort();
      const start = performance.now();
      const value = JSON.stringify({ ...holder, beat: ++count });
      await grafana.folders.annotate?.(uid, { [annotation]: value }, folder.metadata.resourceVersion);
      last = start;
    } catch (error) {
      if (!(error instanceof GrafanaError)) throw error;
      if (performance.now() - last >= ttl) lost.abort();
    }
  };
  const sendOnce = () => (inFlight ??= send().finally(() => (inFlight = undefined)));
  // Requests that were sent before have one interval left to arrive.
  const isRecent = () => performance.now() - last < ttl - heartbeatInterval;
  const isDecided = () => isRecent() || lost.signal.aborted;

  const sendRegularly = async (): Promise<void> => {
    while (!lost.signal.aborted) {
      try {
        await sleep(heartbeatInterval, undefined, { signal: stopped.signal, ref: false });
      } catch {
        return;
      }
      await sendOnce();
    }
  };
  const running = sendRegularly();

  return {
    lost: lost.signal,
    async confirm() {
      while (!isDecided()) {
        await sendOnce();
        if (!isDecided()) await sleep(heartbeatInterval / 10);
      }
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

/**
 * Watches the heartbeat of another run. Call the result at each poll with the version of the folder: it returns whether the
 * ttl has passed without a heartbeat. A late poll restarts the count, because what delayed this run may have delayed the holder.
 */
export function watchHeartbeat({
  heartbeatInterval,
  ttl,
}: HeartbeatTimes): (version: string | undefined, now?: number) => boolean {
  let seen: { readonly version: string | undefined; readonly since: number; readonly last: number } | undefined;
  return (version, now = performance.now()) => {
    const isSame = seen !== undefined && seen.version === version && now - seen.last <= heartbeatInterval;
    const since = isSame && seen ? seen.since : now;
    seen = { version, since, last: now };
    return now - since >= ttl;
  };
}

function runOf({ metadata }: KubernetesObject, annotation: string): unknown {
  try {
    return (JSON.parse(metadata.annotations?.[annotation] ?? "{}") as { run?: unknown }).run;
  } catch {
    return undefined;
  }
}
