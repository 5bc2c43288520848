import { hash } from "../util/json.ts";
import type { MappingTarget, NamedTarget } from "./mapping-target.ts";
import type { LiveObject } from "./model.ts";

/** The object of a Grafana that takes the place of one that the code names. */
export interface MappedTo {
  readonly id: string;
  /** Written next to the id, where the code has a type. */
  readonly type?: string;
}

/** What takes the place of an object; undefined if it keeps its id. */
export type Rename = (kind: string, id: string) => MappedTo | undefined;

/** Objects that refer to others that an environment can map. */
export interface MappingFacet<Resource extends object> {
  /** A copy with other references. Its own id stays the same, unless it contains the id of what it refers to. */
  resource(resource: Resource, rename: Rename, project: string): Resource;
  /** The same for JSON: a canonical form, a part of one, or a live object. Folders stay the same. */
  form<Value>(form: Value, rename: Rename): Value;
}

/** Objects that environments can map. @internal */
export interface MappableFacet<Found extends LiveObject> {
  /** The setting of an environment: `datasources`. */
  readonly setting: "datasources" | "folders" | "contactPoints";
  /** The type of an object, by which a mapping can select it. Absent: it has none. */
  type?(live: Found): string | undefined;
}

/** The mappings of one environment. */
export interface Mapping {
  /** From the code to Grafana. */
  readonly rename: Rename;
  /** From Grafana to the code. Undefined if no id of the code or several lead there. */
  readonly back: Rename;
  /** The ids of the code that lead to an id in Grafana. */
  sources(kind: string, id: string): readonly string[];
  /** Whether the environment has a mapping for this id of the code. */
  has(kind: string, id: string): boolean;
  /** The other environments that map an id which this one does not. */
  lackedBy(kind: string, id: string): readonly string[];
  /** Whether a mapping leads to this id. */
  isTarget(kind: string, id: string): boolean;
  /** All ids of the code that some environment maps, of any kind. */
  readonly names: ReadonlySet<string>;
  /** Looks up names. Returns for each id that stands for a name the id in Grafana, or undefined if Grafana lacks it. */
  resolve(find: (kind: string, target: NamedTarget) => string | undefined): ReadonlyMap<string, string | undefined>;
  /** The kinds of objects that the environment maps to names. */
  readonly namedKinds: readonly string[];
  /** The target of an id that stands for a name. */
  named(kind: string, id: string): NamedTarget | undefined;
  readonly environment: string;
  /** What another thread needs for the same mapping. */
  parts(): MappingParts;
}

/** A mapping without functions. */
export interface MappingParts {
  readonly environment: string;
  readonly own: Targets;
  readonly others: ReadonlyMap<string, Targets>;
  /** The ids that were found for names. */
  readonly resolved: ReadonlyMap<string, string>;
}

const STAND_IN = "mapped-";

/** Whether an id contains one that stands for a name, and so is known only after Grafana was read. */
export function hasStandIn(id: string): boolean {
  return new RegExp(`(^|/)${STAND_IN}[0-9a-f]{16}(/|$)`).test(id);
}

/** The mappings of an environment by kind and id of the code. */
export type Targets = ReadonlyMap<string, Readonly<Record<string, MappingTarget>>>;

/** `others`: the mappings of all environments. */
export function createMapping(
  environment: string,
  own: Targets,
  others: ReadonlyMap<string, Targets>,
  known: ReadonlyMap<string, string> = new Map(),
): Mapping {
  /** By the id that stands for a name, in the form of `keyOf`. */
  const resolved = new Map(known);
  const names = new Map<string, NamedTarget>();
  const targets = new Map<string, MappedTo>();
  for (const [kind, all] of own)
    for (const [id, target] of Object.entries(all)) {
      if (typeof target === "string") {
        targets.set(keyOf(kind, id), { id: target });
        continue;
      }
      const standIn = `${STAND_IN}${hash([kind, target.name, target.type ?? ""]).slice(0, 16)}`;
      names.set(keyOf(kind, standIn), target);
      targets.set(keyOf(kind, id), { id: standIn, ...(target.type === undefined ? {} : { type: target.type }) });
    }
  const now = (kind: string, target: MappedTo): MappedTo => ({
    ...target,
    id: resolved.get(keyOf(kind, target.id)) ?? target.id,
  });
  const sources = (kind: string, id: string) =>
    Object.keys(own.get(kind) ?? {}).filter((key) => {
      const target = targets.get(keyOf(kind, key));
      return target && now(kind, target).id === id;
    });
  const all = [...others.values()].flatMap((mapped) => [...mapped.values()].flatMap((ids) => Object.keys(ids)));
  return {
    environment,
    parts: () => ({ environment, own, others, resolved }),
    names: new Set(all),
    rename: (kind, id) => {
      const target = targets.get(keyOf(kind, id));
      return target && now(kind, target);
    },
    back: (kind, id) => {
      const [only, ...others] = sources(kind, id);
      return only !== undefined && others.length === 0 ? { id: only } : undefined;
    },
    sources,
    has: (kind, id) => targets.has(keyOf(kind, id)),
    lackedBy: (kind, id) =>
      targets.has(keyOf(kind, id))
        ? []
        : [...others].flatMap(([name, mapped]) => (Object.hasOwn(mapped.get(kind) ?? {}, id) ? [name] : [])),
    isTarget: (kind, id) => sources(kind, id).length > 0,
    namedKinds: [...own].flatMap(([kind, ids]) =>
      Object.values(ids).some((target) => typeof target !== "string") ? [kind] : [],
    ),
    named: (kind, id) => names.get(keyOf(kind, id)),
    resolve(find) {
      const found = new Map<string, string | undefined>();
      for (const [key, target] of names) {
        const [kind = ""] = JSON.parse(key) as string[];
        const id = find(kind, target);
        if (id !== undefined) resolved.set(key, id);
        found.set(key, id);
      }
      return found;
    },
  };
}

export function keyOf(kind: string, id: string): string {
  return JSON.stringify([kind, id]);
}
