import { withValue, type Code } from "../code/desired.ts";
import { InvalidCodeError, type Fault } from "../util/errors.ts";
import type { Live } from "./comparison.ts";
import type { NamedTarget } from "./mapping-target.ts";
import { keyOf, type Mapping, type Rename } from "./mapping.ts";
import { address, type Desired, type LiveObject } from "./model.ts";
import type { Kinds } from "./resource.ts";

/**
 * The code with the ids of mapped objects that the configuration names by their names in Grafana. Throws if a selected resource
 * refers to one that Grafana lacks, or has more than once.
 */
export function withNamedTargets(code: Code, live: Live, kinds: Kinds, selected: (one: Desired) => boolean): Code {
  const { mapping } = code;
  const found = mapping && foundByName(mapping, live, kinds);
  if (!mapping || !found || found.size === 0) return code;
  const rename: Rename = (kind, id) => {
    const to = found.get(keyOf(kind, id));
    return to === undefined ? undefined : { id: to };
  };
  const faults: Fault[] = [];
  const changed = new Map<string, Desired>();
  for (const one of code.desired) {
    const kind = kinds.get(one.kind);
    if (!kind?.mapping) continue;
    // Not only references: a mapping also changes settings and values of variables.
    const named = new Map<string, { readonly kind: string; readonly id: string }>();
    const noted: Rename = (of, id) => {
      if (found.has(keyOf(of, id))) named.set(keyOf(of, id), { kind: of, id });
      return rename(of, id);
    };
    const value = kind.mapping.resource(one.resource, noted, one.project);
    for (const target of named.values())
      if (!rename(target.kind, target.id) && selected(one)) faults.push(lacking(one, target, mapping, live, kinds));
    if (named.size > 0) changed.set(address(one), withValue(kind, one, value));
  }
  if (faults.length > 0) throw new InvalidCodeError(faults);
  const now = (one: Desired) => changed.get(address(one)) ?? one;
  return {
    ...code,
    desired: code.desired.map(now),
    expected: code.expected.map(({ from, reference }) => ({
      from: now(from),
      reference: { ...reference, id: rename(reference.kind, reference.id)?.id ?? reference.id },
    })),
  };
}

/** Looks up the mapped names in Grafana. Returns for each id that stands for a name the id in Grafana, or undefined. */
export function foundByName(mapping: Mapping, live: Live, kinds: Kinds): ReadonlyMap<string, string | undefined> {
  return mapping.resolve((kind, target) => onlyMatch(matches(live, kinds, kind, target)));
}

/** The fault of a resource with an object that Grafana lacks, or has more than once. */
function lacking(
  one: Desired,
  { kind, id }: { readonly kind: string; readonly id: string },
  mapping: Mapping,
  live: Live,
  kinds: Kinds,
): Fault {
  const target = mapping.named(kind, id) ?? { name: id };
  const count = matches(live, kinds, kind, target).length;
  const type = target.type === undefined ? "" : ` and the type "${target.type}"`;
  const path = one.references.find((reference) => reference.kind === kind && reference.id === id)?.path;
  return {
    level: "error",
    code: "config-mapping-missing",
    ...one.source,
    ...(path === undefined ? {} : { path }),
    message: `refers to a ${kind} that the environment "${mapping.environment}" maps to the name "${target.name}"${type}, which ${count > 1 ? "several objects in Grafana have" : "no object in Grafana has"}`,
    hint: "Fix the name in the configuration, or use the uid of the object.",
  };
}

function matches(live: Live, kinds: Kinds, kind: string, { name, type }: NamedTarget): LiveObject[] {
  const mappable = kinds.get(kind)?.mappable;
  const isOfType = (one: LiveObject) => type === undefined || !mappable?.type || mappable.type(one) === type;
  return (live.get(kind) ?? []).filter((one) => one.title === name && isOfType(one));
}

function onlyMatch(found: readonly LiveObject[]): string | undefined {
  return found.length === 1 ? found[0]?.id : undefined;
}
