import { NamedVariable } from "../secrets/secret.ts";
import { isObject } from "../util/json.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { unreadText } from "./unread-variable.ts";
import { issuesOf, PARSING, type SchemaIssue } from "../util/schema-issues.ts";

/** A fault at a place in an exported resource. */
export interface Issue extends SchemaIssue {
  /** Whether it is in the exported resource itself, even if it was found in an object that the resource refers to. */
  readonly circle?: boolean;
  /** Whether the value is the result of `env(...)` without a `secret(...)` around it. */
  readonly unread?: true;
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
  const issues = parsed.success
    ? []
    : issuesOf(parsed.error.issues).map((one) => prefixed(path, explained(one, value)));
  let aside = false;
  for (const [key, target] of Object.entries(value)) {
    const here = [...path, key];
    const targetKind = kindOf(target, kinds);
    if (!targetKind) continue;
    if (target === around[0] || (around.includes(target) && !exported.has(target))) {
      const circle = [...around.slice(around.indexOf(target)), target].map(nameOf);
      issues.push({
        path: here,
        message: `the ${targetKind.name} contains itself: ${circle.join(" in ")}`,
        circle: true,
      });
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

/** A value of `env(...)` has the wrong type everywhere. The message says what to write instead. */
function explained(issue: Issue, resource: object): Issue {
  const found = issue.path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
    resource,
  );
  return found instanceof NamedVariable ? { ...issue, message: unreadText(found), unread: true } : issue;
}

/** The uid or the title of a resource in a circle. */
function nameOf(resource: object): string {
  const [uid, title]: unknown[] = [Reflect.get(resource, "uid"), Reflect.get(resource, "title")];
  return typeof uid === "string" ? uid : typeof title === "string" ? `"${title}"` : "(no title)";
}

function prefixed(path: readonly PropertyKey[], issue: Issue): Issue {
  return { ...issue, path: [...path, ...issue.path] };
}

function kindOf(value: unknown, kinds: Kinds): ResourceKind | undefined {
  if (!isObject(value) || "existing" in value || typeof value["kind"] !== "string") return undefined;
  return kinds.get(value["kind"]);
}
