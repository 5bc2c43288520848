import type { Meaning } from "./difference.ts";
import type { Traits } from "./similar-items.ts";
import type { Json, JsonObject } from "../util/json.ts";

/** How the items of a list are identified. */
export interface ListShape {
  /** Functions that identify an item, most reliable first. Items are the same if one of these is equal. */
  readonly by: readonly ((item: JsonObject) => Json | undefined)[];
  /** What the other items are recognized by, if both their keys and their contents may have changed. */
  readonly traits?: (item: JsonObject, index: number) => Traits;
  /** The property that paths use; without it, paths use the index. */
  readonly key?: string;
  readonly label: (item: JsonObject) => string;
  /** Describes an item that is added or removed as a whole. */
  readonly show?: (item: JsonObject) => string;
  /** The plural of the items: `variables`. */
  readonly many?: string;
  /** The name of an item where the order is shown. Default: the key. */
  readonly short?: (item: JsonObject) => string;
  /** Whether the order has no meaning. */
  readonly unordered?: (items: readonly JsonObject[]) => boolean;
  /** The main property of the items, which needs no label. */
  readonly value?: string;
}

/** How a value is compared and shown. */
export interface ValueShape {
  /** Whether differences within the value are shown as one difference. */
  readonly whole?: true;
  readonly label?: string;
  /** `around`: the object that contains the value. */
  readonly show?: (value: Json, around: JsonObject) => string;
  readonly meaning?: (before: Json, after: Json) => Meaning | undefined;
  /** The default value if it is absent. */
  readonly absent?: Json;
}

/**
 * What a kind knows about its canonical form. Names are ends of paths without indexes, such as `templating.list` or
 * `panels.title`; the longest match applies. Lists of objects without a name here are aligned by their equal items.
 */
export interface Shape {
  readonly lists?: Readonly<Record<string, ListShape>>;
  readonly values?: Readonly<Record<string, ValueShape>>;
  /** Properties that are omitted from labels. */
  readonly silent?: readonly string[];
}

export function shapeAt<Of>(shapes: Readonly<Record<string, Of>> | undefined, keys: readonly string[]): Of | undefined {
  const end = shapes && endOf(shapes, keys);
  return end === undefined ? undefined : shapes?.[end];
}

/** The longest end of the path that has an entry. */
export function endOf(shapes: Readonly<Record<string, unknown>>, keys: readonly string[]): string | undefined {
  for (let start = Math.max(0, keys.length - 3); start < keys.length; start++) {
    const end = keys.slice(start).join(".");
    if (Object.hasOwn(shapes, end)) return end;
  }
  return undefined;
}
