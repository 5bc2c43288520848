import type { Meaning } from "./difference.ts";
import type { Json, JsonObject } from "../util/json.ts";

/** How the items of a list are told apart. */
export interface ListShape {
  /** What tells an item from the others, the surest first: items are the same where one of these is. */
  readonly by: readonly ((item: JsonObject) => Json | undefined)[];
  /** The property that paths name; left out, they count. */
  readonly key?: string;
  readonly label: (item: JsonObject) => string;
  /** What all of them are called: `variables`. */
  readonly many?: string;
  /** What an item is called where their order is shown; without it the key. */
  readonly short?: (item: JsonObject) => string;
  /** The order means nothing. */
  readonly unordered?: (items: readonly JsonObject[]) => boolean;
  /** The property that items are there for: it needs no name of its own. */
  readonly value?: string;
}

/** How a value is compared and shown. */
export interface ValueShape {
  /** One difference, whatever differs inside. */
  readonly whole?: true;
  readonly label?: string;
  /** `around` is the object that has the value. */
  readonly show?: (value: Json, around: JsonObject) => string;
  readonly meaning?: (before: Json, after: Json) => Meaning | undefined;
  /** What its absence stands for. */
  readonly absent?: Json;
}

/**
 * What a kind knows of its canonical form. Names are ends of paths without what tells items apart, such as
 * `templating.list` or `panels.title`; the longest one that fits is taken. Lists of objects that are not named here are
 * aligned by what is equal in them.
 */
export interface Shape {
  readonly lists?: Readonly<Record<string, ListShape>>;
  readonly values?: Readonly<Record<string, ValueShape>>;
  /** Properties on the way to others that say nothing to people. */
  readonly silent?: readonly string[];
}

export function shapeAt<Of>(shapes: Readonly<Record<string, Of>> | undefined, keys: readonly string[]): Of | undefined {
  const end = shapes && endOf(shapes, keys);
  return end === undefined ? undefined : shapes?.[end];
}

/** The longest end of the way here that has a name. */
export function endOf(shapes: Readonly<Record<string, unknown>>, keys: readonly string[]): string | undefined {
  for (let start = Math.max(0, keys.length - 3); start < keys.length; start++) {
    const end = keys.slice(start).join(".");
    if (Object.hasOwn(shapes, end)) return end;
  }
  return undefined;
}
