import {
  characterInHex,
  codesIn,
  fromBytes,
  LONGEST_MESSAGE,
  percentOf,
  translated,
  type Code,
  type Layer,
} from "./redact-layers.ts";

/** A notation for lists of bytes, and the percent-encoding of its bytes and separators. */
interface List {
  readonly run: RegExp;
  readonly code: RegExp;
  readonly percentOf: (code: string) => string;
}

/** `6370`, `63 70`, `63:70`, `0x63, 0x70`; fewer than four bytes may be anything. */
const HEX = String.raw`(?:0[Xx])?[\dA-Fa-f]{2}(?:[\s,:-]{0,8}(?:0[Xx])?[\dA-Fa-f]{2}){3,}`;
const hexList = (run: RegExp): List => ({
  run,
  code: /(?:0[Xx])?[\dA-Fa-f]{2}|[\s,:-]+/g,
  percentOf: (code) => (/^[\dA-Fa-f]/.test(code) ? `%${code.slice(-2)}` : ""),
});
const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\d)`;

const LISTS: readonly List[] = [
  hexList(new RegExp(HEX, "g")),
  // For other digits before the first byte, or a first byte that is cut in half.
  hexList(new RegExp(`(?<=[\\dA-Fa-f])${HEX}`, "g")),
  {
    run: new RegExp(String.raw`(?<!\d)${BYTE}(?:[\s,]{1,8}${BYTE}){3,}`, "g"),
    code: /\d+|[\s,]+/g,
    percentOf: (code) => (/^\d/.test(code) ? percentOf(Number(code)) : ""),
  },
];

/** Quoted-printable: a byte, a soft line break, or a literal percent sign. */
const PRINTABLE = /=[\dA-Fa-f]{2}|=[\t ]*\r?\n|%/g;

const PERCENT_ENCODED = new RegExp(`${characterInHex("%")}|%[\\dA-Fa-f]{2}`, "g");

/** Layers with lists of bytes decoded, one for each notation in the text. */
export function decodedBytes(layer: Layer): Layer[] {
  if (layer.text.length > LONGEST_MESSAGE) return [];
  const lists = LISTS.map(({ run, code, percentOf: meaning }) =>
    [...layer.text.matchAll(run)].flatMap(({ 0: bytes, index }) =>
      codesIn(bytes, code, meaning).map((each) => ({ ...each, index: index + each.index })),
    ),
  );
  return [...lists, printableIn(layer.text)].flatMap((codes) => {
    const percents = translated(layer, codes);
    return percents ? [translated(percents, codesIn(percents.text, PERCENT_ENCODED, fromBytes)) ?? percents] : [];
  });
}

function printableIn(text: string): Code[] {
  const codes = codesIn(text, PRINTABLE, (code) => {
    if (code === "%") return "%25";
    return /\s/.test(code) ? "" : `%${code.slice(1)}`;
  });
  return codes.some(({ meaning }) => meaning !== "%25") ? codes : [];
}
