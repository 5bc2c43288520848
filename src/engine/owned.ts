import type { Live } from "./comparison.ts";
import { address } from "./model.ts";

/** Addresses of all objects that the project owns, of the kinds that were read. */
export function ownedIn(live: Live): Set<string> {
  const owned = [...live].flatMap(([kind, objects]) =>
    objects.flatMap(({ id, ownership }) => (ownership.state === "ours" ? [address({ kind, id })] : [])),
  );
  return new Set(owned);
}
