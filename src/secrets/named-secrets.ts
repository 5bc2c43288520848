import { type SecretUse, placeKey } from "./secret.ts";

/**
 * The secrets that the code names, by the address of their resource. Variable names that are stored in Grafana are not
 * trusted, because users can edit them there.
 */
export type NamedSecrets = ReadonlyMap<string, readonly SecretUse[]>;

export function variablesIn(named: NamedSecrets): ReadonlySet<string> {
  return new Set([...named.values()].flatMap((uses) => uses.map(({ variable }) => variable)));
}

/** The union of several maps. */
export function mergeSecrets(all: readonly NamedSecrets[]): NamedSecrets {
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
