import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { NamedVariable, Secret } from "../secrets/secret.ts";
import { isObject } from "../util/json.ts";
import { pathText } from "../util/schema-issues.ts";
import { notInJson, type Issue } from "./inspect.ts";
import { unreadText } from "./unread-variable.ts";

/** Secrets, variables and resources in the data of a resource that would be sent as they are. */
interface Misplaced {
  /** The results of `env(...)` without a `secret(...)` around them. */
  readonly variables: readonly Issue[];
  /** At places where their placeholder would be sent. */
  readonly secrets: readonly Issue[];
  /** For example a datasource as a variable's `datasource`: all of its properties would be sent. */
  readonly resources: readonly Issue[];
  /** Values that JSON would drop or change. */
  readonly unserializable: readonly Issue[];
}

/** Finds misplaced values in one walk. Does not descend into other resources. */
export function misplacedIn(kind: ResourceKind, resource: object, kinds: Kinds, project: string): Misplaced {
  const secrets: (readonly PropertyKey[])[] = [];
  const variables: Issue[] = [];
  const resources: { kind: string; value: object; path: readonly PropertyKey[] }[] = [];
  const unserializable: Issue[] = [];
  const path: PropertyKey[] = [];
  const walk = (value: unknown): void => {
    const problem = notInJson(value, path.at(-1));
    if (problem) {
      unserializable.push({ path: [...path], message: problem });
      return;
    }
    if (typeof value !== "object" || value === null) return;
    if (value instanceof Secret) {
      secrets.push([...path]);
      return;
    }
    if (value instanceof NamedVariable) {
      variables.push({ path: [...path], message: unreadText(value) });
      return;
    }
    const inner = path.length > 0 && isObject(value) ? resourceKindOf(value, kinds) : undefined;
    if (inner) {
      resources.push({ kind: inner, value, path: [...path] });
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      path.push(Array.isArray(value) ? Number(key) : key);
      walk(item);
      path.pop();
    }
  };
  walk(resource);
  return {
    variables,
    secrets: secrets.length === 0 ? [] : misplacedSecrets(secrets, kind, resource, kinds),
    resources: resources.length === 0 ? [] : misplacedResources(resources, kind, resource, project),
    unserializable,
  };
}

function misplacedSecrets(
  found: readonly (readonly PropertyKey[])[],
  kind: ResourceKind,
  resource: object,
  kinds: Kinds,
): Issue[] {
  const places = new Set(kind.secrets?.uses(resource).map(({ path }) => pathText(path)));
  const allowed = [...kinds.values()].flatMap(({ secrets }) => secrets?.place ?? []);
  const message = `secrets are not supported here, only in ${allowed.join(" and ")}`;
  return found.filter((path) => !places.has(pathText(path))).map((path) => ({ path, message }));
}

function misplacedResources(
  found: readonly { readonly kind: string; readonly value: object; readonly path: readonly PropertyKey[] }[],
  kind: ResourceKind,
  resource: object,
  project: string,
): Issue[] {
  // A reference with a property takes that property of the resource, such as `ref`.
  const allowed = new Set(kind.references(resource, project).flatMap(({ path, property }) => (property ? [] : [path])));
  return found
    .filter(({ path }) => !allowed.has(pathText(path)))
    .map(({ kind: name, value, path }) => ({
      path,
      message: `a ${name} resource can't be used here; use its ${"ref" in value ? "ref, for example prometheus.ref" : "uid"}`,
    }));
}

function resourceKindOf(value: Record<string, unknown>, kinds: Kinds): string | undefined {
  const kind = typeof value["kind"] === "string" ? kinds.get(value["kind"]) : undefined;
  if (!kind) return undefined;
  // Grafana's own models have properties named `kind`, too.
  return value["existing"] === true || kind.schema.safeParse(value).success ? kind.name : undefined;
}
