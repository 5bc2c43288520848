import type { Change } from "../engine/change.ts";
import type { Difference } from "../engine/difference.ts";
import { address } from "../engine/model.ts";
import { countOf } from "../util/plural.ts";

/** Differences that several resources have in common. */
export interface CommonChange {
  /** At least `least`. They have the same kind and action, and are applied or skipped for the same reason. */
  readonly changes: readonly [Change, ...Change[]];
  /** One of each. A label counts the parts that have it: `412 panels`. Empty if skipped objects were not compared. */
  readonly differences: readonly Difference[];
}

export interface GroupedChanges {
  readonly common: readonly CommonChange[];
  /** All other changes, with the differences that are not in `common`, in their order. */
  readonly others: readonly OtherChange[];
}

export interface OtherChange {
  readonly change: Change;
  readonly differences: readonly Difference[];
  /** The number of its differences that are in `common`. */
  readonly inCommon: number;
}

/**
 * Finds differences that at least `least` resources have in common, so that a report shows them once. A change whose differences
 * are all in common is in no other list, unless it has a side effect or a loss. Pure.
 */
export function groupChanges(changes: readonly Change[], least: number): GroupedChanges {
  const sets = [...Map.groupBy(changes, aboutOf).values()].filter((alike) => alike.length >= least);
  const found = sets.map((alike) => commonIn(alike, least));
  const shared = new Map(found.flatMap((one) => [...one.shared]));
  const uncompared = sets.map((alike) => alike.filter(isUncompared)).filter((alike) => alike.length >= least);
  const shownInCommon = new Set(uncompared.flat());
  const others = changes.flatMap((change): OtherChange[] => {
    const own = shared.get(change);
    const differences = own ? change.differences.filter((one) => !own.has(one)) : change.differences;
    const isShown = shownInCommon.has(change) || (own !== undefined && differences.length === 0);
    if (isShown && !change.sideEffect && !change.revokes && !change.loss) return [];
    return [{ change, differences, inCommon: own?.size ?? 0 }];
  });
  const alone = uncompared.flatMap((alike): CommonChange[] => {
    const [first, ...rest] = alike.filter((change) => !others.some((other) => other.change === change));
    return first ? [{ changes: [first, ...rest], differences: [] }] : [];
  });
  return { common: [...found.flatMap((one) => one.common), ...alone], others };
}

/** A skipped object whose content was not compared, such as one that the project doesn't own. */
function isUncompared({ left, differences }: Change): boolean {
  return left !== undefined && differences.length === 0;
}

/** Everything that a report says about a change, apart from its resource and its differences. */
function aboutOf(change: Change): string {
  const { kind, action, origin, verified, left } = change;
  const why = left ? [left.reason, left.message, hintOf(change)] : [];
  if (left?.reason === "drift") why.push(change.updatedByName ?? change.updatedBy);
  return JSON.stringify([kind, action, origin, verified, ...why]);
}

/** The hint of a skipped change, with the address replaced, so that it applies to others. */
export function hintOf(change: Change): string | undefined {
  return change.left?.hint?.replaceAll(address(change), "KIND/ID");
}

interface Occurrence {
  readonly change: Change;
  readonly difference: Difference;
}

/** The common differences of changes that are otherwise reported in the same words. */
function commonIn(alike: readonly Change[], least: number) {
  const all = alike.flatMap((change) => change.differences.map((difference): Occurrence => ({ change, difference })));
  const groups = [...Map.groupBy(all, ({ difference }) => contentOf(difference)).values()]
    .map((group) => ({ group, changes: [...new Set(group.map(({ change }) => change))] }))
    .filter(({ changes }) => changes.length >= least);
  const shared = new Map<Change, Set<Difference>>();
  for (const { change, difference } of groups.flatMap(({ group }) => group))
    shared.set(change, (shared.get(change) ?? new Set()).add(difference));
  const bySet = Map.groupBy(groups, ({ changes }) => changes.map(address).join("\n"));
  const common = [...bySet.values()].flatMap((same): CommonChange[] => {
    const [first, ...rest] = same[0]?.changes ?? [];
    return first ? [{ changes: [first, ...rest], differences: same.map(({ group }) => counted(group)) }] : [];
  });
  return { common, shared };
}

/** Identifies a difference regardless of the resource, and of the name of the part that it is in. */
function contentOf({ labels, path: _, ...rest }: Difference): string {
  const index = partIn(labels);
  const general = labels.map((label, at) => (at === index ? nounOf(label) : label));
  return JSON.stringify({ ...rest, labels: general });
}

/** The index of the label that names a part, such as a panel; -1 if the difference is not in a part. */
function partIn(labels: readonly string[]): number {
  return labels.findIndex((label, index) => index < labels.length - 1 && /[ "]/.test(label));
}

/** `panel` of `panel "Request rate"`, `slack integration` of `slack integration "ops"`. */
function nounOf(label: string): string {
  const quote = label.indexOf('"');
  return (quote > 0 ? label.slice(0, quote) : (label.split(" ")[0] ?? label)).trim();
}

/** The first occurrence. If the parts have several names, their number replaces the name. */
function counted(group: readonly Occurrence[]): Difference {
  const [{ difference }] = group as [Occurrence];
  const index = partIn(difference.labels);
  const names = new Set(group.map((one) => one.difference.labels[index]));
  if (index < 0 || names.size === 1) return difference;
  const label = countOf(group.length, nounOf(difference.labels[index] ?? ""));
  return { ...difference, labels: difference.labels.with(index, label) };
}
