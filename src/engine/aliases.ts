import type { Kinds } from "./resource.ts";
import { address, type LiveObject } from "./model.ts";

type Named = Pick<LiveObject, "id" | "title">;

/** The names that references can use for an object: its id and its aliases. */
export function namesOf(kinds: Kinds, kind: string, object: Named): readonly string[] {
  return [object.id, ...(kinds.get(kind)?.aliases?.(object) ?? [])];
}

/** The addresses that references can use for an object. */
export function addressesOf(kinds: Kinds, kind: string, object: Named): string[] {
  return namesOf(kinds, kind, object).map((id) => address({ kind, id }));
}

/** Whether one of the objects of a kind has this id or alias. */
export function isAmong(kinds: Kinds, kind: string, objects: Iterable<Named> | undefined, id: string): boolean {
  for (const object of objects ?? []) if (namesOf(kinds, kind, object).includes(id)) return true;
  return false;
}
