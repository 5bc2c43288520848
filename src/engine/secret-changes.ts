import { HIDDEN, placeKey, type SecretUse } from "../secrets/secret.ts";
import { shownDifferent } from "./secret-addresses.ts";
import type { Difference } from "./difference.ts";
import type { Origin, UncheckedSecrets } from "./change.ts";
import type { Desired, LiveObject } from "./model.ts";
import type { KindContext } from "./kind-context.ts";
import type { ResourceKind } from "./resource.ts";

/** The difference that is shown for changed secrets. */
export const SECRETS: Difference = {
  type: "changed",
  path: "secrets",
  labels: ["secrets"],
  before: HIDDEN,
  after: HIDDEN,
};

/** What a comparison finds out about secrets, which Grafana never returns. */
export interface SecretsCompared {
  /** The origin of a change; undefined: no change is known. */
  readonly changed?: Origin;
  /** A write would send them because the last one recorded no fingerprint: the key was not set then. */
  readonly unrecorded?: true;
  readonly unchecked?: Omit<UncheckedSecrets, "address">;
}

/**
 * Compares the code's secrets with what was sent, by fingerprint. If Grafana returns a value in clear that differs from
 * the one that was sent, it was changed in Grafana.
 */
export function compareSecrets(
  { secrets }: KindContext,
  kind: ResourceKind,
  desired: Desired,
  live: LiveObject,
): SecretsCompared {
  const { parts, uses } = comparableUses(kind, desired, live);
  if (uses.length === 0) return {};
  // It is unknown whether an interrupted run sent them: the keyed hash is recorded afterwards.
  if (secrets.refresh || live.applied?.pending) return { changed: "code" };
  const { ownership } = live;
  // It has the secrets of another owner.
  if (!live.applied && ownership.state === "foreign" && ownership.evenIfEqual !== false) return { changed: "code" };
  const now = secrets.fingerprint(uses);
  const differ = shownDifferent(kind, live, uses, secrets).length > 0;
  if (now === undefined) {
    if (hasOtherVariables(uses, live.applied?.places ?? [])) return { changed: "code" };
    const variables = uses.map(({ variable }) => variable).filter((name) => secrets.given(name) === undefined);
    const isRead = variables.some((name) => !secrets.isFetched(name));
    const reason = variables.length > 0 && !isRead ? "source" : secrets.keyed ? "variable" : "key";
    return { ...(differ ? { changed: "unknown" } : {}), unchecked: { reason, variables: [...new Set(variables)] } };
  }
  if (!live.applied) {
    if (ownership.state === "foreign") return { changed: "code" };
    return { ...(differ ? { changed: "unknown" } : {}), unchecked: { reason: "mark", variables: [] } };
  }
  if (live.applied.secrets === undefined) return { changed: "code", unrecorded: true };
  if (!secrets.isFingerprint(live.applied.secrets, uses, parts)) return { changed: "code" };
  return differ ? { changed: "grafana" } : {};
}

/** Whether the code has another variable than the last apply at one of these places. */
function hasOtherVariables(places: readonly SecretUse[], applied: readonly SecretUse[]): boolean {
  const former = new Map(applied.map((place) => [placeKey(place), place.variable]));
  return places.some((place) => (former.get(placeKey(place)) ?? place.variable) !== place.variable);
}

/** The secrets of the code, without those in new parts, which are differences of their own. `parts`: the parts of both sides. */
function comparableUses(
  kind: ResourceKind,
  desired: Desired,
  live: LiveObject,
): { readonly parts?: ReadonlySet<string>; readonly uses: readonly SecretUse[] } {
  const places = kind.secrets?.places?.(desired);
  if (!places || !kind.sharedParts) return { uses: places ?? kind.secrets?.uses(desired.resource) ?? [] };
  const held = new Set(kind.sharedParts.held(live));
  const parts = new Set(kind.sharedParts.taken(desired).filter((part) => held.has(part)));
  return { parts, uses: places.filter(({ within }) => within === undefined || parts.has(within)) };
}

/** The note on secrets that the next apply sends only to record their fingerprints. */
export function unrecordedNotes(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `GRAFANA_PROVISION_KEY was not set when the secrets of ${names.join(", ")} were last sent. apply sends them again and records their hashes.`,
  ];
}
