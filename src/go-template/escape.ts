/** `html`: escapes a text for HTML. */
export function escapeHtml(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "\0": "\uFFFD",
    '"': "&#34;",
    "'": "&#39;",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
  };
  return text.replaceAll(/[\0"'&<>]/g, (char) => escapes[char] ?? char);
}

/** `js`: escapes a text for a string of JavaScript. */
export function escapeJs(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
  };
  return Array.from(text)
    .map((char) => {
      const code = char.codePointAt(0) ?? 0;
      if (code < 0x20) return `\\u${hex(code)}`;
      if (escapes[char] !== undefined) return escapes[char];
      if (code < 0x80 || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char)) return char;
      return `\\u${hex(code)}`;
    })
    .join("");
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, "0");
}

/** `urlquery`: escapes a text for the query of a URL. */
export function escapeQuery(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      if (/[\w.~-]/.test(char)) return char;
      return char === " " ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
