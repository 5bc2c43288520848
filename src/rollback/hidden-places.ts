import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { editedSecrets, readdressedSecrets } from "../engine/secret-addresses.ts";
import { editedOf } from "../ownership/edited.ts";
import { placeKey, type SecretUse } from "../secrets/secret.ts";
import type { SecretValues } from "../secrets/values.ts";
import { hasContent, hiddenForm, placesIn } from "./forms.ts";
import { useKey, type NamedSecrets } from "../secrets/named-secrets.ts";
import { parseAddress, type LiveObject } from "../engine/model.ts";
import type { HiddenPlace } from "../engine/facets.ts";
import type { Restore, Write } from "../engine/kind-context.ts";

/** An object that a run changes. */
interface Changed {
  readonly name: string;
  readonly kind: string;
  readonly before?: LiveObject;
  readonly write?: Write;
  readonly restore?: Restore;
  /** Where earlier runs sent secrets, if there was one and Grafana keeps no marks. */
  readonly places?: readonly SecretUse[];
  /** The hash of the content that they left. */
  readonly contentHash?: string;
  /** Where the code has secrets in parts that can move between objects of this kind. */
  readonly within?: readonly SecretUse[];
}

/** The places of secrets in the code, or in the restored state. */
export function codePlaces({ kind: name, write, restore }: Changed, kinds: Kinds): readonly SecretUse[] {
  const kind = kinds.get(name);
  if (kind && restore) return placesIn(kind, restore.before);
  if (!kind || !write) return [];
  return kind.secrets?.places?.(write.desired) ?? kind.secrets?.uses(write.desired.resource) ?? [];
}

/**
 * The places in a recorded body that may contain secrets: those of the code at that time and of the current code. In an
 * object that was never owned, these places can also contain values of others. `named`: the secrets that the code named;
 * undefined if unknown.
 */
export function hiddenPlaces(
  changed: Changed,
  kinds: Kinds,
  { named, secrets }: { readonly named: NamedSecrets | undefined; readonly secrets: SecretValues },
): readonly HiddenPlace[] {
  const places = proven(allPlaces(changed, codePlaces(changed, kinds)), changed, named);
  return withEdits(places, changed, kinds.get(changed.kind), secrets);
}

/** Marks the secrets that users replaced or whose addresses they changed. */
function withEdits(
  places: readonly HiddenPlace[],
  { before: live, write, contentHash }: Changed,
  kind: ResourceKind | undefined,
  secrets: SecretValues,
): readonly HiddenPlace[] {
  if (!live || !kind?.secrets) return places;
  const form = hiddenForm(kind, live, places);
  const edited =
    contentHash === undefined
      ? editedOf(kind, live, hiddenForm(kind, live, live.applied?.places ?? []))
      : hasContent(kind, live, places, contentHash)
        ? "no"
        : "yes";
  const wanted = write && kind.desired(write.desired, live);
  const replaced = new Set(editedSecrets({ kind, live, secrets }).map(useKey));
  const moved = new Set(readdressedSecrets({ kind, live, places, form, edited, wanted, secrets }).map(useKey));
  return places.map((place) => ({
    ...place,
    ...(replaced.has(useKey(place)) ? { edited: true } : moved.has(useKey(place)) ? { readdressed: true } : {}),
  }));
}

function allPlaces({ before, places, within = [] }: Changed, code: readonly SecretUse[]): HiddenPlace[] {
  const known = before?.applied?.places ?? places;
  if (known) {
    const there = new Set(known.map(placeKey));
    const others = code.filter((one) => !there.has(placeKey(one)));
    return [...known, ...others.map((one) => ({ ...one, unsure: true }) as const)];
  }
  const all = [...code.map(({ path, variable }) => ({ path, variable })), ...within, ...code];
  return all.map((one) => ({ ...one, unowned: true }));
}

/**
 * Users can edit the ledger and marks in Grafana, so their variables are not trusted: a variable is recorded for a place only
 * if the code of this run, or of an earlier one, has it there.
 */
function proven(
  places: readonly HiddenPlace[],
  { kind, name }: Changed,
  named: NamedSecrets | undefined,
): readonly HiddenPlace[] {
  if (!named) return places;
  // A part with a uid may have been in another object of its kind.
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
