import type { Reference } from "../engine/model.ts";
import type { Kinds } from "../engine/resource.ts";
import { isObject } from "../util/json.ts";
import { pathText } from "../util/schema-issues.ts";
import type { Issue } from "./inspect.ts";

/**
 * Resources inside the data of another one, for example a datasource as a variable's `datasource`: all of their
 * properties would be sent. `references` lists the places that take a resource itself.
 */
export function misplacedResources(resource: object, kinds: Kinds, references: () => readonly Reference[]): Issue[] {
  const found: { kind: string; value: object; path: readonly PropertyKey[] }[] = [];
  const path: PropertyKey[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const kind = path.length > 0 && isObject(value) ? resourceKindOf(value, kinds) : undefined;
    if (kind) {
      found.push({ kind, value, path: [...path] });
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      path.push(Array.isArray(value) ? Number(key) : key);
      walk(item);
      path.pop();
    }
  };
  walk(resource);
  if (found.length === 0) return [];
  // A reference with a property takes that property of the resource, such as `ref`.
  const allowed = new Set(references().flatMap(({ path, property }) => (property ? [] : [path])));
  return found
    .filter(({ path }) => !allowed.has(pathText(path)))
    .map(({ kind, value, path }) => ({
      path,
      message: `a ${kind} resource can't be used here; use its ${"ref" in value ? "ref, for example prometheus.ref" : "uid"}`,
    }));
}

function resourceKindOf(value: Record<string, unknown>, kinds: Kinds): string | undefined {
  const kind = typeof value["kind"] === "string" ? kinds.get(value["kind"]) : undefined;
  if (!kind) return undefined;
  // Grafana's own models have properties named `kind`, too.
  return value["existing"] === true || kind.schema.safeParse(value).success ? kind.name : undefined;
}
