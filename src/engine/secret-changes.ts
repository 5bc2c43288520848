import { HIDDEN } from "../secrets/secret.ts";
import type { Difference } from "./difference.ts";
import type { Origin } from "./change.ts";
import type { Desired, LiveObject } from "./model.ts";
import type { KindContext } from "./kind-context.ts";
import type { ResourceKind } from "./resource.ts";

/** All that is ever said of a changed secret. */
export const SECRETS: Difference = {
  type: "changed",
  path: "secrets",
  labels: ["secrets"],
  before: HIDDEN,
  after: HIDDEN,
};

/**
 * Whether a write would change secrets, and where the change was made. If Grafana returns a value in clear that differs
 * from the one that was sent, it was changed in Grafana. Without a key, what was sent is unknown, and so is the origin.
 */
export function secretsChanged(
  { secrets }: KindContext,
  kind: ResourceKind,
  desired: Desired,
  live: LiveObject,
): Origin | undefined {
  const uses = kind.secrets?.uses(desired.resource) ?? [];
  if (uses.length === 0) return undefined;
  // Whether a run that was stopped had sent them is not known: a keyed hash is written down when it is.
  if (secrets.refresh || live.applied?.pending) return "code";
  const [now, sent] = [secrets.fingerprint(uses), live.applied?.secrets];
  const known = now !== undefined && sent !== undefined;
  if (known && now !== sent) return "code";
  if (kind.secrets?.differ?.(kind.secrets?.places?.(desired) ?? [], live, secrets) !== true) return undefined;
  return known ? "grafana" : "unknown";
}

/** Whether it is unknown if Grafana has the code's secrets. */
export function secretsUnknown(
  { secrets }: KindContext,
  kind: ResourceKind,
  desired: Desired,
  live: LiveObject,
): boolean {
  const uses = kind.secrets?.uses(desired.resource) ?? [];
  return (
    uses.length > 0 &&
    !secrets.refresh &&
    (secrets.fingerprint(uses) === undefined || live.applied?.secrets === undefined)
  );
}
