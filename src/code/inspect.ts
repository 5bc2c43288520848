import { isObject } from "../util/json.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { issuesOf, PARSING, type SchemaIssue } from "../util/schema-issues.ts";

/** A fault at a place in an exported resource. */
export interface Issue extends SchemaIssue {
  /** Whether it is in the exported resource itself, even if it was found in an object that the resource refers to. */
  readonly circle?: boolean;
}

interface Inspection {
  readonly kinds: Kinds;
  readonly exported: ReadonlySet<object>;
  readonly path: readonly PropertyKey[];
  /** The objects from the exported resource to this one, including both. */
  readonly around: readonly object[];
}

/**
 * Validates a resource and the objects that it refers to. Faults of objects that are exported themselves are reported
 * there: a resource that depends on such an object is omitted without a fault.
 */
export function inspect(
  kind: ResourceKind,
  value: object,
  inspection: Inspection,
): { issues: Issue[]; aside: boolean } {
  const { kinds, exported, path, around } = inspection;
  const parsed = kind.schema.safeParse(value, PARSING);
  const issues = parsed.success ? [] : issuesOf(parsed.error.issues).map((one) => prefixed(path, one));
  let aside = false;
  for (const [key, target] of Object.entries(value)) {
    const here = [...path, key];
    const targetKind = kindOf(target, kinds);
    if (!targetKind) continue;
    if (target === around[0] || (around.includes(target) && !exported.has(target))) {
      issues.push({ path: here, message: `the ${targetKind.name} contains itself`, circle: true });
    } else if (around.includes(target)) {
      aside = true;
    } else {
      const inner = inspect(targetKind, target, { kinds, exported, path: here, around: [...around, target] });
      const ours = inner.issues.filter(({ circle }) => circle === true || !exported.has(target));
      issues.push(...ours);
      aside ||= inner.aside || ours.length < inner.issues.length;
    }
  }
  return { issues, aside };
}

/** Finds a value that JSON can't represent: a circular reference or a bigint. */
export function unserializableIn(
  value: unknown,
  path: readonly PropertyKey[] = [],
  around: readonly object[] = [],
): Issue | undefined {
  if (typeof value === "bigint") return { path, message: "is a bigint, which JSON can't represent; use a number" };
  if (typeof value !== "object" || value === null) return undefined;
  if (around.includes(value)) return { path, message: "contains itself, which JSON can't represent" };
  for (const [key, item] of Object.entries(value)) {
    const found = unserializableIn(item, [...path, Array.isArray(value) ? Number(key) : key], [...around, value]);
    if (found) return found;
  }
  return undefined;
}

function prefixed(path: readonly PropertyKey[], issue: Issue): Issue {
  return { ...issue, path: [...path, ...issue.path] };
}

function kindOf(value: unknown, kinds: Kinds): ResourceKind | undefined {
  if (!isObject(value) || "existing" in value || typeof value["kind"] !== "string") return undefined;
  return kinds.get(value["kind"]);
}
