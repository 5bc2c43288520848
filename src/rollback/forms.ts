import { placeKey, type SecretUse } from "../secrets/secret.ts";
import { contentIn, hasHash } from "../ownership/edited.ts";
import { equal, hash, type JsonObject } from "../util/json.ts";
import type { Desired, LiveObject } from "../engine/model.ts";
import { editedSecrets } from "../engine/secret-addresses.ts";
import type { ResourceKind } from "../engine/resource.ts";
import type { SecretValues } from "../secrets/values.ts";

/**
 * The content of a live object, regardless of the configuration, with secrets hidden at the known places of it and of
 * `other`.
 */
export function formOf(kind: ResourceKind, object: LiveObject, other?: LiveObject): JsonObject {
  const places = [object, other].flatMap((one) => (one ? placesIn(kind, one) : []));
  const observed = kind.observed(object);
  const form = kind.secrets?.hide?.(observed, places) ?? observed;
  return kind.rollback.content?.(form, object) ?? form;
}

/** The known places of an object's secrets. */
export function placesIn(kind: ResourceKind, object: LiveObject): readonly SecretUse[] {
  return [...(object.applied?.places ?? []), ...(kind.secrets?.inSnapshot(object) ?? [])];
}

/**
 * Whether an object has the same secrets as before, as far as can be determined: the same variables at the same places, and
 * the former fingerprint or the one of the variables' current values. `now`: the mark of the last write, if the object has
 * none.
 */
export function sameSecrets(
  kind: ResourceKind,
  before: LiveObject,
  live: LiveObject,
  { now, secrets }: { now: readonly SecretUse[]; secrets: SecretValues },
): boolean {
  const was = placesIn(kind, before);
  const places = live.applied ? (live.applied.places ?? []) : now;
  if (was.length + places.length === 0) return true;
  // It is unknown which of the two sets of secrets the object has.
  if (live.applied?.pending) return false;
  const variables = (all: readonly SecretUse[]) =>
    Object.fromEntries(all.map((place) => [placeKey(place), place.variable]));
  if (!equal(variables(was), variables(places))) return false;
  const fingerprint = live.applied?.secrets;
  if (fingerprint === before.applied?.secrets) return true;
  return fingerprint !== undefined && secrets.isFingerprint(fingerprint, before.applied?.places ?? []);
}

/**
 * Whether Grafana returns the same strings as before at the places of secrets. A string that was not recorded is compared with
 * the variable's value, if that is known to be the value that was sent.
 */
export function sameShown(kind: ResourceKind, before: LiveObject, live: LiveObject, secrets: SecretValues): boolean {
  const places = placesIn(kind, before);
  const isRecorded = (place: SecretUse) => kind.secrets?.shown?.(before, place) !== undefined;
  const edited = new Set(editedSecrets({ kind, live, secrets }).map(placeKey));
  return places.every((place) =>
    isRecorded(place)
      ? kind.secrets?.shown?.(before, place) === kind.secrets?.shown?.(live, place)
      : !edited.has(placeKey(place)),
  );
}

/** Whether two live objects have the same content, except for values that Grafana does not return. */
export function sameContent(kind: ResourceKind, one: LiveObject, other: LiveObject): boolean {
  return equal(formOf(kind, one, other), formOf(kind, other, one));
}

/**
 * Whether two states of an object have the same owner. Without a ledger, the only sign is the provenance, which is part of the
 * content if it can be restored.
 */
export function sameOwner(
  kind: ResourceKind,
  { ownership: one }: LiveObject,
  { ownership: other }: LiveObject,
): boolean {
  const unproven = (state: string) => state === "unknown" || state === "foreign";
  return one.state === other.state || (kind.marking === "ledger" && unproven(one.state) && unproven(other.state));
}

/** The hash of the content that a write of this code determines, with the secrets at these places hidden. */
export function contentHashOf(
  kind: ResourceKind,
  object: LiveObject,
  places: readonly SecretUse[],
  desired?: Desired,
): string {
  return hash(contentIn(kind, hiddenForm(kind, object, places), desired));
}

/** Whether an object has the content with this hash, in any place if the applied code did not state one. */
export function hasContent(
  kind: ResourceKind,
  object: LiveObject,
  places: readonly SecretUse[],
  recorded: string,
): boolean {
  return hasHash(kind, contentIn(kind, hiddenForm(kind, object, places)), recorded);
}

/** A live object's canonical form, with the secrets at these places hidden. */
export function hiddenForm(kind: ResourceKind, object: LiveObject, places: readonly SecretUse[]): JsonObject {
  const observed = kind.observed(object);
  return kind.secrets?.hide?.(observed, places) ?? observed;
}

/** Whether an object still has the content of its mark. Requires its body. */
export function isAsMarked(kind: ResourceKind, object: LiveObject): boolean {
  const { applied, touched } = object;
  if (!applied) return false;
  return !touched || hasContent(kind, object, applied.places ?? [], applied.contentHash);
}

/** Hashes of the parts of a form, by name. */
export function partHashes(kind: ResourceKind, form: JsonObject): Record<string, string> {
  const parts = kind.writing?.parts?.(form) ?? {};
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, hash(part)]));
}
