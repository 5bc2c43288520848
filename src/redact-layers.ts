/** A text as it is, or with escapes decoded, whose characters know where they are in the original. */
export interface Layer {
  readonly text: string;
  /** Without white space, control and invisible characters, and `+`, which is a space in a query. */
  readonly solid: string;
  /** Where a part of `solid` is in the original, with the characters beside it that `solid` leaves out, but for white space. */
  range(start: number, end: number): readonly [start: number, end: number];
  /** Whether a part of `solid` has no letter or digit right beside it. */
  isWord(start: number, end: number): boolean;
  readonly starts: Places;
  readonly ends: Places;
}

/** For each UTF-16 unit of a layer's text. */
type Places = Readonly<Uint32Array>;

const DROPPED = /[\s\p{Cc}\p{Cf}\p{Cs}\ufffd+]/u;
const INVISIBLE = /[\p{Cc}\p{Cf}\ufffd+]/u;
const BETWEEN_WORDS = /[\t-\r ]/;
const WORD = /[\p{L}\p{N}_]/u;

export function layerOf(text: string): Layer {
  const starts = Uint32Array.from({ length: text.length }, (_, index) => index);
  return layer(
    text,
    starts,
    starts.map((index) => index + 1),
  );
}

function layer(text: string, starts: Places, ends: Places): Layer {
  let solid = "";
  const units = new Uint32Array(text.length);
  let unit = 0;
  for (const character of text) {
    if (!DROPPED.test(character)) {
      for (let half = 0; half < character.length; half++) units[solid.length + half] = unit + half;
      solid += character;
    }
    unit += character.length;
  }
  return {
    text,
    solid,
    starts,
    ends,
    range(start, end) {
      let first = units[start] ?? 0;
      let last = units[end - 1] ?? 0;
      while (first > 0 && isUnseen(text[first - 1])) first--;
      while (last + 1 < text.length && isUnseen(text[last + 1])) last++;
      return [starts[first] ?? 0, ends[last] ?? 0];
    },
    isWord(start, end) {
      const [first, last] = [units[start] ?? 0, units[end - 1] ?? 0];
      return !WORD.test(text[first - 1] ?? "") && !WORD.test(text[last + 1] ?? "");
    },
  };
}

const HEX = "[\\dA-Fa-f]";
function isUnseen(unit = ""): boolean {
  return INVISIBLE.test(unit) && !BETWEEN_WORDS.test(unit);
}

/** A character in the bytes of UTF-8, each after `%` or `\x`. */
const BYTES = ["%", String.raw`\\x`].flatMap((sign) => {
  const byte = (first: string) => `${sign}${first}${HEX}`;
  const rest = byte("[89ABab]");
  return [byte("[0-7]"), byte("[CDcd]") + rest, byte("[Ee]") + rest.repeat(2), byte("[Ff]") + rest.repeat(3)];
});
const ESCAPE = new RegExp(
  [
    ...BYTES,
    String.raw`\\u${HEX}{4}`,
    String.raw`\\U${HEX}{8}`,
    String.raw`\\x${HEX}{2}`,
    String.raw`\\[0-3][0-7]{2}`,
    String.raw`\\[abfnrtv\\'"/\x60]`,
    String.raw`&#\d{1,7};`,
    `&#[Xx]${HEX}{1,6};`,
    "&(?:amp|lt|gt|quot|apos|nbsp);",
  ].join("|"),
  "g",
);
const LETTERS: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&nbsp;": "\u00a0",
};

/** A layer with one level of escapes decoded, of whatever language each is; undefined where there is none. */
export function decoded({ text, starts, ends }: Layer): Layer | undefined {
  let result = "";
  let done = 0;
  const [newStarts, newEnds] = [new Uint32Array(text.length), new Uint32Array(text.length)];
  const copy = (until: number): void => {
    newStarts.set(starts.subarray(done, until), result.length);
    newEnds.set(ends.subarray(done, until), result.length);
    result += text.slice(done, until);
  };
  for (const { 0: escape, index } of text.matchAll(ESCAPE)) {
    const character = characterOf(escape);
    if (character === undefined) continue;
    copy(index);
    done = index + escape.length;
    for (let half = 0; half < character.length; half++) {
      newStarts[result.length + half] = starts[index] ?? 0;
      newEnds[result.length + half] = ends[done - 1] ?? 0;
    }
    result += character;
  }
  if (done === 0) return undefined;
  copy(text.length);
  return layer(result, newStarts.subarray(0, result.length), newEnds.subarray(0, result.length));
}

function characterOf(escape: string): string | undefined {
  if (escape.startsWith("%") || escape.startsWith("\\x")) return fromBytes(escape.replaceAll("\\x", "%"));
  if (escape.startsWith("&#")) return fromCode(Number(escape.slice(2, -1).replace(/^x/i, "0x")));
  if (escape.startsWith("&")) return LETTERS[escape];
  if (/^\\u/i.test(escape)) return fromCode(Number(`0x${escape.slice(2)}`));
  if (/^\\\d/.test(escape)) return fromCode(parseInt(escape.slice(1), 8));
  return LETTERS[escape.slice(1)] ?? escape.slice(1);
}

function fromBytes(percents: string): string | undefined {
  try {
    return decodeURIComponent(percents);
  } catch {
    // One byte that is no character by itself.
    return percents.length === 3 ? fromCode(Number(`0x${percents.slice(1)}`)) : undefined;
  }
}

function fromCode(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
