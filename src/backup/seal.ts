import type { KindContext } from "../engine/kind-context.ts";
import type { LiveObject } from "../engine/model.ts";
import type { ResourceKind } from "../engine/resource.ts";
import { masked, maskedText } from "../secrets/mask.ts";
import { differingPaths, valueAt, withAt, type Path } from "../secrets/paths.ts";
import { HIDDEN, Secret, secretsIn, type SecretUse } from "../secrets/secret.ts";
import { variableFrom } from "../secrets/variable-name.ts";
import { isObject, toJson, withTexts, type JsonObject } from "../util/json.ts";
import { VARIABLE_PREFIX, type SecretPlace } from "./manifest.ts";

// A file has "(secret)" in place of each value that is secret. The manifest names these places and their variables.

/** An object as its file has it. */
export interface Sealed {
  readonly content: JsonObject;
  readonly secrets: readonly SecretPlace[];
}

/** Gives each place a variable of its own. */
export type NameVariable = (words: string) => string;

export function variableNames(): NameVariable {
  const taken = new Set<string>();
  return (words) => {
    const base = `${VARIABLE_PREFIX}${variableFrom(words)}`.slice(0, 120);
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}_${number}`;
      if (taken.has(name)) continue;
      taken.add(name);
      return name;
    }
  };
}

/**
 * The snapshot of an object without secrets, and without texts that contain credentials. `title`: for the names of variables,
 * without secrets.
 */
export function sealed(
  context: KindContext,
  kind: ResourceKind,
  live: LiveObject,
  { title, nameFor }: { readonly title: string; readonly nameFor: NameVariable },
): Sealed {
  const hidden = kind.backup?.hidden?.({ ...live, title }) ?? [];
  const places = hidden.map(({ path, within, words }) => ({
    path,
    variable: nameFor(words),
    ...(within === undefined ? {} : { within }),
  }));
  const snapshot = kind.rollback.snapshot(live, places, context.secrets);
  const secrets = secretsIn(snapshot).map((use) => asPlace(use, places));
  const plain = inFile(kind, toJson(snapshot) as JsonObject);
  const shown = withoutCredentials(plain, context);
  const origins = hidden.reduce<unknown>(
    (form, { path, origin }) =>
      origin === undefined || shownText(origin, context) !== origin ? form : withAt(form, path, origin),
    shown,
  ) as JsonObject;
  const texts = differingPaths(plain, shown).map((path): SecretPlace => {
    const words = [title, ...path].join(" ");
    const isNumber = typeof valueAt(plain, path) === "number";
    return { path: [...path], variable: nameFor(words), text: true, ...(isNumber ? { number: true } : {}) };
  });
  return { content: kind.backup?.file?.write(origins) ?? origins, secrets: [...secrets, ...texts] };
}

function asPlace({ path, variable }: SecretUse, places: readonly SecretUse[]): SecretPlace {
  const within = places.find((one) => one.variable === variable)?.within;
  return { path: [...path], variable, ...(within === undefined ? {} : { within }) };
}

/** A snapshot as it may be shown. Values of known secrets are hidden, also within other texts. */
function withoutCredentials(snapshot: JsonObject, { secrets }: Pick<KindContext, "secrets">): JsonObject {
  return withTexts(masked(snapshot), (text) => secrets.redactor.redacted(text, "wholes")) as JsonObject;
}

/** A text as it may be shown. */
export function shownText(text: string, { secrets }: Pick<KindContext, "secrets">): string {
  return secrets.redactor.redacted(maskedText(text), "wholes");
}

/** The value of a variable; undefined if it is not set. */
export type ReadVariable = (variable: string) => string | undefined;

/** The current object, as its file would have it, and with its credentials. */
export interface Current {
  readonly plain: JsonObject;
  readonly shown: JsonObject;
  /** The places of its credentials. */
  readonly hidden: readonly Path[];
}

export function currentOf(context: KindContext, kind: ResourceKind, live: LiveObject): Current {
  const plain = inFile(kind, toJson(kind.rollback.snapshot(live, [], context.secrets)) as JsonObject);
  const shown = withoutCredentials(plain, context);
  return { plain, shown, hidden: differingPaths(plain, shown) };
}

/**
 * The snapshot in a file, with a `Secret` for each secret. A text gets the value of its variable, or that of the current object
 * if it differs only in the credential. `unset`: the variables of other texts, which keep "(secret)".
 */
export function unsealed(
  { content, secrets }: Sealed,
  kind: ResourceKind,
  { now, read }: { readonly now: Current | undefined; readonly read: ReadVariable },
): { readonly snapshot: JsonObject; readonly unset: readonly string[] } {
  const unset: string[] = [];
  const shown = kind.backup?.file?.read(content) ?? content;
  const snapshot = secrets.reduce<unknown>((form, { path, variable, text, number }) => {
    if (!text) {
      const origin = valueAt(form, path);
      const isKnown = typeof origin === "string" && origin !== HIDDEN;
      return withAt(form, path, new Secret(variable, false, isKnown ? origin : undefined));
    }
    const value = read(variable);
    if (value !== undefined) return withAt(form, path, number ? numberIn(value) : value);
    const current = now && currentAt(path, shown, now);
    if (current !== undefined) return withAt(form, path, current);
    unset.push(variable);
    return form;
  }, shown);
  return { snapshot: snapshot as JsonObject, unset };
}

/** The current text of which the file has the same part. Its index can have changed, for example that of a panel. */
function currentAt(path: Path, shown: JsonObject, now: Current): unknown {
  const text = valueAt(shown, path);
  const alike = now.hidden.filter((one) => valueAt(now.shown, one) === text);
  const only = (paths: readonly Path[]) => {
    const values = new Set(paths.map((one) => valueAt(now.plain, one)));
    return values.size === 1 ? [...values][0] : undefined;
  };
  const name = namedPath(shown, path);
  const same = only(alike.filter((one) => namedPath(now.shown, one) === name));
  // "(secret)" alone doesn't say which of several values it was.
  return same ?? (text === HIDDEN ? undefined : only(alike.filter((one) => keysOf(one) === keysOf(path))));
}

/** A path with the names of items instead of their indices. */
function namedPath(root: JsonObject, path: Path): string {
  const names = path.map((part, index) => {
    const item = typeof part === "number" ? valueAt(root, path.slice(0, index + 1)) : undefined;
    if (!isObject(item)) return part;
    const { spec, name, uid, id, title } = item;
    return (isObject(spec) ? spec["name"] : undefined) ?? name ?? uid ?? id ?? title ?? part;
  });
  return JSON.stringify(names);
}

function keysOf(path: Path): string {
  return JSON.stringify(path.filter((part) => typeof part === "string"));
}

function numberIn(text: string): number | string {
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

/** The part of a snapshot that its file has. */
function inFile({ backup }: ResourceKind, snapshot: JsonObject): JsonObject {
  return backup?.file ? backup.file.read(backup.file.write(snapshot)) : snapshot;
}
