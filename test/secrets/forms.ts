/** Quotes as Go's `%q`. */
export function goQuoted(text: string): string {
  const quoted = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === "\\") return `\\${character}`;
    const letter = { "\x07": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v" }[character];
    if (letter !== undefined) return `\\${letter}`;
    if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
    if (!/[\p{Z}\p{C}]/u.test(character) || character === " ") return character;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return `"${quoted.join("")}"`;
}

/** Quotes as Go's `encoding/json`. */
const goJson = (text: string) =>
  JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
const html = (text: string) =>
  text.replace(
    /[<>&"']/g,
    (character) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&#34;", "'": "&#39;" })[character] ?? "",
  );
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** An encoding of a string, and a decoder for the redacted result. */
interface Notation {
  readonly quote: (secret: string) => string;
  readonly read: (text: string) => string;
}

const bytesOf = (text: string, write: (byte: number) => string, separator = "") =>
  Array.from(Buffer.from(text), write).join(separator);
const digits = (byte: number) => byte.toString(16).padStart(2, "0");
const hex = (quote: Notation["quote"]): Notation => ({
  quote,
  read: (text) =>
    text.replace(/(?:(?:0x)?[\da-f]{2}[ ,:]*){4,}/gi, (run) =>
      Buffer.from(run.replace(/0x|[ ,:]/g, ""), "hex").toString(),
    ),
});
const decimal = (separator: string): Notation => ({
  quote: (secret) => `[${bytesOf(secret, String, separator)}]`,
  read: (text) => text.replace(/\d+(?:[ ,]+\d+)+/g, (run) => Buffer.from(run.split(/[ ,]+/).map(Number)).toString()),
});
const quotedPrintable = (secret: string) =>
  bytesOf(secret, (byte) => {
    const character = String.fromCharCode(byte);
    return /[!-<>-~]/.test(character) ? character : `=${digits(byte).toUpperCase()}`;
  });
const codes = (pattern: RegExp, base: number) => (text: string) =>
  text.replace(pattern, (run) =>
    Buffer.from((run.match(/[\dA-F]+/gi) ?? []).map((code) => parseInt(code, base))).toString(),
  );

/** Encodings as bytes or with escape codes. */
export const NOTATIONS: Readonly<Record<string, Notation>> = {
  "in hex": hex((secret) => bytesOf(secret, digits)),
  "in hex in capital letters": hex((secret) => bytesOf(secret, digits).toUpperCase()),
  "in hex with spaces": hex((secret) => bytesOf(secret, digits, " ")),
  "in hex with colons": hex((secret) => bytesOf(secret, digits, ":")),
  "in hex with one 0x": hex((secret) => `0x${bytesOf(secret, digits)}`),
  "in hex with 0x before each byte": hex((secret) => bytesOf(secret, (byte) => `0x${digits(byte)}`, ", ")),
  "in decimal": decimal(" "),
  "in decimal as JSON": decimal(","),
  "in octal": {
    quote: (secret) => bytesOf(secret, (byte) => `\\${byte.toString(8).padStart(3, "0")}`),
    read: codes(/(?:\\[0-3][0-7]{2})+/g, 8),
  },
  "in octal where it is not ASCII": {
    quote: (secret) =>
      secret.replace(/[^\0-\x5b\x5d-\x7f]+/g, (run) => bytesOf(run, (byte) => `\\${byte.toString(8)}`)),
    read: codes(/(?:\\[0-3][0-7]{2})+/g, 8),
  },
  "quoted-printable": { quote: quotedPrintable, read: codes(/(?:=[\dA-F]{2})+/g, 16) },
  "quoted-printable on short lines": {
    quote: (secret) => quotedPrintable(secret).replace(/(?:=..|[^=]){7}/g, "$&=\r\n"),
    read: (text) => codes(/(?:=[\dA-F]{2})+/g, 16)(text.replaceAll("=\r\n", "")),
  },
  "as Rust's escapes": {
    quote: (secret) => Array.from(secret, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`).join(""),
    read: (text) => text.replace(/\\u\{(\w+)\}/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16))),
  },
  "in terminal colors": {
    quote: (secret) => Array.from(secret).join("\x1b[1;31m"),
    read: (text) => text.replaceAll("\x1b[1;31m", ""),
  },
};

/** Ways in which servers, proxies and libraries quote a request. */
export const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  trimmed: (secret) => secret.trim(),
  "on one line": (secret) => secret.replace(/\s*[\r\n]+\s*/g, " "),
  "without control characters": (secret) => secret.replace(/\p{Cc}+/gu, " "),
  "without invisible characters": (secret) => secret.replace(/\p{Cf}+/gu, ""),
  "as Go's %q": goQuoted,
  "as JSON": (secret) => JSON.stringify(secret),
  "as Go's JSON": goJson,
  "as JSON in JSON": (secret) => JSON.stringify(goJson(secret)),
  "as Go's %q in JSON": (secret) => JSON.stringify(goQuoted(secret)),
  "in HTML": html,
  "in HTML of JSON": (secret) => html(JSON.stringify(secret)),
  "percent-encoded": encodeURIComponent,
  "percent-encoded in small letters": (secret) =>
    encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
  "as a query": (secret) => new URLSearchParams({ q: secret }).toString(),
  "in base64": base64,
  "in base64 of a URL": (secret) => Buffer.from(secret).toString("base64url"),
  "in base64 with a user": (secret) => base64(`someone:${secret}`),
  "in base64 between others": (secret) => base64(`a ${secret} and more`),
  ...Object.fromEntries(Object.entries(NOTATIONS).map(([name, { quote }]) => [name, quote])),
};
