import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

/** Most texts fit into one chunk; Node's own are four times as large, and wait for the garbage collector in hundreds. */
const PACK = { level: constants.Z_BEST_SPEED, chunkSize: 4096 };

/** Where texts become bytes: a buffer for each would wait for the garbage collector, too. */
const scratch = Buffer.allocUnsafeSlow(2 ** 18);

/**
 * Keeps a text compressed and outside of JavaScript's heap; the result gives it back. For what is held in thousands and
 * read seldom: a dashboard takes a tenth of its size, and some 50 µs.
 */
export function compressed(text: string): () => string {
  const fits = 3 * text.length <= scratch.length;
  const plain = fits ? scratch.subarray(0, scratch.write(text)) : text;
  // A copy of its own: the answer is a view of a larger buffer, and so would be a copy out of Node's pool.
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
 * A copy of an object in which one property, a JSON value, is kept so. It is made anew whenever it is read: whoever reads
 * it more than once takes a copy of the object.
 */
export function withCompressed<Value extends object>(object: Value, key: keyof Value): Value {
  const { [key]: value, ...rest } = object;
  const text = kept(JSON.stringify(value));
  return Object.defineProperty(rest, key, { enumerable: true, get: () => JSON.parse(text()) as unknown }) as Value;
}

/**
 * Keeps a property of somebody else's object so until anybody reads or sets it, from when on it is what it was. Only where
 * it is nothing but JSON: nobody can tell then, unless it is changed through another reference that was kept of it.
 */
export function compressProperty(object: object, key: string): void {
  const { value, configurable, writable, enumerable = true } = Object.getOwnPropertyDescriptor(object, key) ?? {};
  if (configurable && writable && isPlain(value)) leave(object, key, enumerable, kept(JSON.stringify(value)));
}

/** Nothing here may refer to the value itself. */
function leave(object: object, key: string, enumerable: boolean, text: () => string): void {
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

/** Nothing that people write is as deep; what contains itself is. */
const DEEPEST = 50;

/** Whether a list or an object would come back from JSON as it is. */
function isPlain(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null || !Object.isExtensible(value) || depth > DEEPEST) return false;
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

/** Functions by which the SDK's types are told apart, and which nothing calls. */
const MARKERS: ReadonlySet<string> = new Set(["_implementsDataqueryVariant"]);
