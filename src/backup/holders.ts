import type { Live } from "../engine/comparison.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { lookUp } from "../engine/look-ups.ts";
import { address, parseAddress } from "../engine/model.ts";
import type { Kinds } from "../engine/resource.ts";
import { Forbidden } from "../grafana/errors.ts";
import { USERS, userNamed } from "../grafana/org-users.ts";

/** Tells which users, teams and service accounts Grafana lacks even after the restore. */
export type IsLacking = (holder: string) => boolean;

/** `names`: the addresses of the restored objects. */
export async function holdersLacking(
  context: KindContext,
  kinds: Kinds,
  { live, names, isNeeded }: { readonly live: Live; readonly names: ReadonlySet<string>; readonly isNeeded: boolean },
): Promise<IsLacking> {
  const users = isNeeded ? await usersIn(context) : undefined;
  const there = new Set(
    [...live].flatMap(([kind, objects]) => (kinds.has(kind) ? objects.map(({ id }) => address({ kind, id })) : [])),
  );
  return (holder) => {
    const { kind, id } = parseAddress(holder);
    if (names.has(holder)) return false;
    // What the credentials can't read may exist.
    if (kinds.has(kind)) return live.has(kind) && !there.has(holder);
    return users !== undefined && userNamed(users, id) === undefined;
  };
}

async function usersIn(context: KindContext) {
  try {
    return await lookUp(context, USERS);
  } catch (error) {
    if (!(error instanceof Forbidden)) throw error;
    return undefined;
  }
}
