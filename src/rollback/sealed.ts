import { useKey } from "../secrets/named-secrets.ts";
import { isObject, type Json } from "../util/json.ts";
import { Secret, type SecretUse } from "../secrets/secret.ts";

// In the file of a body, `{ "$secret": "NAME" }` is a secret only if the file's own list contains its place, because any user
// who can edit the object in Grafana can write the same text to it.

const MARK = "$secret";

export interface SealedBody {
  readonly body: Json;
  readonly sealed: readonly SecretUse[];
}

/** A body for a file, with the places and variables of its secrets. Escapes every other key that looks like a secret. */
export function sealedBody(value: unknown): SealedBody {
  const sealed: SecretUse[] = [];
  const walk = (one: unknown, path: SecretUse["path"]): Json => {
    if (one instanceof Secret) {
      sealed.push({ path, variable: one.variable });
      return { [MARK]: one.variable };
    }
    if (Array.isArray(one)) return one.map((item, index) => walk(item, [...path, index]));
    if (!isObject(one)) return one as Json;
    const entries = Object.entries(one).map(([key, item]) => [escaped(key), item] as const);
    return Object.fromEntries(entries.map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { body: walk(value, []), sealed };
}

/** The inverse of `sealedBody`. Undefined if the list and the body contradict each other, or a variable isn't allowed. */
export function unsealedBody({ body, sealed }: SealedBody, isAllowed: (variable: string) => boolean): unknown {
  const variables = new Map(sealed.map(({ path, variable }) => [JSON.stringify(path), variable]));
  let found = 0;
  const walk = (one: unknown, path: SecretUse["path"]): unknown => {
    const variable = variableIn(one);
    if (variable !== undefined && variables.get(JSON.stringify(path)) === variable && isAllowed(variable)) {
      found++;
      return new Secret(variable);
    }
    if (Array.isArray(one)) return one.map((item, index) => walk(item, [...path, index]));
    if (!isObject(one)) return one;
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [unescaped(key), walk(item, [...path, key])]));
  };
  const value = walk(body, []);
  return found === variables.size ? value : undefined;
}

/**
 * The same for a file of a version that wrote no list. A value is a secret if the run's record has the same variable at the
 * same place. Undefined if anything else looks like a secret: it could also be text from Grafana.
 */
export function unsealedOldBody(body: unknown, places: readonly SecretUse[]): unknown {
  const known = new Set(places.map(useKey));
  const isKnown = (place: SecretUse) => known.has(useKey(place));
  let unsure = false;
  const walk = (one: unknown, path: SecretUse["path"]): unknown => {
    if (Array.isArray(one)) return one.map((item, index) => walk(item, [...path, index]));
    if (!isObject(one)) return one;
    const variable = variableIn(one);
    if (variable !== undefined) {
      const within = partAt(body, path);
      const place = { path, variable, ...(within === undefined ? {} : { within }) };
      if (isKnown(place)) return new Secret(variable);
      unsure = true;
    }
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  const value = walk(body, []);
  return unsure ? undefined : value;
}

function variableIn(value: unknown): string | undefined {
  return isObject(value) && typeof value[MARK] === "string" ? value[MARK] : undefined;
}

/** The uid of the part that contains a path, such as `integrations[0]`. */
function partAt(body: unknown, [list, index]: SecretUse["path"]): string | undefined {
  const parts = isObject(body) && typeof list === "string" ? body[list] : undefined;
  const part = Array.isArray(parts) && typeof index === "number" ? parts[index] : undefined;
  return isObject(part) && typeof part["uid"] === "string" ? part["uid"] : undefined;
}

function escaped(key: string): string {
  return /^\$+secret/.test(key) ? `$${key}` : key;
}

function unescaped(key: string): string {
  return /^\$\$+secret/.test(key) ? key.slice(1) : key;
}
