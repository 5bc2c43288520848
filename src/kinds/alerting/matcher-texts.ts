import type { Matcher } from "../notification-policy/builder.ts";

const MATCHER =
  /^\s*(?:"((?:\\.|[^"\\])*)"|([^\s"{}!=~,\\'`]+))\s*(=~|!~|!=|=)\s*(?:"((?:\\.|[^"\\])*)"|([^\s"{}!=~,\\'`][^",{}]*|))\s*(?:,|$)/;

/**
 * Matchers in the text form of an Alertmanager, such as `severity = critical` or `{team=~"a|b", region!=eu}`. Undefined if
 * the text has another form.
 */
export function matcherTexts(text: string): Matcher[] | undefined {
  let rest = text
    .trim()
    .replace(/^\{([\s\S]*)\}$/, "$1")
    .trim();
  const matchers: Matcher[] = [];
  while (rest !== "") {
    const found = MATCHER.exec(rest);
    if (!found) return undefined;
    const [whole, quotedLabel, label, operator, quotedValue, value = ""] = found;
    matchers.push([
      quotedLabel === undefined ? (label ?? "") : unquoted(quotedLabel),
      operator as Matcher[1],
      quotedValue === undefined ? value.trim() : unquoted(quotedValue),
    ]);
    rest = rest.slice(whole.length).trim();
  }
  return matchers.length > 0 ? matchers : undefined;
}

/** As Alertmanager, which keeps any other backslash: `"db1\.internal"`. */
function unquoted(text: string): string {
  return text.replaceAll(/\\(["\\n])/g, (_, character: string) => (character === "n" ? "\n" : character));
}

/** A text in quotes, which `matcherTexts` reads as it was. */
export function quotedMatcher(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`)}"`;
}
