import { credentialRanges } from "./credential-forms.ts";
import { decodedBytes } from "./redact-bytes.ts";
import { decoded, escapesIn, layerOf, type Layer } from "./redact-layers.ts";
import { HIDDEN } from "./secret.ts";

/** Minimum length of a part of a secret that is redacted, without white space. */
export const PART = 12;
/** Minimum length of a line of a secret that is redacted separately. */
export const LINE = 8;
/** A shorter secret, such as "admin", is redacted only as a separate word. */
const WORD = 8;
/** A shorter secret is redacted only where it is quoted as a whole, and a shorter credential not at all. */
const SHORT = 4;
/** Fewer base64 digits would match any text. */
const BASE64 = 6;
/** Maximum depth of nested quoting, such as JSON in JSON in a URL. */
const DEPTH = 3;

/** Redacts secrets in text, in all forms in which Grafana, a proxy or a library can quote them. */
export interface Redactor {
  /** Redacts a value from now on. `credential`: the value of a credential of the tool. */
  add(value: string, options?: { readonly credential?: boolean }): void;
  /**
   * `long`: only values of at least `LINE` characters, so that JSON and HTML stay valid. `wholes`: only whole values and
   * lines, for request bodies, which can contain a part of a secret by chance and must not change. Without `wholes`, also
   * redacts credentials that can be recognized by their form.
   */
  redacted(text: string, only?: "long" | "wholes"): string;
}

interface Needle {
  /** As `Layer.solid`. */
  readonly text: string;
  readonly word: boolean;
}

type Range = readonly [start: number, end: number];

/**
 * Creates a redactor. It searches the text as it is and with escapes decoded up to three times (Go and JSON strings, HTML
 * entities, percent-encoding), ignoring white space, control and invisible characters, which quoting can change or drop. It
 * finds whole values, their lines, their base64, and parts of long values.
 */
export function createRedactor(): Redactor {
  const values = new Set<string>();
  const parts = textIndex(PART);
  /** Parts of a URL's origin: not secret on their own. */
  const origins = new Set<string>();
  const wholes = new Map<string, Needle>();
  const beginnings = textIndex(SHORT);
  const exact = new Set<string>();

  const addText = (text: string, word: boolean): void => {
    const known = wholes.get(text);
    wholes.set(text, { text, word: word && known?.word !== false });
    beginnings.add(text.slice(0, SHORT));
    for (const part of partsOf(text)) parts.add(part);
  };
  const addForms = (value: string): void => {
    for (const { solid } of layersOf(value)) if (solid.length >= SHORT) addText(solid, solid.length < WORD);
    for (const form of base64Forms(value)) addText(layerOf(form).solid, false);
  };

  return {
    add(value, { credential = false } = {}) {
      const key = JSON.stringify([value, credential]);
      const { solid } = layerOf(value);
      if (values.has(key) || solid === "") return;
      values.add(key);
      if (solid.length < SHORT) {
        if (!credential) exact.add(value);
        return;
      }
      addForms(value);
      const trimmed = value.trim();
      if (trimmed !== value) addForms(trimmed);
      const lines = trimmed.split(/[\r\n\u2028\u2029]+/).filter((line) => layerOf(line).solid.length >= LINE);
      if (trimmed.length > (lines[0]?.length ?? 0)) for (const line of lines) addForms(line.trim());
      for (const part of partsOf(originOf(trimmed))) origins.add(part);
    },
    redacted(text, only) {
      const readable = layersOf(text);
      const credentials = only === "wholes" ? [] : readable.flatMap(credentialsIn);
      if (values.size === 0) return replaced(text, credentials);
      const layers = readable.flatMap((layer) => [layer, ...decodedBytes(layer)]);
      const inParts = only === "wholes" ? [] : layers.flatMap((layer) => partRanges(layer, parts, origins));
      const shortest = only === "long" ? LINE : SHORT;
      const whole = layers.flatMap((layer) => wholeRanges(layer, beginnings, wholes, shortest));
      const short = only === "long" ? [] : [...exact].flatMap((value) => quotedPlaces(text, value));
      return replaced(text, [...credentials, ...inParts, ...whole, ...short]);
    },
  };
}

function layersOf(text: string): Layer[] {
  const first = layerOf(text);
  return [first, ...escapesIn(text).flatMap((escapes) => decodings(first, escapes))];
}

function decodings(first: Layer, escapes: RegExp): Layer[] {
  const layers: Layer[] = [];
  for (let next = decoded(first, escapes); next && layers.length < DEPTH; next = decoded(next, escapes))
    layers.push(next);
  return layers;
}

function credentialsIn({ text, startOf, endOf }: Layer): Range[] {
  return credentialRanges(text).map(([start, end]) => [startOf(start), endOf(end - 1)]);
}

function partsOf(text: string): string[] {
  const count = Math.max(0, text.length - PART + 1);
  return Array.from({ length: count }, (_, index) => text.slice(index, index + PART));
}

/** `https://hooks.example.org/` of a URL that has more than an origin. */
function originOf(value: string): string {
  const origin = /^https?:\/\/[^/?#@\s]+\//i.exec(value)?.[0] ?? "";
  return layerOf(origin).solid.length < layerOf(value).solid.length ? layerOf(origin).solid : "";
}

/** The base64 of a value at any position in a longer text, without the digits that depend on its neighbours. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const digits = Math.floor(((before + bytes.length) * 8) / 6);
    const form = whole.slice([0, 2, 3][before], digits);
    if (form.length < (before === 0 ? BASE64 - 1 : BASE64)) return [];
    return [form, form.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function partRanges(layer: Layer, parts: TextIndex, origins: ReadonlySet<string>): Range[] {
  const { solid } = layer;
  const ranges: Range[] = [];
  for (let at = 0; at + PART <= solid.length; at++) {
    if (!parts.isAt(solid, at)) continue;
    const start = at;
    let end = at + PART;
    let secret = false;
    for (; at + PART <= solid.length && at <= end; at++) {
      if (!parts.isAt(solid, at)) continue;
      end = at + PART;
      secret ||= !origins.has(solid.slice(at, end));
    }
    at = end - 1;
    if (secret) ranges.push(layer.range(start, end));
  }
  return ranges;
}

function wholeRanges(
  layer: Layer,
  beginnings: TextIndex,
  wholes: ReadonlyMap<string, Needle>,
  shortest: number,
): Range[] {
  const { solid } = layer;
  const ranges: Range[] = [];
  let needles: readonly Needle[] | undefined;
  for (let at = 0; at + SHORT <= solid.length; at++) {
    if (!beginnings.isAt(solid, at)) continue;
    needles ??= [...wholes.values()].filter(({ text }) => text.length >= shortest);
    for (const { text, word } of needles) {
      const end = at + text.length;
      if (solid.startsWith(text, at) && (!word || layer.isWord(at, end))) ranges.push(layer.range(at, end));
    }
  }
  return ranges;
}

function isQuote(character = ""): boolean {
  return character !== "" && `"'\``.includes(character);
}

/** Where a text stands between quotes, which can be escaped. */
function quotedPlaces(text: string, wanted: string): Range[] {
  const ranges: Range[] = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    const end = at + wanted.length;
    let next = end;
    while (text[next] === "\\") next++;
    if (isQuote(text[at - 1]) && isQuote(text[next])) ranges.push([at, end]);
  }
  return ranges;
}

function replaced(text: string, ranges: readonly Range[]): string {
  let result = "";
  let done = 0;
  let last = -1;
  for (const [start, end] of ranges.map((range) => withEscapes(text, range)).toSorted((a, b) => a[0] - b[0])) {
    if (start > last) {
      result += text.slice(done, start) + HIDDEN;
    }
    done = Math.max(done, end);
    last = Math.max(last, end);
  }
  return result + text.slice(done);
}

/** Extends a range to whole escapes: half of an escape would change the meaning of the next character. */
function withEscapes(text: string, [start, end]: Range): Range {
  return [
    start - (backslashes(text, start) % 2),
    end + (end > start && end < text.length ? backslashes(text, end) % 2 : 0),
  ];
}

/** The number of backslashes before a place. */
function backslashes(text: string, place: number): number {
  let count = 0;
  while (text[place - 1 - count] === "\\") count++;
  return count;
}

/** A set of texts of one length. `isAt` rules out most places by four characters. */
interface TextIndex {
  add(text: string): void;
  isAt(text: string, place: number): boolean;
}

const BITS = 0x3_ffff;

function textIndex(length: number): TextIndex {
  const texts = new Set<string>();
  const mixes = new Uint8Array(BITS + 1);
  const third = Math.floor((length - 1) / 3);
  const mixAt = (text: string, place: number): number =>
    (text.charCodeAt(place) +
      text.charCodeAt(place + third) * 131 +
      text.charCodeAt(place + 2 * third) * 17_161 +
      text.charCodeAt(place + length - 1) * 2_248_091) &
    BITS;
  return {
    add(text) {
      texts.add(text);
      mixes[mixAt(text, 0)] = 1;
    },
    isAt: (text, place) => mixes[mixAt(text, place)] === 1 && texts.has(text.slice(place, place + length)),
  };
}
