import type { Kinds } from "../engine/resource.ts";
import { address, type Desired } from "../engine/model.ts";
import type { NamedSecrets } from "./named-secrets.ts";

/** All secrets of this code. */
export function namedIn(code: readonly Desired[], kinds: Kinds): NamedSecrets {
  const named = code.map((desired) => {
    const kind = kinds.get(desired.kind);
    const uses = kind?.secrets?.places?.(desired) ?? kind?.secrets?.uses(desired.resource) ?? [];
    return [address(desired), uses] as const;
  });
  return new Map(named.filter(([, uses]) => uses.length > 0));
}
