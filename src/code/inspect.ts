import { isObject } from "../util/json.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { issuesOf, PARSING, pathText, type SchemaIssue } from "../util/schema-issues.ts";
import { Secret } from "../secrets/secret.ts";

/** Something wrong, by its place in what the code exports. */
export interface Issue extends SchemaIssue {
  /** Of the exported resource itself, wherever on the way it was found. */
  readonly circle?: boolean;
}

interface Inspection {
  readonly kinds: Kinds;
  readonly exported: ReadonlySet<object>;
  readonly path: readonly PropertyKey[];
  /** What was followed from the exported resource to this one, with both. */
  readonly around: readonly object[];
}

/**
 * Checks a resource and the objects that it refers to. What is exported itself is reported where it stands: a resource
 * that is good but for that is set aside without a fault of its own.
 */
export function inspect(
  kind: ResourceKind,
  value: object,
  inspection: Inspection,
): { issues: Issue[]; aside: boolean } {
  const { kinds, exported, path, around } = inspection;
  const parsed = kind.schema.safeParse(value, PARSING);
  const issues = parsed.success ? [] : issuesOf(parsed.error.issues).map((one) => under(path, one));
  let aside = false;
  for (const [key, target] of Object.entries(value)) {
    const here = [...path, key];
    const targetKind = kindOf(target, kinds);
    if (!targetKind) continue;
    if (target === around[0] || (around.includes(target) && !exported.has(target))) {
      issues.push({ path: here, message: `the ${targetKind.name} is inside itself`, circle: true });
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

/** What JSON can't hold: an object within itself, a number of any size. */
export function unspeakableIn(
  value: unknown,
  path: readonly PropertyKey[] = [],
  around: readonly object[] = [],
): Issue | undefined {
  if (typeof value === "bigint") return { path, message: "is a bigint, which JSON can't hold: write a number" };
  if (typeof value !== "object" || value === null) return undefined;
  if (around.includes(value)) return { path, message: "contains itself, which JSON can't hold" };
  for (const [key, item] of Object.entries(value)) {
    const found = unspeakableIn(item, [...path, Array.isArray(value) ? Number(key) : key], [...around, value]);
    if (found) return found;
  }
  return undefined;
}

/** A secret where it would be sent as the word that hides it. Those of the resources that this one names are their own. */
export function misplacedSecrets(kind: ResourceKind, resource: object, kinds: Kinds): Issue[] {
  const places = new Set(kind.secrets?.uses(resource).map(({ path }) => pathText(path)));
  const taken = [...kinds.values()].flatMap(({ secrets }) => secrets?.place ?? []);
  const message = `a secret can't stand here: it is taken in ${taken.join(" and ")}`;
  const issues: Issue[] = [];
  const path: PropertyKey[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (value instanceof Secret) {
      if (!places.has(pathText(path))) issues.push({ path: [...path], message });
      return;
    }
    if (path.length > 0 && kindOf(value, kinds)) return;
    for (const [key, item] of Object.entries(value)) {
      path.push(Array.isArray(value) ? Number(key) : key);
      walk(item);
      path.pop();
    }
  };
  walk(resource);
  return issues;
}

function under(path: readonly PropertyKey[], issue: Issue): Issue {
  return { ...issue, path: [...path, ...issue.path] };
}

function kindOf(value: unknown, kinds: Kinds): ResourceKind | undefined {
  if (!isObject(value) || "existing" in value || typeof value["kind"] !== "string") return undefined;
  return kinds.get(value["kind"]);
}
