import type { SecretUse } from "./secret.ts";
import type { Kinds } from "../code/desired.ts";
import { placeKey } from "../rollback/forms.ts";
import { address, type Desired } from "../engine/resource.ts";

/**
 * The secrets that code names, by the address of their object. Names of variables that are stored in Grafana can be edited
 * there, and are not trusted.
 */
export type NamedSecrets = ReadonlyMap<string, readonly SecretUse[]>;

/** All secrets of this code. */
export function namedIn(code: readonly Desired[], kinds: Kinds): NamedSecrets {
  const named = code.map((desired) => {
    const kind = kinds.get(desired.kind);
    const uses = kind?.secrets?.places?.(desired) ?? kind?.secrets?.uses(desired.resource) ?? [];
    return [address(desired), uses] as const;
  });
  return new Map(named.filter(([, uses]) => uses.length > 0));
}

export function variablesIn(named: NamedSecrets): ReadonlySet<string> {
  return new Set([...named.values()].flatMap((uses) => uses.map(({ variable }) => variable)));
}

/** The variables that any of them names. */
export function together(all: readonly NamedSecrets[]): NamedSecrets {
  const uses = Map.groupBy(
    all.flatMap((named) => [...named].flatMap(([name, own]) => own.map((use) => ({ name, use })))),
    ({ name }) => name,
  );
  return new Map(
    [...uses].map(([name, own]) => [name, [...new Map(own.map(({ use }) => [useKey(use), use])).values()]]),
  );
}

/** Identifies a secret at its place. */
export function useKey(use: SecretUse): string {
  return JSON.stringify([placeKey(use), use.variable]);
}
