import { type SecretUse, placeKey } from "./secret.ts";

/**
 * The secrets that code names, by the address of their object. Names of variables that are stored in Grafana can be edited
 * there, and are not trusted.
 */
export type NamedSecrets = ReadonlyMap<string, readonly SecretUse[]>;

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
