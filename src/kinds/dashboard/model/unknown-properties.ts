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

function visit(value: unknown, types: readonly string[], path: readonly PropertyKey[], found: UnknownProperty[]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, types, [...path, index], found);
    return;
  }
  if (!isObject(value)) return;
  const matching = matchingTypes(value, types);
  const own = matching.map(([, type]) => type);
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  const known = new Set(own.flatMap((type) => Object.keys(type)));
  for (const name of names) {
    const inner = own.flatMap((type) => {
      const property = Object.hasOwn(type, name) ? type[name] : type["*"];
      return Array.isArray(property) ? (property as readonly string[]) : [];
    });
    if (inner.length > 0 && !isLibraryPanel(name, value[name])) visit(value[name], inner, [...path, name], found);
    if (known.has(name) || known.has("*") || FORMER.has(name) || name.startsWith("_")) continue;
    const meant = similar(
      name,
      [...known].filter((one) => !names.includes(one)),
    );
    if (meant === undefined && !matching.every(([type]) => COMPLETE.test(type))) continue;
    const message = `unknown property${meant === undefined ? "" : `; did you mean ${meant}?`}`;
    found.push({ path: pathText([...path, name]), message });
  }
}

/** Whether code refers to a library panel by its object, which has more properties than a reference. */
function isLibraryPanel(name: string, value: unknown): boolean {
  return name === "libraryPanel" && isObject(value) && "kind" in value;
}

/** The types whose constants a value has. */
function matchingTypes(value: object, names: readonly string[]): (readonly [name: string, KnownType])[] {
  const all = [...new Set(names)].flatMap((name) => {
    const type = TYPES[name];
    return type ? [[name, type] as const] : [];
  });
  const matching = all.filter(([, type]) =>
    Object.entries(type).some(
      ([key, known]) => typeof known === "string" && known.slice(1) === (Reflect.get(value, key) as unknown),
    ),
  );
  return matching.length > 0 ? matching : all;
}
