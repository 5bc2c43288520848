import { HIDDEN } from "../secrets/secret.ts";
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
  const uses = kind.secrets?.uses(desired.resource) ?? [];
  if (uses.length === 0) return {};
  // It is unknown whether an interrupted run sent them: the keyed hash is recorded afterwards.
  if (secrets.refresh || live.applied?.pending) return { changed: "code" };
  const now = secrets.fingerprint(uses);
  const differ = kind.secrets?.differ?.(kind.secrets?.places?.(desired) ?? [], live, secrets) === true;
  if (now === undefined) {
    const variables = uses.map(({ variable }) => variable).filter((name) => secrets.given(name) === undefined);
    const reason = secrets.keyed ? "variable" : "key";
    return { ...(differ ? { changed: "unknown" } : {}), unchecked: { reason, variables: [...new Set(variables)] } };
  }
  if (!live.applied) {
    if (live.ownership.state === "foreign") return { changed: "code" };
    return { ...(differ ? { changed: "unknown" } : {}), unchecked: { reason: "mark", variables: [] } };
  }
  if (live.applied.secrets === undefined) return { changed: "code", unrecorded: true };
  if (live.applied.secrets !== now) return { changed: "code" };
  return differ ? { changed: "grafana" } : {};
}

/** The note on secrets that the next apply sends only to record their fingerprints. */
export function unrecordedNotes(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `GRAFANA_PROVISION_KEY was not set when the secrets of ${names.join(", ")} were last sent. apply sends them again and records their hashes.`,
  ];
}
