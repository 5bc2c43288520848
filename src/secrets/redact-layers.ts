import { ESCAPED_LETTERS } from "../util/go-string.ts";

/** A text as it is, or with escapes decoded, that maps its characters to places in the original. */
export interface Layer {
  readonly text: string;
  /** The text without white space, control and invisible characters, and `+`, which is a space in a query. */
  readonly solid: string;
  /** The place of a part of `solid` in the original, extended by dropped characters next to it, except white space. */
  range(start: number, end: number): readonly [start: number, end: number];
  /** Whether a part of `solid` has no letter or digit next to it. */
  isWord(start: number, end: number): boolean;
  readonly startOf: Place;
  readonly endOf: Place;
}

/** Where a UTF-16 unit of a layer's text begins or ends in the original. */
type Place = (unit: number) => number;

const DROPPED = /[\s\p{Cc}\p{Cf}\p{Cs}\ufffd+]+/gu;
const INVISIBLE = /[\p{Cc}\p{Cf}\ufffd+]/u;
const BETWEEN_WORDS = /[\t-\r ]/;
const WORD = /[\p{L}\p{N}_]/u;

export function layerOf(text: string): Layer {
  return layer(
    text,
    (unit) => unit,
    (unit) => unit + 1,
  );
}

function layer(text: string, startOf: Place, endOf: Place): Layer {
  const solid = text.replace(DROPPED, "");
  // Computed on demand: most texts contain no secret.
  let known: Uint32Array | undefined;
  const unitOf = (index: number): number =>
    solid.length === text.length ? index : ((known ??= unitsOf(text))[index] ?? 0);
  return {
    text,
    solid,
    startOf,
    endOf,
    range(start, end) {
      let [first, last] = [unitOf(start), unitOf(end - 1)];
      while (first > 0 && isUnseen(text[first - 1])) first--;
      // A terminal color code stays whole.
      while (last + 1 < text.length && isUnseen(text[last + 1]) && !text.startsWith("\x1b[", last + 1)) last++;
      return [startOf(first), endOf(last)];
    },
    isWord(start, end) {
      return !WORD.test(text[unitOf(start) - 1] ?? "") && !WORD.test(text[unitOf(end - 1) + 1] ?? "");
    },
  };
}

/** The index in the text of each unit of the solid text. */
function unitsOf(text: string): Uint32Array {
  const units = new Uint32Array(text.length);
  let [count, from] = [0, 0];
  const keep = (until: number): void => {
    for (let unit = from; unit < until; unit++) units[count++] = unit;
  };
  for (const { 0: dropped, index } of text.matchAll(DROPPED)) {
    keep(index);
    from = index + dropped.length;
  }
  keep(text.length);
  return units;
}

function isUnseen(unit = ""): boolean {
  return INVISIBLE.test(unit) && !BETWEEN_WORDS.test(unit);
}

const HEX = "[\\dA-Fa-f]";

/** A character in the bytes of UTF-8, each as hex after a sign. */
export function characterInHex(sign: string): string {
  const byte = (first: string) => `${sign}${first}${HEX}`;
  const rest = byte("[89ABab]");
  return [byte("[0-7]"), byte("[CDcd]") + rest, byte("[Ee]") + rest.repeat(2), byte("[Ff]") + rest.repeat(3)].join("|");
}

const OCTAL = [
  String.raw`\\3[0-3][0-7]\\2[0-7]{2}`,
  String.raw`\\3[45][0-7](?:\\2[0-7]{2}){2}`,
  String.raw`\\36[0-7](?:\\2[0-7]{2}){3}`,
  String.raw`\\[0-3][0-7]{2}`,
];
/** The escapes of each family of notations. A text can mix them. */
const ESCAPES = {
  percent: [characterInHex("%")],
  backslash: [
    characterInHex(String.raw`\\x`),
    ...OCTAL,
    String.raw`\\u\{${HEX}{1,6}\}`,
    String.raw`\\u${HEX}{4}`,
    String.raw`\\U${HEX}{8}`,
    String.raw`\\x${HEX}{2}`,
    String.raw`\\[abfnrtv\\'"/\x60]`,
  ],
  entity: [String.raw`&#\d{1,7};`, `&#[Xx]${HEX}{1,6};`, "&(?:amp|lt|gt|quot|apos|nbsp);"],
  color: [String.raw`\x1b\[[\d;:?]{0,24}[A-Za-z]`],
} as const;
const FAMILIES = Object.values(ESCAPES).map((sources) => new RegExp(sources.join("|"), "g"));
const ALL = new RegExp(Object.values(ESCAPES).flat().join("|"), "g");
const LETTERS: Readonly<Record<string, string>> = {
  ...ESCAPED_LETTERS,
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&nbsp;": "\u00a0",
};

/** A part of a layer's text and its decoded form. */
export interface Code {
  readonly index: number;
  readonly length: number;
  readonly meaning: string;
}

/** Matches of a pattern that can be decoded. */
export function codesIn(text: string, pattern: RegExp, meaningOf: (code: string) => string | undefined): Code[] {
  return [...text.matchAll(pattern)].flatMap(({ 0: code, index }) => {
    const meaning = meaningOf(code);
    return meaning === undefined ? [] : [{ index, length: code.length, meaning }];
  });
}

/** A longer text is a report or a body, not a message. */
export const LONGEST_MESSAGE = 0x1_0000;

/**
 * The sets of escapes to decode together, all families first. A secret can contain what looks like an escape of another
 * family than that of its quoting, so a message with several families is also decoded without some of them.
 */
export function escapesIn(text: string): RegExp[] {
  const found = text.length > LONGEST_MESSAGE ? [] : FAMILIES.filter((family) => text.search(family) >= 0);
  const subsets = Array.from({ length: Math.max(0, 2 ** found.length - 2) }, (_, index) =>
    found.filter((__, family) => ((index + 1) >> family) & 1),
  );
  return [ALL, ...subsets.map((subset) => new RegExp(subset.map(({ source }) => source).join("|"), "g"))];
}

/** A layer with one level of escapes decoded; undefined if it has none. */
export function decoded(layer: Layer, escapes: RegExp): Layer | undefined {
  return translated(layer, codesIn(layer.text, escapes, characterOf));
}

/** A layer with its codes replaced by their meanings; undefined if there are none. */
export function translated({ text, startOf, endOf }: Layer, codes: readonly Code[]): Layer | undefined {
  if (codes.length === 0) return undefined;
  const length = codes.reduce((sum, code) => sum + code.meaning.length - code.length, text.length);
  let [result, done] = ["", 0];
  const starts = new Uint32Array(length);
  const ends = new Uint32Array(length);
  const copy = (until: number): void => {
    for (let unit = done; unit < until; unit++) {
      starts[result.length + unit - done] = startOf(unit);
      ends[result.length + unit - done] = endOf(unit);
    }
    result += text.slice(done, until);
  };
  for (const { index, length: size, meaning } of codes) {
    copy(index);
    done = index + size;
    starts.fill(startOf(index), result.length, result.length + meaning.length);
    ends.fill(endOf(done - 1), result.length, result.length + meaning.length);
    result += meaning;
  }
  copy(text.length);
  return layer(
    result,
    (unit) => starts[unit] ?? 0,
    (unit) => ends[unit] ?? 0,
  );
}

function characterOf(escape: string): string | undefined {
  if (escape.startsWith("\x1b")) return "";
  if (escape.startsWith("%") || escape.startsWith("\\x")) return fromBytes(escape.replaceAll("\\x", "%"));
  if (escape.startsWith("&#")) return fromCode(Number(escape.slice(2, -1).replace(/^x/i, "0x")));
  if (escape.startsWith("&")) return LETTERS[escape];
  if (/^\\u/i.test(escape)) return fromCode(Number(`0x${escape.slice(2).replace(/[{}]/g, "")}`));
  if (/^\\\d/.test(escape))
    return fromBytes(escape.replace(/\\(...)/g, (_, byte: string) => percentOf(parseInt(byte, 8))));
  return LETTERS[escape.slice(1)] ?? escape.slice(1);
}

/** A byte, percent-encoded. */
export function percentOf(byte: number): string {
  return `%${byte.toString(16).padStart(2, "0")}`;
}

/** Decodes the percent-encoded bytes of one character. */
export function fromBytes(percents: string): string | undefined {
  try {
    return decodeURIComponent(percents);
  } catch {
    // A single byte that is not a UTF-8 character.
    return percents.length === 3 ? fromCode(Number(`0x${percents.slice(1)}`)) : undefined;
  }
}

function fromCode(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
