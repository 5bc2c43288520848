import type { Kinds, ResourceKind } from "./resource.ts";
import { isComparable } from "../ownership/edited.ts";
import type { Live } from "./comparison.ts";
import { address, type Desired, type LiveObject } from "./model.ts";
import type { KindContext } from "./kind-context.ts";
import { ProvisionError } from "../util/errors.ts";
import { withUsers } from "./users.ts";

/** The kinds that are read even if nothing names their objects. */
export function alwaysRead(kinds: Kinds): ResourceKind[] {
  return [...kinds.values()].filter(({ reading }) => reading?.onDemand !== true);
}

/** Adds the bodies of these objects to lists that have only metadata. Objects that no longer exist are omitted. */
export async function withBodies(
  context: KindContext,
  kinds: Kinds,
  live: Live,
  wants: (object: LiveObject, kind: string) => boolean,
): Promise<Live> {
  return mapLists(live, async (objects, name) => {
    const wanted = objects.filter((object) => !object.complete && wants(object, name));
    const found = wanted.length > 0 ? ((await kinds.get(name)?.reading?.bodies?.(context, wanted)) ?? []) : [];
    const whole = new Map(found.map((object) => [object.id, object]));
    const gone = new Set(wanted.map(({ id }) => id).filter((id) => !whole.has(id)));
    return objects.filter(({ id }) => !gone.has(id)).map((object) => whole.get(object.id) ?? object);
  });
}

/** Adds titles to lists that have only metadata, so that a plan can name objects that are no longer in the code. */
export async function withTitles(
  context: KindContext,
  kinds: Kinds,
  live: Live,
  wants: (object: { readonly kind: string; readonly id: string }) => boolean,
): Promise<Live> {
  return mapLists(live, async (objects, kind) => {
    const untitled = objects.filter(
      ({ id, complete, ownership }) => !complete && ownership.state === "ours" && wants({ kind, id }),
    );
    const asked = untitled.length > 0 ? kinds.get(kind)?.reading?.titles?.(context, untitled) : undefined;
    const titles = await asked?.catch((error: unknown) => {
      // A plan is correct without titles.
      if (!(error instanceof ProvisionError)) throw error;
    });
    return titles
      ? objects.map((object) => ({ ...object, title: titles.get(object.id) ?? object.title }))
      : [...objects];
  });
}

async function mapLists(
  live: Live,
  change: (objects: readonly LiveObject[], kind: string) => Promise<LiveObject[]>,
): Promise<Live> {
  const lists = [...live].map(async ([name, objects]) => [name, await change(objects, name)] as const);
  return new Map(await Promise.all(lists));
}

/**
 * Adds what the plan of a deletion needs to know about objects that may be deleted: their users, and the bodies of those that
 * may have been written since the last apply, to show what is lost.
 */
export async function withDeletedBodies(
  context: KindContext,
  kinds: Kinds,
  live: Live,
  mayDelete: (object: { readonly kind: string; readonly id: string }) => boolean,
): Promise<Live> {
  const doomed = ({ id, ownership }: LiveObject, kind: string) => ownership.state === "ours" && mayDelete({ kind, id });
  const unproven = (object: LiveObject, name: string) => isUnproven(kinds.get(name), object);
  const wants = (object: LiveObject, kind: string) =>
    (object.touched || unproven(object, kind)) && doomed(object, kind);
  const whole = await withBodies(context, kinds, live, wants);
  const proven = [...whole].map(([name, objects]) => {
    const isWrong = (object: LiveObject) =>
      object.complete && unproven(object, name) && kinds.get(name)?.reading?.isAsMarked?.(object) === false;
    return [name, objects.map((object) => (isWrong(object) ? { ...object, touched: true } : object))] as const;
  });
  return withUsers(context, kinds, new Map(proven), doomed);
}

/**
 * Whether only its mark proves that an object has not been written since the last apply. A user can copy or edit a mark and
 * its version. False if the object was written only once, with the mark, or if the mark is too old to compare its content.
 */
function isUnproven(kind: ResourceKind | undefined, { touched, applied }: LiveObject): boolean {
  if (kind?.reading?.isAsMarked === undefined || touched || !applied) return false;
  return applied.version > 1 && isComparable(kind, applied);
}

export interface Pair {
  readonly desired: Desired;
  readonly live: LiveObject | undefined;
}

/** Adds bodies to objects of `objects` that must be compared or could lose something by adoption. */
export async function completePairs(
  context: KindContext,
  kinds: Kinds,
  pairs: readonly Pair[],
  objects: Map<string, LiveObject>,
  adopts: (address: string) => boolean,
): Promise<void> {
  for (const kind of kinds.values()) {
    const wanted = pairs.flatMap((pair) => {
      const { desired, live } = pair;
      if (desired.kind !== kind.name || !live || live.complete) return [];
      const mayLose = kind.comparison?.otherForm !== undefined && live.ownership.state === "foreign";
      return mayLose || mustCompare(kind, pair, adopts) ? [live] : [];
    });
    if (wanted.length === 0 || !kind.reading?.bodies) continue;
    const found = await kind.reading?.bodies(context, wanted);
    for (const { id } of wanted) objects.delete(address({ kind: kind.name, id }));
    for (const object of found) objects.set(address({ kind: kind.name, id: object.id }), object);
  }
}

export function mustCompare(
  kind: ResourceKind,
  { desired, live }: Pair,
  adopts: (address: string) => boolean,
): boolean {
  if (!live) return false;
  const { applied, ownership } = live;
  if (ownership.state === "locked") return false;
  if (ownership.state === "foreign") return ownership.evenIfEqual === false || adopts(address(desired));
  if (live.complete || live.touched || !applied) return true;
  return !isComparable(kind, applied) || applied.codeHash !== desired.hash;
}

/** The live object with what the comparison with this code needs, if its body was read. */
export async function prepared(
  context: KindContext,
  kind: ResourceKind,
  { desired, live }: Pair,
): Promise<LiveObject | undefined> {
  return live?.complete ? ((await kind.comparison?.prepared?.(context, { desired, live })) ?? live) : live;
}
