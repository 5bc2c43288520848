import { issuesOf, PARSING, pathText, type SchemaIssue } from "../util/schema-issues.ts";
import type { StackFault } from "./checks.ts";
import { SERVICE_NAMES } from "./names.ts";
import { DefinitionSchema, type CheckedDefinition } from "./schema.ts";

/** A definition as far as it is right. */
interface Parsed {
  readonly faults: readonly StackFault[];
  /** Without what is wrong, with defaults in its place; undefined where that is not known. */
  readonly data: CheckedDefinition | undefined;
  /** Whether a place has something wrong at, above or below it. */
  readonly isWrong: (path: string) => boolean;
}

/** Checks a definition by its schema, and goes on with what is right of it, so that all that is wrong is told at once. */
export function parseDefinition(input: unknown): Parsed {
  const lost = unusableValues(input, []);
  const kept = without(input, lost);
  const parsed = DefinitionSchema.safeParse(kept, PARSING);
  const found = parsed.success || kept === undefined ? [] : issuesOf(parsed.error.issues);
  const issues = [...lost, ...found];
  const wrong = issues.map(({ path }) => pathText(removable(path, input)));
  return {
    faults: issues.map(({ path, message }) => ({ path: pathText(path), message, ...hintFor(path) })),
    data: issues.length === 0 ? parsed.data : DefinitionSchema.safeParse(without(input, issues)).data,
    isWrong: (path) => wrong.some((place) => isWithin(path, place) || isWithin(place, path)),
  };
}

/** The values that the schema would accept, and that no file can hold. */
function unusableValues(value: unknown, path: readonly PropertyKey[]): SchemaIssue[] {
  if (typeof value === "string") {
    return /[\0\p{Surrogate}]/u.test(value)
      ? [{ path, message: "contains a NUL character or half of a character; remove it" }]
      : [];
  }
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
  // Promises and maps have no properties: the schema would accept them as objects without settings.
  if (!isPlain && entries.length === 0) {
    const what = value.constructor.name;
    return [{ path, message: `is a ${what}, and no plain object${what === "Promise" ? ": await it" : ""}` }];
  }
  return entries.flatMap(([key, item]) => unusableValues(item, [...path, Array.isArray(value) ? Number(key) : key]));
}

/** A copy without what these are about. */
function without(input: unknown, issues: readonly SchemaIssue[]): unknown {
  return issues.reduce((value, { path }) => cut(value, removable(path, input)), input);
}

function cut(value: unknown, [key, ...rest]: readonly PropertyKey[]): unknown {
  if (key === undefined) return undefined;
  if (typeof value !== "object" || value === null) return value;
  const { [key]: item, ...others } = value as Record<PropertyKey, unknown>;
  return item === undefined || rest.length === 0 ? others : { ...others, [key]: cut(item, rest) };
}

/** What goes with an issue: of a list all, since its other items would have other places; for what is missing, what it is missing in. */
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

/** Names of services are told; for the rest, the type tells what there is. */
function hintFor(path: readonly PropertyKey[]): { hint?: string } {
  const [first, name, ...rest] = path;
  const isUnknown =
    first === "services" && rest.length === 0 && !(SERVICE_NAMES as readonly PropertyKey[]).includes(name ?? "");
  return isUnknown && name !== undefined ? { hint: `The services are ${SERVICE_NAMES.join(", ")}.` } : {};
}
