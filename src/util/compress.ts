import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

/** Most texts fit into one chunk. Node's default chunks are four times as large and fill the heap until they are collected. */
const PACK = { level: constants.Z_BEST_SPEED, chunkSize: 4096 };

/** A shared buffer for encoding, instead of one per text. */
const scratch = Buffer.allocUnsafeSlow(2 ** 18);

/**
 * Stores a text compressed, outside the JavaScript heap, and returns a function that decompresses it. For texts that are
 * many and rarely read: a dashboard shrinks to a tenth of its size and takes about 50 µs.
 */
export function compressed(text: string): () => string {
  const fits = 3 * text.length <= scratch.length;
  const plain = fits ? scratch.subarray(0, scratch.write(text)) : text;
  // Copied, because the result is a view of a larger buffer. Not a Buffer, which would be a view of Node's pool.
  const bytes = new Uint8Array(deflateRawSync(plain, PACK));
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, text.length + 1);
  return () => inflateRawSync(bytes, { chunkSize }).toString();
}

/** How many characters may still be kept uncompressed. */
let uncompressed = 2 ** 23;

/** The first texts are kept as they are, since compressing them would cost time and save little. */
function kept(text: string): () => string {
  if (text.length > uncompressed) return compressed(text);
  uncompressed -= text.length;
  return () => text;
}

/**
 * Copies an object and stores one property, a JSON value, compressed. Each access decompresses the property again, so read it
 * only once.
 */
export function withCompressed<Value extends object>(object: Value, key: keyof Value): Value {
  const { [key]: value, ...rest } = object;
  const text = kept(JSON.stringify(value));
  return Object.defineProperty(rest, key, { enumerable: true, get: () => JSON.parse(text()) as unknown }) as Value;
}

/**
 * Compresses a property of an object until it is read or set. Does nothing unless the property is plain JSON, so that the
 * value that is restored is equal. A change through another reference to the original value is lost.
 */
export function compressProperty(object: object, key: string): void {
  const { value, configurable, writable, enumerable = true } = Object.getOwnPropertyDescriptor(object, key) ?? {};
  if (configurable && writable && isPlain(value)) defineLazily(object, key, enumerable, kept(JSON.stringify(value)));
}

/** Defines a property whose value is parsed on first access. A separate function, so that no closure keeps the value alive. */
function defineLazily(object: object, key: string, enumerable: boolean, text: () => string): void {
  const set = (value: unknown): void => {
    Object.defineProperty(object, key, { configurable: true, writable: true, enumerable, value });
  };
  const get = (): unknown => {
    const value: unknown = JSON.parse(text());
    set(value);
    return value;
  };
  Object.defineProperty(object, key, { configurable: true, enumerable, get, set });
}

/** Deeper than any real value. The limit ends the recursion in a value that contains itself. */
const MAX_DEPTH = 50;

/** Whether an array or object is unchanged by a round trip through JSON. */
function isPlain(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null || !Object.isExtensible(value) || depth > MAX_DEPTH) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  const isItem = (item: unknown) => isJson(item, depth + 1);
  if (Array.isArray(value)) return Object.keys(value).length === value.length && value.every(isItem);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.entries(value).every(([name, item]) => isItem(item) || MARKERS.has(name));
}

function isJson(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  return typeof value === "number" ? Number.isFinite(value) && !Object.is(value, -0) : isPlain(value, depth);
}

/** Functions that the SDK uses only as type markers. */
const MARKERS: ReadonlySet<string> = new Set(["_implementsDataqueryVariant"]);
