import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { startHeartbeat, watchHeartbeat, type HeartbeatTimes } from "../../ownership/heartbeat.ts";
import { hash, type JsonObject } from "../../util/json.ts";
import { folderOf, REVIEW } from "../../ownership/annotations.ts";
import { processState, thisProcess } from "../../ownership/process.ts";
import { LOCK_TIMES } from "../../ownership/lock.ts";
import { ask } from "../../grafana/ask.ts";
import type { GrafanaConnection } from "../../grafana/connection.ts";
import { Conflict, Forbidden, GrafanaError, Rejected, unlessNotFound } from "../../grafana/errors.ts";
import { FOLDER } from "../../grafana/kubernetes.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";

// Screenshots, checks and conversions use dashboards in a folder that belongs to one run, which keeps a heartbeat on it. Only objects with the
// run's mark, which contains the object's own name, are deleted again.

/** Written to the folder and to all objects that the tool creates in it. */
const Mark = z.object({ uid: z.string(), owner: z.string(), run: z.string() });
const FolderMark = Mark.extend({
  who: z.string(),
  since: z.string(),
  place: z.string(),
  pid: z.number(),
  started: z.string().exactOptional(),
  /** Whether the run also creates a rule group in the folder. */
  rules: z.boolean().exactOptional(),
});

type Mark = z.infer<typeof Mark>;
type FolderMark = z.infer<typeof FolderMark>;

export interface TemporaryFolder {
  readonly uid: string;
  /** Aborted if another run removed this folder because the heartbeat stopped. */
  readonly lost: AbortSignal;
  /** The name of a dashboard that the caller creates in the folder, and the annotations that each write must contain. */
  reserve(): { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  /** Creates a dashboard in the folder and returns its uid. */
  put(spec: JsonObject): Promise<string>;
  /** Deletes the folder and its dashboards. Returns notes about what could not be deleted; does not throw Grafana's errors. */
  remove(): Promise<string[]>;
}

export interface FolderOptions {
  readonly owner: string;
  /** `maria@laptop` */
  readonly who: string;
  readonly times?: HeartbeatTimes;
  /** Default: screenshots. */
  readonly purpose?: Purpose;
}

/** What a temporary folder is for. */
export interface Purpose {
  /** `screenshots for a review` */
  readonly title: string;
  /** The command that creates it. */
  readonly command: string;
  /** The rule group that the command creates in it. */
  readonly ruleGroup?: true;
}

/** The name of the rule group in a temporary folder. */
export const RULE_GROUP = "grafana-provision";

const SCREENSHOTS: Purpose = { title: "screenshots for a review", command: "review --screenshots" };

/**
 * A manager other than any project, so that no plan includes the copies. Only their creator can edit them, and Grafana
 * does not keep managed dashboards in its unlimited list of deleted dashboards.
 */
const MANAGER = { "grafana.app/managedBy": "kubectl", "grafana.app/managerId": "grafana-provision-review" };

/** Creates the folder. Throws `Forbidden` if the credentials lack the permission. */
export async function makeTemporaryFolder(
  grafana: GrafanaConnection,
  { owner, who, times = LOCK_TIMES, purpose = SCREENSHOTS }: FolderOptions,
): Promise<TemporaryFolder> {
  const run = crypto.randomUUID();
  const uid = `review-${hash([owner, run]).slice(0, 16)}`;
  const since = new Date().toISOString();
  const rules = purpose.ruleGroup ? { rules: true } : {};
  const own: FolderMark = { uid, owner, run, who, since, ...thisProcess(), ...rules };
  const annotations = { [REVIEW]: JSON.stringify(own) };
  const title = `grafana-provision (${owner}): ${purpose.title}`;
  const description = `Exists while \`${purpose.command}\` runs, and is deleted afterwards.`;
  try {
    await grafana.folders.create({ metadata: { name: uid, annotations }, spec: { title, description } });
    await restrictAccess(grafana, uid);
  } catch (error) {
    // The folder may exist despite the error.
    await removed(grafana, own);
    throw error;
  }
  const heartbeat = startHeartbeat(grafana, uid, { annotation: REVIEW, holder: own, times });
  const writes = new Set<Promise<unknown>>();
  let count = 0;
  const reserve = () => {
    const name = `${uid}-${++count}`;
    const mark: Mark = { uid: name, owner, run };
    return { name, annotations: { [FOLDER]: uid, ...MANAGER, [REVIEW]: JSON.stringify(mark) } };
  };
  return {
    uid,
    lost: heartbeat.lost,
    reserve,
    async put(spec) {
      const metadata = reserve();
      const write = grafana.dashboards.create({ metadata, spec });
      writes.add(write);
      await write;
      return metadata.name;
    },
    async remove() {
      // A write in flight would create a dashboard in a deleted folder.
      await Promise.allSettled(writes);
      await heartbeat.stop();
      return removed(grafana, own);
    },
  };
}

/** Restricts the folder to its creator and administrators: its dashboards may be copies of restricted ones. */
async function restrictAccess({ client }: GrafanaConnection, uid: string): Promise<void> {
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

/** The temporary folder of another run. */
interface Leftover {
  readonly mark: FolderMark;
  readonly version: string;
}

/** Finds the folders of other runs of this owner, whether or not those runs have ended. */
export async function findLeftovers(grafana: GrafanaConnection, owner: string): Promise<Leftover[]> {
  const folders = await grafana.folders.list({ metadataOnly: true });
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

/** Allows for a write in flight when its run was killed, and for a user who saves during the deletion. */
const MAX_ATTEMPTS = 3;

/** Deletes the dashboards of a run, and its folder if it is then empty. */
async function removed(
  grafana: GrafanaConnection,
  { uid, run, rules }: Mark & Pick<FolderMark, "rules">,
): Promise<string[]> {
  const stays = (why: string) => `The temporary folder ${uid} was not deleted: ${why}.`;
  try {
    for (let round = 1; ; round++) {
      const inside = await dashboardsIn(grafana, uid);
      const others = inside.filter((one) => markOf(one)?.run !== run).map(({ metadata }) => metadata.name);
      try {
        const ours = inside.filter((one) => markOf(one)?.run === run);
        await Promise.all(ours.map((one) => grafana.dashboards.remove(one)));
        if (others.length > 0)
          return [stays(`it contains dashboards that this tool did not create (${others.join(", ")})`)];
        const folder = await grafana.folders.find(uid);
        if (!folder || markOf(folder)?.run !== run) return [];
        if (rules) await removeRules(grafana, uid);
        await grafana.folders.remove(folder);
        return [];
      } catch (error) {
        if (round === MAX_ATTEMPTS || !(error instanceof Conflict || error instanceof Rejected)) throw error;
      }
    }
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    return [stays(`${error.message}. The next \`review --screenshots\`, \`doctor\` or \`upgrade\` deletes it`)];
  }
}

/** Without the permission to write rules, there are none. */
async function removeRules({ client }: GrafanaConnection, uid: string): Promise<void> {
  const path = `/api/v1/provisioning/folder/${uid}/rule-groups/${RULE_GROUP}`;
  const deleted = client.send({ method: "DELETE", path, repeatable: true });
  await unlessNotFound(deleted).catch((error: unknown) => {
    if (!(error instanceof Forbidden)) throw error;
  });
}

/** The number of names per read. Higher than the number of concurrent writes, which can leave gaps in the numbering. */
const BATCH = 8;

/**
 * Finds the dashboards in a folder. For some seconds, lists omit objects that the credentials were only just permitted to
 * see, so the tool's own dashboards are also read by name.
 */
async function dashboardsIn(grafana: GrafanaConnection, uid: string): Promise<KubernetesObject[]> {
  const all = await grafana.dashboards.list({ metadataOnly: true });
  const found = new Map(all.filter((one) => folderOf(one) === uid).map((one) => [one.metadata.name, one]));
  for (let count = 1; ; count += BATCH) {
    const names = Array.from({ length: BATCH }, (_, index) => `${uid}-${count + index}`);
    const read = await grafana.dashboards.read(names.filter((name) => !found.has(name)));
    for (const one of read) if (folderOf(one) === uid) found.set(one.metadata.name, one);
    if (!names.some((name) => found.has(name))) return [...found.values()];
  }
}

/** The mark of an object that the tool created; undefined for a copy, which has another name. */
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
