import { useKey } from "../secrets/named-secrets.ts";
import { ShownText, type EncryptedText, type Encryption } from "../secrets/encrypted-text.ts";
import { isObject, type Json, type JsonObject } from "../util/json.ts";
import { Secret, type SecretUse } from "../secrets/secret.ts";

// In the file of a body, `{ "$secret": "NAME" }` is a secret only if the file's own list contains its place, because any user
// who can edit the object in Grafana can write the same text to it. Keys of an object that look like one are escaped.

const MARK = "$secret";
/** The number of an encrypted text in the file's list. */
const TEXT = "$secret-text";
/** The entries of an object with an encrypted key. */
const ENTRIES = "$secret-entries";

export interface SealedBody {
  readonly body: Json;
  readonly sealed: readonly SecretUse[];
  readonly encrypted: readonly EncryptedText[];
}

/** A body for a file: secrets are replaced by their variables, and texts that contain one are encrypted. */
export function sealedBody(
  value: unknown,
  { encrypted: encrypt, encryptedWith }: Pick<Encryption, "encrypted" | "encryptedWith">,
): SealedBody {
  const sealed: SecretUse[] = [];
  const encrypted: EncryptedText[] = [];
  const text = (one: string): Json => {
    const found = encrypt(one);
    return found ? { [TEXT]: encrypted.push(found) - 1 } : one;
  };
  const walk = (one: unknown, path: SecretUse["path"]): Json => {
    if (typeof one === "string") return text(one);
    if (one instanceof ShownText) return { [TEXT]: encrypted.push(encryptedWith(one.variable, one.text)) - 1 };
    if (one instanceof Secret) {
      sealed.push({ path, variable: one.variable });
      return { [MARK]: one.variable };
    }
    if (Array.isArray(one)) return one.map((item, index) => walk(item, [...path, index]));
    if (!isObject(one)) return one as Json;
    const entries = Object.entries(one).map(([key, item]) => {
      const [name, shown] = [text(key), escaped(key)];
      return [typeof name === "string" ? shown : name, walk(item, [...path, shown])] as const;
    });
    const isPlain = entries.every(([key]) => typeof key === "string");
    return isPlain
      ? Object.fromEntries(entries as [string, Json][])
      : { [ENTRIES]: entries.map((entry) => [...entry]) };
  };
  return { body: walk(value, []), sealed, encrypted };
}

/** Why a body can't be read. */
export type Unreadable = { readonly missing: readonly string[] } | "ambiguous";

/**
 * The inverse of `sealedBody`. `ambiguous`: the list and the body contradict each other, or a variable isn't allowed.
 * `missing`: variables whose values can't decrypt a text.
 */
export function unsealedBody(
  { body, sealed, encrypted }: SealedBody,
  isAllowed: (variable: string) => boolean,
  decrypt: (text: EncryptedText) => string | undefined,
): { readonly value: unknown } | { readonly unreadable: Unreadable } {
  const variables = new Map(sealed.map(({ path, variable }) => [JSON.stringify(path), variable]));
  const missing = new Set<string>();
  let found = 0;
  const text = (one: unknown): string | undefined => {
    const index = isObject(one) ? one[TEXT] : undefined;
    const there = typeof index === "number" ? encrypted[index] : undefined;
    if (!there) return undefined;
    const clear = decrypt(there);
    if (clear === undefined) for (const variable of there.variables) missing.add(variable);
    return clear ?? "";
  };
  const walk = (one: unknown, path: SecretUse["path"]): unknown => {
    const variable = variableIn(one);
    if (variable !== undefined && variables.get(JSON.stringify(path)) === variable && isAllowed(variable)) {
      found++;
      return new Secret(variable);
    }
    if (Array.isArray(one)) return one.map((item, index) => walk(item, [...path, index]));
    if (!isObject(one)) return one;
    const clear = text(one);
    if (clear !== undefined) return clear;
    return Object.fromEntries(
      entriesOf(one).map(([key, item]) => {
        const name = typeof key === "string" ? unescaped(key) : (text(key) ?? "");
        return [name, walk(item, [...path, typeof key === "string" ? key : escaped(name)])];
      }),
    );
  };
  const value = walk(body, []);
  if (missing.size > 0) return { unreadable: { missing: [...missing] } };
  return found === variables.size ? { value } : { unreadable: "ambiguous" };
}

function entriesOf(one: JsonObject): (readonly [unknown, unknown])[] {
  const list = one[ENTRIES];
  return Array.isArray(list)
    ? list.map((entry) => (Array.isArray(entry) ? [entry[0], entry[1]] : ["", entry]))
    : Object.entries(one);
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
