import { addressesOf } from "./aliases.ts";
import type { Live } from "./comparison.ts";
import type { KindContext } from "./kind-context.ts";
import { address, type LiveObject, type Use } from "./model.ts";
import type { Kinds, ResourceKind } from "./resource.ts";

/**
 * The same lists. Each object that may be deleted gets the addresses of all objects that use it, of any owner. Reads bodies
 * once, and only if a body can refer to one of the objects to delete.
 */
export async function withUsers(
  context: KindContext,
  kinds: Kinds,
  live: Live,
  mayDelete: (object: LiveObject, kind: string) => boolean,
): Promise<Live> {
  const doomed = new Map(
    [...live].flatMap(([kind, objects]) => {
      const own = objects.filter((object) => mayDelete(object, kind));
      return own.length === 0 ? [] : [[kind, new Set(own)] as const];
    }),
  );
  if (doomed.size === 0) return live;
  const reads = [...live].map(async ([name, objects]) => {
    const kind = kinds.get(name);
    const uses = kind ? await usesOf(context, kind, objects, doomed) : [];
    return uses.flatMap(([id, used]) => used.map((named): Use => ({ user: address({ kind: name, id }), named })));
  });
  const links = [...doomed.keys()].map(async (name) => (await kinds.get(name)?.deletion?.links?.(context)) ?? []);
  const all = (await Promise.all([...reads, ...links])).flat();
  const distinct = new Map(all.map((use) => [JSON.stringify([use.user, use.link ?? "", use.named]), use]));
  const users = Map.groupBy(
    [...distinct].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ([, { named }]) => named,
  );
  const usesOfObject = (kind: string, object: LiveObject): Use[] =>
    addressesOf(kinds, kind, object).flatMap((named) => (users.get(named) ?? []).map(([, use]) => use));
  return new Map(
    [...live].map(([kind, objects]) => [
      kind,
      objects.map((object) =>
        doomed.get(kind)?.has(object) ? { ...object, usedBy: usesOfObject(kind, object) } : object,
      ),
    ]),
  );
}

async function usesOf(
  context: KindContext,
  { deletion }: ResourceKind,
  objects: readonly LiveObject[],
  doomed: ReadonlyMap<string, unknown>,
): Promise<(readonly [string, readonly string[]])[]> {
  const complete = objects.filter((one) => one.complete).map((one) => [one.id, deletion?.uses?.(one) ?? []] as const);
  const rest = objects.filter((one) => !one.complete);
  const inBodies = deletion?.bodyUses;
  if (rest.length === 0 || !inBodies?.kinds.some((kind) => doomed.has(kind))) return complete;
  return [...complete, ...(await inBodies.read(context, rest))];
}
