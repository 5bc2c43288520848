import { setTimeout as sleep } from "node:timers/promises";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { GrafanaError } from "../grafana/errors.ts";
import type { KubernetesObject } from "../grafana/kubernetes.ts";

/** Milliseconds. */
export interface HeartbeatTimes {
  /** Between two signs of life. */
  readonly beat: number;
  /** Without a sign of life for so long, a run counts as dead. Several times `beat`. */
  readonly life: number;
}

export interface HeartbeatOptions {
  /** The annotation of the folder that says whose it is, in JSON. */
  readonly annotation: string;
  /** What stands in it; `beat` is added, another number each time. */
  readonly own: { readonly run: string };
  readonly times: HeartbeatTimes;
  /** Ends it. */
  readonly ended: AbortSignal;
  /** Aborted where the folder is another run's by now, or gone. */
  readonly lost: AbortController;
}

/** Shows on a folder that this run lives. Who can't do so for as long as others wait gives up by himself. */
export async function keepHeartbeat(
  grafana: GrafanaConnection,
  uid: string,
  { annotation, own, times, ended, lost }: HeartbeatOptions,
): Promise<void> {
  let last = performance.now();
  for (let count = 1; !ended.aborted; count++) {
    try {
      await sleep(times.beat, undefined, { signal: ended, ref: false });
    } catch {
      return;
    }
    const start = performance.now();
    try {
      const there = await grafana.folders.find(uid);
      if (!there || runOf(there, annotation) !== own.run) return lost.abort();
      const now = JSON.stringify({ ...own, beat: count });
      await grafana.folders.annotate?.(uid, { [annotation]: now }, there.metadata.resourceVersion);
      last = start;
    } catch (error) {
      if (!(error instanceof GrafanaError)) throw error;
      if (performance.now() - last >= times.life) return lost.abort();
    }
  }
}

function runOf({ metadata }: KubernetesObject, annotation: string): unknown {
  try {
    return (JSON.parse(metadata.annotations?.[annotation] ?? "{}") as { run?: unknown }).run;
  } catch {
    return undefined;
  }
}
