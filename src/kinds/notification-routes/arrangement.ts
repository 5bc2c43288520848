import { equal, type JsonObject } from "../../util/json.ts";
import { byOrder, type Claim, type OwnedRoute, type TreeRoute } from "./recognition.ts";

/** The first project with a lower order whose routes come after a route of this claim. Pending claims don't count. */
export function misplacedBy(tree: readonly OwnedRoute[], own: Claim): Claim | undefined {
  if (own.pending) return undefined;
  const first = tree.findIndex(({ claim }) => claim?.key === own.key);
  if (first < 0) return undefined;
  return tree.slice(first).find(({ claim }) => claim && !claim.pending && isLower(claim, own))?.claim;
}

function isLower(claim: Claim, own: Claim): boolean {
  return claim.key !== own.key && byOrder(claim, own) < 0;
}

/**
 * The top-level routes of the tree after a write of `wanted`. All routes of others stay as they are, in the same order.
 * `moves`: the order has changed in the code.
 */
export function arranged(
  tree: readonly OwnedRoute[],
  own: Claim,
  wanted: readonly TreeRoute[],
  moves: boolean,
): JsonObject[] {
  const slots = tree.filter(({ claim }) => claim?.key === own.key);
  if (slots.length === 0 || moves || misplacedBy(tree, own)) return inserted(tree, own, wanted);
  const rows = inSlots(slots, wanted);
  return tree.flatMap((one) => rows.get(one) ?? [one.raw]);
}

/** Inserts all routes of a claim together: after all routes with a lower order, and before those with a higher one. */
function inserted(tree: readonly OwnedRoute[], own: Claim, wanted: readonly TreeRoute[]): JsonObject[] {
  const others = tree.filter(({ claim }) => claim?.key !== own.key);
  const from = others.findLastIndex(({ claim }) => claim && isLower(claim, own)) + 1;
  const higher = others.findIndex(({ claim }) => claim && !isLower(claim, own));
  const to = Math.max(from, higher < 0 ? others.length : higher);
  const at = own.share.order < 0 ? from : to;
  return [...others.slice(0, at), ...wanted, ...others.slice(at)].map(({ raw }) => raw);
}

/**
 * The routes to write in place of each existing one. Equal routes stay where they are. Others take the places of those that
 * they replace, or follow the one before them.
 */
function inSlots(slots: readonly OwnedRoute[], wanted: readonly TreeRoute[]): Map<OwnedRoute, JsonObject[]> {
  const rows = new Map<OwnedRoute, JsonObject[]>(slots.map((slot) => [slot, []]));
  let [slot, next] = [0, 0];
  for (const [slotEnd, wantedEnd] of [...commonIn(slots, wanted), [slots.length, wanted.length] as const]) {
    const free = slots.slice(slot, slotEnd);
    const fresh = wanted.slice(next, wantedEnd).map(({ raw }) => raw);
    for (const one of free.slice(0, -1)) rows.get(one)?.push(...fresh.splice(0, 1));
    const [keeper, before] = [slots[slotEnd], free.at(-1) ?? slots[slot - 1]];
    (before ? rows.get(before) : keeper && rows.get(keeper))?.push(...fresh);
    if (keeper) rows.get(keeper)?.push(keeper.raw);
    [slot, next] = [slotEnd + 1, wantedEnd + 1];
  }
  return rows;
}

/** The positions of a longest common subsequence of equal routes. */
function commonIn(slots: readonly TreeRoute[], wanted: readonly TreeRoute[]): (readonly [number, number])[] {
  const lengths = Array.from({ length: slots.length + 1 }, () => Array.from({ length: wanted.length + 1 }, () => 0));
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  for (let row = slots.length - 1; row >= 0; row--) {
    for (let column = wanted.length - 1; column >= 0; column--) {
      const same = equal(slots[row]?.route, wanted[column]?.route);
      const line = lengths[row];
      if (line) line[column] = same ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let [row, column] = [0, 0]; row < slots.length && column < wanted.length;) {
    if (equal(slots[row]?.route, wanted[column]?.route)) pairs.push([row++, column++]);
    else if (at(row + 1, column) >= at(row, column + 1)) row++;
    else column++;
  }
  return pairs;
}
