const classes: Readonly<Record<string, string>> = {
  alnum: "a-zA-Z0-9",
  alpha: "a-zA-Z",
  ascii: "\\x00-\\x7f",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};

/** A range that is invalid in regular expressions. */
const unknownClass = "z-a";

/** Letters and digits that are valid after a backslash, except `\p{...}` and `\Q...\E`. */
const escapes = "ABDSWabdfnrstvwxz0";

/**
 * Whether Go accepts the string as a regular expression: without look-around, back references and unknown escapes. Names of
 * Unicode classes are not checked.
 */
export function isGoRegexp(source: string): boolean {
  const plain = source.replaceAll(/\\Q[\s\S]*?(\\E|$)/g, "x").replaceAll(/\\[pP](\{\^?\w+\}|\w)/g, "x");
  for (const [, escaped = ""] of plain.matchAll(/\\([\s\S])/g)) {
    if (/[a-zA-Z0-9\u0080-\uffff]/.test(escaped) && !escapes.includes(escaped)) return false;
  }
  if (/\((\?=|\?!|\?<=|\?<!)/.test(plain.replaceAll(/\\[\s\S]/g, "x"))) return false;
  if (
    [...plain.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].some(([, from, to]) => Math.max(Number(from), Number(to ?? 0)) > 1000)
  ) {
    return false;
  }
  const translated = plain
    .replaceAll(/\[:\^?(\w+):\]/g, (_all, name: string) => classes[name] ?? unknownClass)
    .replaceAll(/\(\?P?<\w+>/g, "(")
    .replaceAll(/\(\?[imsU]*(-[imsU]+)?:/g, "(?:")
    .replaceAll(/\(\?([imsU]+(-[imsU]+)?|-[imsU]+)\)/g, "");
  try {
    return new RegExp(translated) instanceof RegExp;
  } catch {
    return false;
  }
}
