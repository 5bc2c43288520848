import { equal, type JsonObject } from "../util/json.ts";
import { listed } from "../util/plural.ts";
import { placeKey, type SecretUse } from "../secrets/secret.ts";
import { NO_SECRETS, type SecretValues } from "../secrets/values.ts";
import { editedOf, type Edited } from "../ownership/edited.ts";
import type { KindContext } from "./kind-context.ts";
import type { Desired, LiveObject } from "./model.ts";
import type { ResourceKind } from "./resource.ts";

/** What is known about the secrets of an object that a user may have changed in Grafana. */
interface Former {
  readonly kind: ResourceKind;
  readonly live: LiveObject;
  /** Where the last write sent secrets. */
  readonly places: readonly SecretUse[];
  /** Its canonical form, with these secrets hidden. */
  readonly form: JsonObject;
  readonly edited: Edited;
  /** The canonical form of the code, if the code still has the object. */
  readonly wanted?: JsonObject | undefined;
  readonly secrets: SecretValues;
}

/** The secrets that a user replaced by values that Grafana returns. Only if the variables have the values that were sent. */
export function editedSecrets({ kind, live, secrets }: Pick<Former, "kind" | "live" | "secrets">): SecretUse[] {
  const { places = [], secrets: sent } = live.applied ?? {};
  if (sent === undefined || !secrets.isFingerprint(sent, places)) return [];
  return shownDifferent(kind, live, places, secrets);
}

/** The secrets that Grafana returns, with another value than their variables have. */
export function shownDifferent(
  kind: ResourceKind,
  live: LiveObject,
  places: readonly SecretUse[],
  secrets: SecretValues,
): SecretUse[] {
  return places.filter((place) => {
    const [shown, given] = [kind.secrets?.shown?.(live, place), secrets.given(place.variable)];
    return shown !== undefined && given !== undefined && shown !== given;
  });
}

/**
 * The secrets whose address a user changed in Grafana: a rollback must not send them there. An address that has not changed,
 * or that the code has too, is the one that they were sent to.
 */
export function readdressedSecrets({ kind, live, places, form, edited, wanted, secrets }: Former): SecretUse[] {
  const replaced = editedSecrets({ kind, live, secrets });
  const known = new Set(replaced.map(placeKey));
  const isSame = (place: SecretUse) =>
    edited === "no" ||
    (wanted !== undefined && equal(kind.secrets?.addresses(form, place), kind.secrets?.addresses(wanted, place)));
  return places.filter(
    (place) =>
      !known.has(placeKey(place)) && (!isSame(place) || replaced.some(({ within }) => within === place.within)),
  );
}

/** Names the secrets of an owned object that a rollback of a write can't restore, because a user changed them. */
export function lostSecretsNote(
  { secrets }: Pick<KindContext, "secrets">,
  kind: ResourceKind,
  {
    isUnknown,
    desired,
    ...about
  }: Omit<Former, "kind" | "places" | "secrets"> & {
    readonly desired: Desired;
    /** Whether it is unknown if a user or the variable changed. */
    readonly isUnknown: boolean;
  },
): string | undefined {
  const { live } = about;
  if (!kind.secrets || live.ownership.state === "foreign") return undefined;
  const readdressed = readdressedSecrets({ ...about, kind, places: live.applied?.places ?? [], secrets });
  const places = live.applied?.places ?? kind.secrets.places?.(desired) ?? [];
  return noteOf(readdressed, isUnknown ? shownDifferent(kind, live, places, secrets) : []);
}

/** Names such secrets for a deletion. */
export function deletedSecretsNote(kind: ResourceKind, live: LiveObject): string | undefined {
  const places = live.applied?.places ?? [];
  if (places.length === 0 || !live.complete) return undefined;
  const form = kind.secrets?.hide?.(kind.observed(live), places) ?? kind.observed(live);
  const edited = editedOf(kind, live, form);
  return noteOf(readdressedSecrets({ kind, live, places, form, edited, secrets: NO_SECRETS }), []);
}

function noteOf(readdressed: readonly SecretUse[], shown: readonly SecretUse[]): string | undefined {
  const notes = [
    ...(readdressed.length > 0
      ? [`${namesOf(readdressed)}, because the address may have been changed in Grafana`]
      : []),
    ...(shown.length > 0 ? [`the current value of ${namesOf(shown)}`] : []),
  ];
  return notes.length > 0 ? `a rollback can't restore ${notes.join(", and ")}` : undefined;
}

/** `the secret url of ops1` */
function namesOf(places: readonly SecretUse[]): string {
  const names = places.map(({ path, within }) => `${path.at(-1)}${within === undefined ? "" : ` of ${within}`}`);
  return `the secret${places.length === 1 ? "" : "s"} ${listed(names)}`;
}
