import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { startHeartbeat, watchHeartbeat, type HeartbeatTimes } from "../../ownership/heartbeat.ts";
import { hash, type JsonObject } from "../../util/json.ts";
import { folderOf, REVIEW } from "../../ownership/annotations.ts";
import { processState, thisProcess } from "../../ownership/process.ts";
import { LOCK_TIMES } from "../../ownership/lock.ts";
import { ask } from "../../grafana/ask.ts";
import type { GrafanaConnection } from "../../grafana/connection.ts";
import { Conflict, GrafanaError, Rejected } from "../../grafana/errors.ts";
import { FOLDER } from "../../grafana/kubernetes.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";

// What pictures are taken of stands in a folder of one run, which says on itself whose it is and that its run lives. What
// is deleted again carries the run's mark and its own name in it: nothing else is, wherever it stands.

/** On the folder and on everything that the tool puts into it. */
const Mark = z.object({ uid: z.string(), owner: z.string(), run: z.string() });
const FolderMark = Mark.extend({
  who: z.string(),
  since: z.string(),
  place: z.string(),
  pid: z.number(),
  started: z.string().exactOptional(),
});

type Mark = z.infer<typeof Mark>;
type FolderMark = z.infer<typeof FolderMark>;

export interface TemporaryFolder {
  readonly uid: string;
  /** Aborted when another run took this one for dead. */
  readonly lost: AbortSignal;
  /** Puts a dashboard there, and returns its uid. */
  put(spec: JsonObject): Promise<string>;
  /** Deletes it with what was put there. Returns what has to be told: why something stayed. Never throws for Grafana's answers. */
  remove(): Promise<string[]>;
}

export interface FolderOptions {
  readonly owner: string;
  /** `maria@laptop` */
  readonly who: string;
  readonly times?: HeartbeatTimes;
}

/**
 * Managed by the tool and by no project. No plan of any project sees it, its author alone may edit it, and Grafana's list
 * of deleted dashboards, which has no end, leaves out what is managed.
 */
const MANAGER = { "grafana.app/managedBy": "kubectl", "grafana.app/managerId": "grafana-provision-review" };

/** Makes the folder. Throws `Forbidden` where these credentials may not. */
export async function makeTemporaryFolder(
  grafana: GrafanaConnection,
  { owner, who, times = LOCK_TIMES }: FolderOptions,
): Promise<TemporaryFolder> {
  const run = crypto.randomUUID();
  const uid = `review-${hash([owner, run]).slice(0, 16)}`;
  const since = new Date().toISOString();
  const own: FolderMark = { uid, owner, run, who, since, ...thisProcess() };
  const annotations = { [REVIEW]: JSON.stringify(own) };
  const title = `grafana-provision (${owner}) takes pictures for a review`;
  const description = "Here while `review --screenshots` runs. It goes by itself.";
  try {
    await grafana.folders.create({ metadata: { name: uid, annotations }, spec: { title, description } });
    await closeToOthers(grafana, uid);
  } catch (error) {
    // It may be there, whatever was answered.
    await removed(grafana, own);
    throw error;
  }
  const heartbeat = startHeartbeat(grafana, uid, { annotation: REVIEW, holder: own, times });
  const writes = new Set<Promise<unknown>>();
  let count = 0;
  return {
    uid,
    lost: heartbeat.lost,
    async put(spec) {
      const name = `${uid}-${++count}`;
      const mark: Mark = { uid: name, owner, run };
      const metadata = { name, annotations: { [FOLDER]: uid, ...MANAGER, [REVIEW]: JSON.stringify(mark) } };
      const write = grafana.dashboards.create({ metadata, spec });
      writes.add(write);
      await write;
      return name;
    },
    async remove() {
      // What is on its way would arrive in a folder that is gone.
      await Promise.allSettled(writes);
      await heartbeat.stop();
      return removed(grafana, own);
    },
  };
}

/** Dashboards that few may see are copied here: nobody sees the copies but whoever made them, and administrators. */
async function closeToOthers({ client }: GrafanaConnection, uid: string): Promise<void> {
  const path = `/api/folders/${uid}/permissions`;
  const all = await ask(client, { method: "GET", path }, Permissions);
  const items = all
    .filter(({ userId, inherited }) => userId !== undefined && userId > 0 && inherited !== true)
    .map(({ userId, permission }) => ({ userId, permission }));
  await client.send({ method: "POST", path, body: { items }, repeatable: true });
}

const Permissions = z.array(
  z.looseObject({ userId: z.number().optional(), permission: z.number(), inherited: z.boolean().optional() }),
);

/** A folder of a run, as it was seen. */
interface Leftover {
  readonly mark: FolderMark;
  readonly version: string;
}

/** Folders of other runs of this owner that are there now, whether those runs live or not. */
export async function findLeftovers(grafana: GrafanaConnection, owner: string): Promise<Leftover[]> {
  const folders = await grafana.folders.list({ metadataAlone: true });
  return folders.flatMap((folder) => {
    const mark = folderMarkOf(folder);
    return mark?.owner === owner ? [{ mark, version: folder.metadata.resourceVersion }] : [];
  });
}

/**
 * Deletes the folders of runs that were killed: at once if their process was one of this machine, otherwise after the ttl
 * without a heartbeat. Returns notes for the user.
 */
export async function removeLeftovers(
  grafana: GrafanaConnection,
  leftovers: readonly Leftover[],
  { times = LOCK_TIMES, pollInterval = 1_000 }: { readonly times?: HeartbeatTimes; readonly pollInterval?: number },
  signal: AbortSignal,
): Promise<string[]> {
  const isKilled = async ({ mark, version }: Leftover): Promise<boolean> => {
    if (processState(mark) === "ended") return true;
    const isExpired = watchHeartbeat(times);
    while (!isExpired(version)) {
      await sleep(pollInterval, undefined, { signal });
      const now = await grafana.folders.find(mark.uid);
      if (now?.metadata.resourceVersion !== version) return false;
    }
    return true;
  };
  const notes = await Promise.all(
    leftovers.map(async (one) => ((await isKilled(one)) ? removed(grafana, one.mark) : [])),
  );
  return notes.flat();
}

/** Often enough for a write that was on its way when its run was killed, and for somebody who saves in between. */
const ROUNDS = 3;

/** Deletes a run's dashboards, and then its folder if nothing else is in it. */
async function removed(grafana: GrafanaConnection, { uid, run }: Mark): Promise<string[]> {
  const stays = (why: string) => `The temporary folder ${uid} is still there: ${why}.`;
  try {
    for (let round = 1; ; round++) {
      const inside = await dashboardsIn(grafana, uid);
      const others = inside.filter((one) => markOf(one)?.run !== run).map(({ metadata }) => metadata.name);
      try {
        const ours = inside.filter((one) => markOf(one)?.run === run);
        await Promise.all(ours.map((one) => grafana.dashboards.remove(one)));
        if (others.length > 0) return [stays(`it holds what was not put there by this tool (${others.join(", ")})`)];
        const folder = await grafana.folders.find(uid);
        if (!folder || markOf(folder)?.run !== run) return [];
        await grafana.folders.remove(folder);
        return [];
      } catch (error) {
        if (round === ROUNDS || !(error instanceof Conflict || error instanceof Rejected)) throw error;
      }
    }
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    return [stays(`${error.message}. The next \`review --screenshots\` deletes it`)];
  }
}

/** Names that are asked for at once: more than writes that run at the same time, which may leave gaps. */
const BATCH = 8;

/**
 * A list leaves out for some seconds what these credentials were only just allowed to see: where they have rights on their
 * own folder alone, what the tool put there is asked for by its name as well.
 */
async function dashboardsIn(grafana: GrafanaConnection, uid: string): Promise<KubernetesObject[]> {
  const all = await grafana.dashboards.list({ metadataAlone: true });
  const found = new Map(all.filter((one) => folderOf(one) === uid).map((one) => [one.metadata.name, one]));
  for (let count = 1; ; count += BATCH) {
    const names = Array.from({ length: BATCH }, (_, index) => `${uid}-${count + index}`);
    const read = await grafana.dashboards.read(names.filter((name) => !found.has(name)));
    for (const one of read) if (folderOf(one) === uid) found.set(one.metadata.name, one);
    if (!names.some((name) => found.has(name))) return [...found.values()];
  }
}

/** What the tool put there; a copy that somebody made of it has another name. */
function markOf(object: KubernetesObject): Mark | undefined {
  return parsed(object, Mark);
}

function folderMarkOf(object: KubernetesObject): FolderMark | undefined {
  return parsed(object, FolderMark);
}

function parsed<Shape extends typeof Mark>({ metadata }: KubernetesObject, shape: Shape): z.infer<Shape> | undefined {
  const text = metadata.annotations?.[REVIEW];
  if (text === undefined) return undefined;
  try {
    const { data } = shape.safeParse(JSON.parse(text));
    return data?.uid === metadata.name ? data : undefined;
  } catch {
    return undefined;
  }
}
