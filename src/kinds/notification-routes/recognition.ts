import type { Share } from "../../ownership/ledger-entry.ts";
import { hash, type JsonObject } from "../../util/json.ts";

// Grafana stores no ids of routes. Ledgers record each route as two hashes: of the whole route and of its matchers.

/** The recorded routes of one resource of a project. */
export interface Claim {
  /** Unique in this Grafana. */
  readonly key: string;
  /** The project, for messages. */
  readonly owner: string;
  readonly share: Share;
  /** Whether a write of it is not confirmed: its routes may be in the place of another order. */
  readonly pending?: boolean;
}

/** A top-level route of the tree. */
export interface TreeRoute {
  /** In the notation of the API that it was read with. */
  readonly raw: JsonObject;
  /** The canonical form. */
  readonly route: JsonObject;
}

export interface OwnedRoute extends TreeRoute {
  /** Undefined: no project owns it. */
  readonly claim: Claim | undefined;
}

/** A route as ledgers record it. */
export function partOf(route: JsonObject): string {
  return `${short(route)}:${short({ matchers: route["object_matchers"] ?? [] })}`;
}

function short(value: JsonObject): string {
  return hash(value).slice(0, 12);
}

function matchersIn(part: string): string {
  return part.slice(part.indexOf(":") + 1);
}

/** Sorts claims by their order. Equal orders are sorted by their keys, so that all projects find the same order. */
export function byOrder(a: Claim, b: Claim): number {
  return a.share.order - b.share.order || (a.key < b.key ? -1 : Number(a.key > b.key));
}

/**
 * Finds the owner of each route. A route that equals a recorded one belongs to its project. Of the other routes, the first ones
 * with the matchers of a recorded route that is missing are this route, edited by a user.
 */
export function recognized(tree: readonly TreeRoute[], claims: readonly Claim[]): OwnedRoute[] {
  const parts = tree.map(({ route }) => partOf(route));
  const owners = new Map<number, Claim>();
  const sorted = claims.toSorted(byOrder);
  const take = (claim: Claim, isIt: (part: string) => boolean): boolean => {
    const index = parts.findIndex((part, position) => !owners.has(position) && isIt(part));
    if (index >= 0) owners.set(index, claim);
    return index >= 0;
  };
  const missing = sorted.flatMap((claim) => {
    const { parts: own, former = [] } = claim.share;
    const found = new Set([...own, ...former].filter((part) => take(claim, (other) => other === part)));
    return missingMatchers([own, former], found).map((matchers) => ({ claim, matchers }));
  });
  for (const { claim, matchers } of missing) take(claim, (part) => matchersIn(part) === matchers);
  return tree.map((one, index) => ({ ...one, claim: owners.get(index) }));
}

/** The matchers of missing routes. Of a route that a pending write changes, the tree has the former or the new one. */
function missingMatchers(states: readonly (readonly string[])[], found: ReadonlySet<string>): string[] {
  const all = new Set([...states.flat(), ...found].map(matchersIn));
  const count = (parts: Iterable<string>, matchers: string) =>
    [...parts].filter((part) => matchersIn(part) === matchers).length;
  return [...all].flatMap((matchers) => {
    const expected = Math.max(...states.map((parts) => count(parts, matchers)));
    return Array.from({ length: Math.max(0, expected - count(found, matchers)) }, () => matchers);
  });
}
