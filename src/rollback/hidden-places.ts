import type { Kinds } from "../code/desired.ts";
import { placeKey, placesIn } from "./forms.ts";
import { useKey, type NamedSecrets } from "../secrets/named-secrets.ts";
import { parseAddress, type HiddenPlace, type LiveObject, type Restore, type Write } from "../engine/resource.ts";
import type { SecretUse } from "../secrets/secret.ts";

/** An object that a run changes. */
interface Changed {
  readonly name: string;
  readonly kind: string;
  readonly before?: LiveObject;
  readonly write?: Write;
  readonly restore?: Restore;
  /** Where former runs had sent secrets, if there was one and Grafana can't tell. */
  readonly places?: readonly SecretUse[];
  /** Where the code has secrets in parts that any object of this kind may have. */
  readonly within?: readonly SecretUse[];
}

/** Where the code has secrets, or what is brought back has. */
export function codePlaces({ kind: name, write, restore }: Changed, kinds: Kinds): readonly SecretUse[] {
  const kind = kinds.get(name);
  if (kind && restore) return placesIn(kind, restore.before);
  if (!kind || !write) return [];
  return kind.secretPlaces?.(write.desired) ?? kind.secrets?.(write.desired.resource).uses ?? [];
}

/**
 * Where a former body may hold secrets: where the code had them at that time, and where it has them now. What was never
 * ours may hold them anywhere where the code does. `named`: what code is known to have named; undefined: nothing is known.
 */
export function hiddenPlaces(changed: Changed, kinds: Kinds, named: NamedSecrets | undefined): readonly HiddenPlace[] {
  return proven(allPlaces(changed, codePlaces(changed, kinds)), changed, named);
}

function allPlaces({ before, places, within = [] }: Changed, code: readonly SecretUse[]): HiddenPlace[] {
  const known = before?.applied?.places ?? places;
  if (known) {
    const there = new Set(known.map(placeKey));
    const others = code.filter((one) => !there.has(placeKey(one)));
    return [...known, ...others.map((one) => ({ ...one, unsure: true }) as const)];
  }
  return [...code.map(({ path, variable }) => ({ path, variable })), ...within, ...code];
}

/**
 * Where the ledger or a mark has secrets, Grafana says so, and whoever may edit it there can make it say anything: a variable
 * is recorded for a place where the code of this run, or of one before it, has that variable.
 */
function proven(
  places: readonly HiddenPlace[],
  { kind, name }: Changed,
  named: NamedSecrets | undefined,
): readonly HiddenPlace[] {
  if (!named) return places;
  // A part that is told by its uid may have been in another object of its kind.
  const uses = [...named].flatMap(([other, own]) =>
    other === name ? own : own.filter(({ within }) => within !== undefined && parseAddress(other).kind === kind),
  );
  const known = new Set(uses.map(useKey));
  const paths = new Set(
    uses.flatMap(({ within, path, variable }) => (within ? [JSON.stringify([path, variable])] : [])),
  );
  const isKnown = (place: HiddenPlace) =>
    known.has(useKey(place)) || (place.within === undefined && paths.has(JSON.stringify([place.path, place.variable])));
  return places.map((place) => (isKnown(place) ? place : { ...place, unproven: true }));
}
