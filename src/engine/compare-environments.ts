import { withValue } from "../code/desired.ts";
import { equal, type JsonObject } from "../util/json.ts";
import { containerKind } from "./container.ts";
import type { Difference } from "./difference.ts";
import { differencesOf } from "./live.ts";
import type { Mapping } from "./mapping.ts";
import { address, type Desired, type LiveObject } from "./model.ts";
import type { Kinds, ResourceKind } from "./resource.ts";

/** A resource in one of two environments. */
export interface Item {
  readonly kind: string;
  /** The id in the code, which can differ from the one in Grafana. */
  readonly id: string;
  readonly title: string;
  /** Absent: the code of this environment doesn't have it. */
  readonly desired?: Desired;
  /** The canonical form in Grafana. Absent: it equals the code. */
  readonly observed?: JsonObject;
  readonly live?: LiveObject;
}

/** One environment of a comparison. */
export interface Side {
  readonly items: readonly Item[];
  readonly mapping?: Mapping | undefined;
}

/** A resource that two environments don't have in common. */
export interface Unequal {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly state: "different" | "only-from" | "only-to";
  /** From the first environment to the second one, with the ids of the code. */
  readonly differences: readonly Difference[];
}

export interface EnvironmentComparison {
  readonly unequal: readonly Unequal[];
  /** The number of equal resources. */
  readonly equal: number;
}

/** The id that a resource has without the mapping of its environment. */
export function idInCode(one: Desired, kinds: Kinds, mapping: Mapping | undefined): string {
  const kind = kinds.get(one.kind);
  if (!mapping || !kind?.mapping) return one.id;
  return kind.id(kind.mapping.resource(one.resource, mapping.back, one.project), one.project);
}

/** Compares the resources of two environments. References are compared by the ids of the code. Pure. */
export function compareEnvironments(from: Side, to: Side, kinds: Kinds): EnvironmentComparison {
  const [before, after] = [byAddress(from), byAddress(to)];
  const unequal: Unequal[] = [];
  let equal = 0;
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(name), after.get(name)];
    const one = is ?? was;
    const kind = one && kinds.get(one.kind);
    if (!one || !kind) continue;
    const base = { kind: one.kind, id: one.id, title: one.title };
    if (!was || !is) {
      unequal.push({ ...base, state: was ? "only-from" : "only-to", differences: [] });
      continue;
    }
    const found = differencesBetween(
      kind,
      { item: was, mapping: from.mapping },
      { item: is, mapping: to.mapping },
    ).filter((difference) => !isMappedContainer(difference, containerKind(kinds).name, from.mapping, to.mapping));
    if (found.length === 0) equal++;
    else unequal.push({ ...base, state: "different", differences: found });
  }
  return { unequal: unequal.toSorted((a, b) => (address(a) < address(b) ? -1 : 1)), equal };
}

function byAddress({ items }: Side): ReadonlyMap<string, Item> {
  return new Map(items.map((one) => [address(one), one]));
}

interface MappedItem {
  readonly item: Item;
  readonly mapping: Mapping | undefined;
}

/** The differences between two objects, except those that result only from mappings. */
function differencesBetween(kind: ResourceKind, from: MappedItem, to: MappedItem): Difference[] {
  const [was, is] = [codeOf(kind, from), codeOf(kind, to)];
  const inCode = was && is ? differencesOf(kind, kind.desired(was), kind.desired(is)) : undefined;
  if (inCode && !from.item.observed && !to.item.observed) return inCode;
  const found = differencesOf(kind, formOf(kind, from, to.item), formOf(kind, to, from.item));
  if (!inCode) return found;
  // Derived uids contain the ids of mapped folders.
  const paths = new Set(inCode.map(({ path }) => path));
  const plain = (one: MappedItem) => formOf(kind, { ...one, item: withoutForm(one.item) }, withoutForm(one.item));
  const mapped = differencesOf(kind, plain(from), plain(to)).filter(({ path }) => !paths.has(path));
  const isMapped = (one: Difference) =>
    mapped.some(
      ({ path, before, after }) =>
        path === one.path && equal(before ?? null, one.before ?? null) && equal(after ?? null, one.after ?? null),
    );
  return found.filter((one) => !isMapped(one));
}

function withoutForm({ observed: _observed, live: _live, ...item }: Item): Item {
  return item;
}

/** The resource with the ids of the code. */
function codeOf(kind: ResourceKind, { item: { desired }, mapping }: MappedItem): Desired | undefined {
  if (!desired || !mapping || !kind.mapping) return desired;
  return withValue(kind, desired, kind.mapping.resource(desired.resource, mapping.back, desired.project));
}

/** The form of an object. One that equals the code takes the ids of parts from the other side, which can have others. */
function formOf(kind: ResourceKind, { item, mapping }: MappedItem, other: Item): JsonObject {
  const { desired, observed, live } = item;
  const form =
    observed ??
    (desired
      ? kind.desired(desired, other.observed ? other.live : undefined)
      : live?.complete === true
        ? kind.observed(live)
        : {});
  return mapping && kind.mapping ? kind.mapping.form(form, mapping.back) : form;
}

/** Forms have the ids of folders in Grafana. */
function isMappedContainer(
  { before, after }: Difference,
  kind: string,
  from: Mapping | undefined,
  to: Mapping | undefined,
): boolean {
  if (typeof before !== "string" || typeof after !== "string") return false;
  const [was, is] = [from?.back(kind, before)?.id, to?.back(kind, after)?.id];
  return (was ?? is) !== undefined && (was ?? before) === (is ?? after);
}
