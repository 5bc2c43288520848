import { issuesOf, PARSING, pathText, type SchemaIssue } from "../util/schema-issues.ts";
import type { StackFault } from "./checks.ts";
import { SERVICE_NAMES } from "./names.ts";
import { DefinitionSchema, type CheckedDefinition } from "./schema.ts";

interface Parsed {
  readonly faults: readonly StackFault[];
  /** The definition with defaults in place of invalid settings; undefined if that is impossible. */
  readonly data: CheckedDefinition | undefined;
  /** Whether a setting, one of its parents or one of its children is invalid. */
  readonly isWrong: (path: string) => boolean;
}

/** Validates a definition by its schema. Returns the valid part too, so that later checks can report their faults at once. */
export function parseDefinition(input: unknown): Parsed {
  const unusable = unusableValues(input, []);
  const usable = without(input, unusable);
  const parsed = DefinitionSchema.safeParse(usable, PARSING);
  const found = parsed.success || usable === undefined ? [] : issuesOf(parsed.error.issues);
  const issues = [...unusable, ...found];
  const wrong = issues.map(({ path }) => pathText(removable(path, input)));
  return {
    faults: issues.map(({ path, message }) => ({
      code: "stack-setting-invalid",
      path: pathText(path),
      message,
      ...hintFor(path),
    })),
    data: issues.length === 0 ? parsed.data : DefinitionSchema.safeParse(without(input, issues)).data,
    isWrong: (path) => wrong.some((place) => isWithin(path, place) || isWithin(place, path)),
  };
}

/** Values that the schema accepts but that can't be written to a file. */
function unusableValues(value: unknown, path: readonly PropertyKey[]): SchemaIssue[] {
  if (typeof value === "string") {
    return /[\0\p{Surrogate}]/u.test(value)
      ? [{ path, message: "contains a NUL character or an unpaired surrogate; remove it" }]
      : [];
  }
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
  // Promises and maps have no own properties, so the schema would accept them as empty objects.
  if (!isPlain && entries.length === 0) {
    const type = value.constructor.name;
    return [{ path, message: `must be a plain object, not a ${type}${type === "Promise" ? "; await it" : ""}` }];
  }
  return entries.flatMap(([key, item]) => unusableValues(item, [...path, Array.isArray(value) ? Number(key) : key]));
}

/** A copy without the values that the issues are about. */
function without(input: unknown, issues: readonly SchemaIssue[]): unknown {
  return issues.reduce((value, { path }) => cut(value, removable(path, input)), input);
}

function cut(value: unknown, [key, ...rest]: readonly PropertyKey[]): unknown {
  if (key === undefined) return undefined;
  if (typeof value !== "object" || value === null) return value;
  const { [key]: item, ...others } = value as Record<PropertyKey, unknown>;
  return item === undefined || rest.length === 0 ? others : { ...others, [key]: cut(item, rest) };
}

/**
 * The path to remove for an issue: the whole list for an item, since the other items would change their paths, and the
 * parent for a missing value.
 */
function removable(path: readonly PropertyKey[], input: unknown): readonly PropertyKey[] {
  let value = input;
  for (const [index, part] of path.entries()) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return path.slice(0, index);
    value = (value as Record<PropertyKey, unknown>)[part];
    if (value === undefined) return path.slice(0, index);
  }
  return path;
}

function isWithin(path: string, place: string): boolean {
  return place === "" || path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`);
}

/** Lists the services for an unknown one. Other settings need no hint: their types list the values. */
function hintFor(path: readonly PropertyKey[]): { hint?: string } {
  const [first, name, ...rest] = path;
  const isUnknown =
    first === "services" && rest.length === 0 && !(SERVICE_NAMES as readonly PropertyKey[]).includes(name ?? "");
  return isUnknown && name !== undefined ? { hint: `The services are ${SERVICE_NAMES.join(", ")}.` } : {};
}
