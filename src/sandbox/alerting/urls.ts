/** Whether Go parses the string as a URL. It accepts nearly all strings. */
export function isGoUrl(url: string): boolean {
  if (/\p{Cc}/u.test(url) || /%(?![0-9a-fA-F]{2})/.test(url.split("?")[0] ?? "")) return false;
  if (url.startsWith(":")) return false;
  const hasScheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(url);
  if (!hasScheme && /^[^/?#]*:/.test(url)) return false;
  const [, authority = ""] = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/?#]*)/.exec(url) ?? [];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (/[\s<>"\\^`{|}]/.test(host)) return false;
  return /^(\[[^\]]*\]|[^:[\]]*)(:\d*)?$/.test(host);
}

const LETTERS: Readonly<Record<string, string>> = {
  "\x07": "a",
  "\b": "b",
  "\f": "f",
  "\n": "n",
  "\r": "r",
  "\t": "t",
  "\v": "v",
  '"': '"',
  "\\": "\\",
};

/** Quotes like Go's `%q`. */
export function goQuoted(text: string): string {
  const quoted = text.replace(/["\\]|[^ \P{Z}]|\p{C}/gu, (character) => {
    const letter = LETTERS[character];
    if (letter !== undefined) return `\\${letter}`;
    const code = character.codePointAt(0) ?? 0;
    const [sign, digits]: [string, number] = code < 0x80 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${sign}${code.toString(16).padStart(digits, "0")}`;
  });
  return `"${quoted}"`;
}
