import { clean } from "./clean.ts";

const HTML = Symbol("HTML");

/** HTML text. The key is a symbol, so that only `markup` and `trusted` can create it, and no parsed JSON can. */
export interface Markup {
  readonly [HTML]: string;
}

type Part = Markup | string | number | undefined | readonly Part[];

/** HTML from a template. Inserted values are escaped, for use as text and in quoted attributes. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { [HTML]: strings.map((text, index) => text + (index < parts.length ? partText(parts[index]) : "")).join("") };
}

/** Marks the tool's own text, such as its style sheet, as HTML. Never use it for text from outside. */
export function trusted(text: string): Markup {
  return { [HTML]: text };
}

export function htmlOf(part: Markup): string {
  return part[HTML];
}

function partText(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "object") return isMarkup(part) ? part[HTML] : part.map(partText).join("");
  return escaped(String(part));
}

function isMarkup(part: Markup | readonly Part[]): part is Markup {
  return HTML in part;
}

/** Escapes text. Keeps line breaks, and removes all other control characters. */
function escaped(text: string): string {
  const plain = text.includes("\n") ? text.split("\n").map(clean).join("\n") : clean(text);
  return plain.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** The maximum number of characters of one value. */
const MOST = 4_000;

/** The beginning of a long text, and the number of omitted characters. */
export function shortened(text: string, most = MOST): string {
  return text.length <= most ? text : `${text.slice(0, most)}… and ${text.length - most} more characters`;
}
