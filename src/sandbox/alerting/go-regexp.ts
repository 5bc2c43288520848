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

/**
 * Whether Go takes the text as a regular expression. Look-around and back references, which Go lacks, are refused;
 * names of Unicode classes and the size of a repetition are not checked.
 */
export function isGoRegexp(source: string): boolean {
  const literal = source.replaceAll(/\\Q[\s\S]*?(\\E|$)/g, "x");
  if (/(^|[^\\])(\\\\)*\((\?=|\?!|\?<=|\?<!)/.test(literal)) return false;
  if (/(^|[^\\])(\\\\)*\\([1-9]|[^\w\s\u0080-\uffff]?$)/.test(literal) && /\\[1-9]|(^|[^\\])(\\\\)*\\$/.test(literal)) {
    return false;
  }
  const translated = literal
    .replaceAll(/\[:\^?(\w+):\]/g, (all, name: string) => classes[name] ?? all)
    .replaceAll("(?P<", "(?<")
    .replaceAll(/\(\?[imsU]*(-[imsU]+)?:/g, "(?:")
    .replaceAll(/\(\?[imsU]+(-[imsU]+)?\)/g, "")
    .replaceAll(/\\[pP](\{\^?\w+\}|\w)/g, "x");
  try {
    return new RegExp(translated) instanceof RegExp;
  } catch {
    return false;
  }
}
