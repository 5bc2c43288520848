import { isObject } from "../../../util/json.ts";
import { pathText } from "../../../util/schema-issues.ts";
import { similar } from "../../../util/similar.ts";
import json from "./known-properties.json" with { type: "json" };

/** What a property contains: anything (0), a constant (`=Panel`), or objects of one of these types, also in lists. */
export type KnownProperty = 0 | string | readonly string[];

type KnownType = Readonly<Record<string, KnownProperty>>;

/** Types by their names, and their properties. `*`: all other properties. `scripts/sdk-table.ts` makes them from the SDK. */
export type KnownTypes = Readonly<Record<string, KnownType>>;

const TYPES = json as KnownTypes;

/** The types that contain everything else. */
const ROOTS = {
  classic: ["dashboard.Dashboard"],
  v2: ["dashboardv2.Dashboard", "dashboardv2beta1.Dashboard"],
  panel: ["dashboard.Panel"],
} as const;

/** Types without properties of plugins and former versions: all of schema v2, and these of the classic schema. */
const COMPLETE =
  /^dashboardv2|^dashboard\.(GridPos|FieldConfig|FieldConfigSource|ThresholdsConfig|Threshold|MatcherConfig|DataTransformerConfig|Dashboard\.time)$/;

/** Properties of former versions of Grafana. */
const FORMER = new Set(["lines", "nullValueMode", "index"]);

interface UnknownProperty {
  /** `panels[2].titel` */
  readonly path: string;
  readonly message: string;
}

/**
 * Unknown properties of a dashboard or panel. Plugins and former versions have their own, so in most objects of the classic
 * schema only those count whose names are similar to known ones that are not set.
 */
export function unknownProperties(value: object, root: keyof typeof ROOTS): UnknownProperty[] {
  const found: UnknownProperty[] = [];
  visit(value, ROOTS[root], [], found);
  return found;
}

/** Warnings, because Grafana keeps unknown properties. */
export function unknownFaults(value: object, root: keyof typeof ROOTS) {
  return unknownProperties(value, root).map(
    (one) => ({ level: "warning", code: "code-property-unknown", ...one }) as const,
  );
}

/** `path`: changed in place, because almost no property is unknown. */
function visit(value: unknown, types: readonly string[], path: PropertyKey[], found: UnknownProperty[]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visitInner(item, types, index, path, found);
    return;
  }
  if (!isObject(value)) return;
  const matching = matchingTypes(value, types);
  for (const name of Object.keys(value)) {
    if (value[name] === undefined) continue;
    const inner = innerTypes(matching, name);
    if (inner.length > 0 && !isLibraryPanel(name, value[name])) visitInner(value[name], inner, name, path, found);
    if (matching.some(({ type }) => Object.hasOwn(type, name) || "*" in type)) continue;
    if (FORMER.has(name) || name.startsWith("_")) continue;
    const known = new Set(matching.flatMap(({ type }) => Object.keys(type)));
    const meant = similar(
      name,
      [...known].filter((one) => value[one] === undefined),
    );
    if (meant === undefined && !matching.every((one) => COMPLETE.test(one.name))) continue;
    const message = `unknown property${meant === undefined ? "" : `; did you mean ${meant}?`}`;
    found.push({ path: pathText([...path, name]), message });
  }
}

function visitInner(
  value: unknown,
  types: readonly string[],
  key: PropertyKey,
  path: PropertyKey[],
  found: UnknownProperty[],
): void {
  path.push(key);
  visit(value, types, path, found);
  path.pop();
}

/** The types of a property's objects. */
function innerTypes(types: readonly NamedType[], name: string): readonly string[] {
  const lists = types.flatMap(({ type }) => {
    const property = Object.hasOwn(type, name) ? type[name] : type["*"];
    return Array.isArray(property) ? [property as readonly string[]] : [];
  });
  const [only = [], ...others] = lists;
  return others.length === 0 ? only : joined(lists);
}

const joins = new Map<string, readonly string[]>();

/** The names of several lists, as the same list each time. */
function joined(lists: readonly (readonly string[])[]): readonly string[] {
  const key = lists.join();
  const known = joins.get(key);
  if (known) return known;
  const list = lists.flat();
  joins.set(key, list);
  return list;
}

/** Whether code refers to a library panel by its object, which has more properties than a reference. */
function isLibraryPanel(name: string, value: unknown): boolean {
  return name === "libraryPanel" && isObject(value) && "kind" in value;
}

interface NamedType {
  readonly name: string;
  readonly type: KnownType;
  /** `["kind", "Panel"]` */
  readonly constants: readonly (readonly [key: string, value: string])[];
}

/** By the list of names, of which there are as many as properties in the table. */
const named = new WeakMap<readonly string[], readonly NamedType[]>();

function typesNamed(names: readonly string[]): readonly NamedType[] {
  const known = named.get(names);
  if (known) return known;
  const types = [...new Set(names)].flatMap((name) => {
    const type = TYPES[name];
    if (!type) return [];
    const constants = Object.entries(type).flatMap(([key, property]) =>
      typeof property === "string" ? [[key, property.slice(1)] as const] : [],
    );
    return [{ name, type, constants }];
  });
  named.set(names, types);
  return types;
}

/** The types whose constants a value has. */
function matchingTypes(value: object, names: readonly string[]): readonly NamedType[] {
  const all = typesNamed(names);
  if (all.length === 1) return all;
  const matching = all.filter(({ constants }) =>
    constants.some(([key, constant]) => constant === (Reflect.get(value, key) as unknown)),
  );
  return matching.length > 0 ? matching : all;
}
