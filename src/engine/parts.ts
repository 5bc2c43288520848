import type { Kinds, ResourceKind } from "./resource.ts";
import { causeOf, type Change, type Left } from "./change.ts";
import type { Deletion } from "./executable-plan.ts";
import type { Comparison, Live } from "./comparison.ts";
import { changeIn, leftAsEdited, originOf } from "./origin.ts";
import { address, type Desired, type LiveObject } from "./model.ts";

// Writes that take parts from other objects: rules, integrations, the default flag.

interface Surroundings {
  readonly kinds: Kinds;
  readonly live: Live;
  readonly comparisons: readonly Comparison[];
}

/** The parts that a write takes from the objects that have them. */
export function partsTaken(desired: Desired, kinds: Kinds): readonly string[] {
  return kinds.get(desired.kind)?.sharedParts?.taken(desired) ?? [];
}

/** An object with the parts that its write takes. */
export interface Taker {
  readonly kind: string;
  readonly id: string;
  readonly parts: readonly string[];
}

/** Converts resources to takers. */
export function takersOf(resources: readonly Desired[], kinds: Kinds): Taker[] {
  return resources.map((desired) => ({ kind: desired.kind, id: desired.id, parts: partsTaken(desired, kinds) }));
}

/** Objects that lose parts to written objects and that the plan does not contain. */
export function sideEffectsOf(
  written: readonly Taker[],
  { kinds, live }: Pick<Surroundings, "kinds" | "live">,
  isPlanned: (name: string) => boolean,
): Deletion[] {
  return [...Map.groupBy(written, ({ kind }) => kind)].flatMap(([kind, takers]) => {
    const parts = new Set(takers.flatMap((one) => one.parts));
    const own = kinds.get(kind);
    if (parts.size === 0) return [];
    return (live.get(kind) ?? [])
      .filter((object) => !isPlanned(address({ kind, id: object.id })))
      .filter((object) => own?.sharedParts?.held(object).some((part) => parts.has(part)))
      .map((object) => ({ kind, object }));
  });
}

/**
 * Skips writes that take parts of objects with changes made in Grafana, because the changes would be lost with the part.
 * `overwrites`: whether the changes of an object may be lost.
 */
export function withoutEditedParts(
  changes: readonly Change[],
  { kinds, live, comparisons }: Surroundings,
  overwrites: (name: string) => boolean,
): Change[] {
  const compared = new Map(comparisons.map((one) => [address(one.desired), one]));
  const takers = comparisons.filter(({ desired }) => partsTaken(desired, kinds).length > 0);
  const holders = new Map(
    [...new Set(takers.map(({ desired }) => desired.kind))].map((name) => [
      name,
      holdersOf(kinds.get(name), live.get(name) ?? []),
    ]),
  );
  const editOf = (kind: ResourceKind, name: string, object: LiveObject) => {
    const comparison = compared.get(name);
    if (!comparison) return changeIn(kind, object);
    const { live: now = object, differences } = comparison;
    const left = differences.length > 0 && leftAsEdited(comparison, now, originOf(kind, comparison, now));
    return left ? (left.uncertain ? "unknown" : "grafana") : undefined;
  };
  return changes.map((change) => {
    const [kind, comparison] = [kinds.get(change.kind), compared.get(address(change))];
    if (change.left || !kind || !comparison) return change;
    const parts = partsTaken(comparison.desired, kinds);
    const others = new Set(parts.flatMap((part) => holders.get(kind.name)?.get(part) ?? []));
    const edits = [...others].flatMap((object) => {
      const name = address({ kind: kind.name, id: object.id });
      const edit = object.id === change.id || overwrites(name) ? undefined : editOf(kind, name, object);
      return edit ? [{ name, uncertain: edit === "unknown" }] : [];
    });
    return edits.length === 0 ? change : { ...change, left: takesEdited(edits) };
  });
}

/**
 * Skips writes that take the last parts of an object that the code keeps, if Grafana then changes all references to that object
 * into references to the taker.
 */
export function withoutRenamedUsers(
  changes: readonly Change[],
  { kinds, live, comparisons }: Pick<Surroundings, "kinds" | "live" | "comparisons">,
): Change[] {
  const compared = new Map(comparisons.map(({ desired }) => [address(desired), desired]));
  return changes.map((change) => {
    const own = kinds.get(change.kind)?.sharedParts;
    const desired = compared.get(address(change));
    if (change.left || !own?.renamesUsers || !desired) return change;
    const parts = own.taken(desired);
    const emptied = live.get(change.kind)?.find((object) => {
      const name = address({ kind: change.kind, id: object.id });
      const others = comparisons.filter((one) => one.desired.kind === change.kind && address(one.desired) !== name);
      const taken = new Set(others.flatMap((one) => own.taken(one.desired)));
      const held = object.id !== change.id && compared.has(name) ? own.held(object) : [];
      return held.some((part) => parts.includes(part)) && held.every((part) => taken.has(part));
    });
    return emptied ? { ...change, left: emptiesKept(address({ kind: change.kind, id: emptied.id })) } : change;
  });
}

function emptiesKept(name: string): Left {
  return {
    reason: "obstacle",
    message: `takes the last part of ${name}, which the code keeps: Grafana would change all references to it`,
    hint: "use new uids for the parts, so that they are created again",
  };
}

function holdersOf(
  kind: ResourceKind | undefined,
  objects: readonly LiveObject[],
): ReadonlyMap<string, readonly LiveObject[]> {
  const pairs = objects.flatMap((object) => (kind?.sharedParts?.held(object) ?? []).map((part) => ({ part, object })));
  return new Map(
    [...Map.groupBy(pairs, ({ part }) => part)].map(([part, own]) => [part, own.map((one) => one.object)]),
  );
}

function takesEdited(edits: readonly { readonly name: string; readonly uncertain: boolean }[]): Left {
  const names = edits.map(({ name }) => name);
  const were = edits.some(({ uncertain }) => uncertain) ? "may have been" : names.length === 1 ? "was" : "were";
  return {
    reason: "dependency",
    cause: "drift",
    edited: names,
    message: `takes parts of ${names.join(", ")}, which ${were} changed in Grafana since the last apply`,
    hint: `add the change to the code, or overwrite it with --overwrite-drift ${names.join(" ")}`,
  };
}

/** Why an object is not deleted: a skipped write must take parts of it first. */
export function leftForTaker(
  { kind, object }: Deletion,
  changes: readonly Change[],
  { kinds, comparisons }: Surroundings,
): Left | undefined {
  const left = new Set(changes.filter((change) => change.left && change.kind === kind).map(address));
  const taken = comparisons.flatMap(({ desired }) =>
    left.has(address(desired)) ? [{ name: address(desired), parts: partsTaken(desired, kinds) }] : [],
  );
  if (taken.every(({ parts }) => parts.length === 0)) return undefined;
  const held = new Set(kinds.get(kind)?.sharedParts?.held(object));
  const name = taken.find(({ parts }) => parts.some((part) => held.has(part)))?.name;
  const taker = changes.find((change) => address(change) === name);
  if (!taker?.left) return undefined;
  return {
    reason: "dependency",
    ...(causeOf(taker.left) === "drift" ? { cause: "drift" } : {}),
    message: `is not deleted: ${address(taker)} takes parts of it and is skipped`,
    hint: `see ${address(taker)}`,
  };
}
