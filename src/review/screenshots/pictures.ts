import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import type { HeartbeatTimes } from "../../ownership/heartbeat.ts";
import type { ClientOptions } from "../../grafana/client.ts";
import type { GrafanaConnection } from "../../grafana/connection.ts";
import { Forbidden, GrafanaError } from "../../grafana/errors.ts";
import type { Emit } from "../../engine/events.ts";
import type { Kinds } from "../../engine/resource.ts";
import { address } from "../../engine/model.ts";
import type { Picture, ScreenshotsView, Shot } from "../../engine/view.ts";
import type { Pictures, Review } from "../../report/review.ts";
import { browserOf, firstLine } from "./browser.ts";
import { NotShown, openCamera, type Camera, type Theme } from "./camera.ts";
import { countOf } from "../../util/plural.ts";
import { NoPictures } from "./no-pictures.ts";
import { findLeftovers, makeTemporaryFolder, removeLeftovers, type TemporaryFolder } from "./temporary-folder.ts";

export interface PicturesOptions {
  readonly kinds: Kinds;
  readonly grafana: GrafanaConnection;
  /** The connection settings of `grafana`. */
  readonly client: ClientOptions;
  readonly owner: string;
  /** The user and host of this run, shown in the temporary folder. */
  readonly who: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** Default: light. */
  readonly theme?: Theme;
  readonly limits?: Partial<Limits>;
  readonly times?: HeartbeatTimes;
}

export interface Limits {
  /** The maximum size of all data URLs together, in characters. */
  readonly size: number;
  readonly count: number;
  /** Milliseconds in which a panel must appear. */
  readonly patience: number;
  /** Milliseconds in which Grafana's front end must be loaded. A busy machine needs longer for its scripts than for a panel. */
  readonly loading: number;
}

const LIMITS: Limits = { size: 10_000_000, count: 200, patience: 30_000, loading: 90_000 };
/** The maximum number of concurrent pages. More than the processor can run only take longer each. */
const PAGES = Math.min(3, availableParallelism());
type Leftovers = Awaited<ReturnType<typeof findLeftovers>>;

/** The number of failed panels, before any success, after which the cause is not the panels. */
const GIVE_UP = 3;

export interface Taken {
  readonly pictures: Pictures;
  /** What is missing and why. */
  readonly notes: readonly string[];
}

/**
 * Takes screenshots of the panels that a review changes, using copies in a temporary folder of this Grafana. The folder is
 * removed afterwards, even after a failure or an interrupt; the next run removes the folder of a killed one. Throws only
 * `signal.reason`: other failures become notes.
 */
export async function takePictures(review: Review, options: PicturesOptions): Promise<Taken> {
  const { signal } = options;
  const notes: string[] = [];
  const pictures = new Map<string, Map<string, Picture>>();
  // Leftovers of killed runs are removed even if no screenshots are taken.
  const left = options.grafana.marks ? await findLeftovers(options.grafana, options.owner) : [];
  const swept = sweep(left, options);
  try {
    await collect(review, options, { pictures, notes });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof NoPictures || error instanceof GrafanaError)) throw error;
    const why =
      error instanceof Forbidden ? `${error.message}: the permission to create folders is required` : error.message;
    notes.push(`${pictures.size > 0 ? "No further screenshots" : "No screenshots"}: ${why}.`);
  } finally {
    notes.push(...(await swept));
  }
  signal.throwIfAborted();
  return { pictures, notes };
}

async function sweep(left: Leftovers, { grafana, times, signal }: PicturesOptions): Promise<string[]> {
  try {
    return await removeLeftovers(grafana, left, times ? { times } : {}, signal);
  } catch (error) {
    if (signal.aborted) return [];
    if (!(error instanceof GrafanaError)) throw error;
    return [`The leftovers of a killed run could not be checked: ${error.message}.`];
  }
}

interface Collected {
  readonly pictures: Map<string, Map<string, Picture>>;
  readonly notes: string[];
}

/** A screenshot to take of one object. */
interface ObjectShot extends Shot {
  readonly address: string;
  readonly view: ScreenshotsView;
}

/** All screenshots of a review, in the order of its changes. */
async function allShots({ plan, sides }: Review, kinds: Kinds): Promise<ObjectShot[]> {
  const shots = plan.changes.map(async (change): Promise<ObjectShot[]> => {
    const view = await kinds.get(change.kind)?.view?.screenshots?.();
    const name = address(change);
    const { differences } = change;
    const all = view?.shotsOf({ differences, sides: sides.get(name) ?? {} }) ?? [];
    return view ? all.map((shot) => ({ ...shot, address: name, view })) : [];
  });
  return (await Promise.all(shots)).flat();
}

async function collect(review: Review, options: PicturesOptions, collected: Collected): Promise<void> {
  const { grafana, client, owner, who, variables, signal, emit, theme = "light", times } = options;
  const { count, size, patience, loading } = { ...LIMITS, ...options.limits };
  const all = await allShots(review, options.kinds);
  if (all.length === 0) return;
  if (!grafana.marks)
    throw new NoPictures("this Grafana does not keep annotations, which identify the temporary folder");
  const camera = await openCamera({ browser: browserOf(variables), client, patience, loading, theme });
  const onAbort = () => void camera.close();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    const folder = await makeTemporaryFolder(grafana, { owner, who, ...(times ? { times } : {}) });
    try {
      const left = await shootAll(all.slice(0, count), { review, camera, folder, signal, emit, size, ...collected });
      collected.notes.push(...omissions([...left, ...all.slice(count)], { size, count }));
    } finally {
      collected.notes.push(...(await folder.remove()));
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    await camera.close();
  }
}

interface Studio extends Collected {
  readonly review: Review;
  readonly camera: Camera;
  readonly folder: TemporaryFolder;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly size: number;
}

/** Returns the screenshots that would exceed the maximum size. */
async function shootAll(shots: readonly ObjectShot[], studio: Studio): Promise<ObjectShot[]> {
  const { review, camera, folder, signal, emit, size, pictures, notes } = studio;
  const now = Date.now();
  const copies = new Map<string, Promise<string>>();
  const copyOf = ({ address, side, view }: ObjectShot): Promise<string> => {
    const form = review.sides.get(address)?.[side];
    const name = `${address} ${side}`;
    const copy = copies.get(name) ?? folder.put(view.copyOf(form ?? {}));
    copies.set(name, copy);
    return copy;
  };
  /** The reasons of panels without a screenshot. */
  const missing = new Map<ObjectShot, string>();
  const left: ObjectShot[] = [];
  const urls = new Map<ObjectShot, string>();
  let used = 0;
  let done = 0;
  let failure: unknown;

  const one = async (shot: ObjectShot): Promise<void> => {
    if (failure !== undefined || signal.aborted) return;
    if (folder.lost.aborted)
      throw new NoPictures("another run removed the temporary folder because the heartbeat stopped");
    if (used >= size) return void left.push(shot);
    try {
      const uid = await copyOf(shot);
      const { panelId, width, height } = shot;
      const range = shot.view.timeRangeOf(review.sides.get(shot.address) ?? {}, now);
      const url = `data:image/png;base64,${(await camera.shoot({ uid, panelId, width, height, ...range })).toString("base64")}`;
      if (used + url.length > size) return void left.push(shot);
      used += url.length;
      urls.set(shot, url);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof NoPictures || (error instanceof GrafanaError && urls.size === 0)) throw error;
      const why = error instanceof NotShown || error instanceof GrafanaError ? error.message : firstLine(error);
      missing.set(shot, why);
      if (urls.size === 0 && missing.size >= GIVE_UP)
        throw new NoPictures(`none of the first ${missing.size} panels could be shown: ${why}`);
    }
  };
  const guarded = async (shot: ObjectShot) => {
    try {
      await one(shot);
    } catch (error) {
      failure ??= error;
    }
    done++;
    if (failure === undefined) emit({ type: "shooting", done, total: shots.length });
  };
  // The first one runs alone: it shows whether the front end can be loaded.
  const [first, ...others] = shots;
  if (first) await guarded(first);
  const limit = pLimit(PAGES);
  await Promise.all(others.map((shot) => limit(() => guarded(shot))));

  for (const shot of shots) {
    const url = urls.get(shot);
    if (url === undefined) continue;
    const panels = pictures.get(shot.address) ?? new Map<string, Picture>();
    pictures.set(shot.address, panels.set(shot.key, { ...panels.get(shot.key), [shot.side]: url }));
  }
  if (failure !== undefined) throw failure;
  const without = Map.groupBy(
    shots.filter((shot) => missing.has(shot)),
    (shot) => missing.get(shot),
  );
  for (const [why, group] of without) {
    const names = group.map(({ address, panelId, side }) => `${address} panel ${panelId} ${side}`);
    notes.push(`No screenshot of ${inShort(names)}: ${why}.`);
  }
  return left;
}

function omissions(shots: readonly ObjectShot[], { size, count }: Pick<Limits, "size" | "count">): string[] {
  if (shots.length === 0) return [];
  const dashboards = [...new Set(shots.map(({ address }) => address))];
  const limits = `a report contains at most ${count} screenshots and ${size / 1_000_000} MB`;
  return [`${countOf(shots.length, "screenshot")} of ${inShort(dashboards)} omitted: ${limits}.`];
}

function inShort(names: readonly string[]): string {
  return names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
}
