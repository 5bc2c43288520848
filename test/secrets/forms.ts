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
};
