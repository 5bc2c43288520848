import { Forbidden } from "../grafana/errors.ts";
import type { Live } from "./comparison.ts";
import type { KindContext } from "./kind-context.ts";
import { address, type Desired, type LiveObject } from "./model.ts";
import { listsAll } from "./permissions.ts";
import type { Kinds } from "./resource.ts";

interface Found {
  /** The lists with the objects that they omitted. */
  readonly live: Live;
  /** The addresses of objects that exist, but can't be read. */
  readonly hidden: ReadonlySet<string>;
}

/**
 * Looks up each resource that a list omits, if the credentials may be unable to read it: for a short time, a list also omits
 * objects whose permissions are new.
 */
export async function withUnlisted(
  context: KindContext,
  kinds: Kinds,
  desired: readonly Desired[],
  listed: Live,
): Promise<Found> {
  const hidden = new Set<string>();
  const look = async (kind: string, id: string): Promise<readonly LiveObject[]> => {
    try {
      const found = await kinds.get(kind)?.find(context, id);
      return found ? [found] : [];
    } catch (error) {
      if (!(error instanceof Forbidden)) throw error;
      hidden.add(address({ kind, id }));
      return [];
    }
  };
  const lists = [...listed].map(async ([kind, objects]) => {
    if (listsAll(context.grafana.permissions, kinds.get(kind)?.access.readsAll)) return [kind, objects] as const;
    const known = new Set(objects.map(({ id }) => id));
    const ids = desired.flatMap((one) => (one.kind === kind && !known.has(one.id) ? [one.id] : []));
    const found = await Promise.all(ids.map((id) => look(kind, id)));
    return [kind, [...objects, ...found.flat()]] as const;
  });
  return { live: new Map(await Promise.all(lists)), hidden };
}
