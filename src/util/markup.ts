import { clean } from "./clean.ts";

const HTML = Symbol("HTML");

/** Text that is HTML. Only `markup` and `trusted` make it: nothing that was read as JSON can be taken for it. */
export interface Markup {
  readonly [HTML]: string;
}

type Part = Markup | string | number | undefined | readonly Part[];

/** HTML from a template: whatever is put into it is escaped, as text and between the quotes of an attribute. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { [HTML]: strings.map((text, index) => text + (index < parts.length ? partText(parts[index]) : "")).join("") };
}

/** Text of the tool's own, such as its style: never anybody else's. */
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

/** Lines stay lines; nothing else of other people's control characters does. */
function escaped(text: string): string {
  const plain = text.includes("\n") ? text.split("\n").map(clean).join("\n") : clean(text);
  return plain.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** Most characters of one value: a report is read, and has an end. */
const MOST = 4_000;

/** A long text's beginning, and how much is missing. */
export function shortened(text: string, most = MOST): string {
  return text.length <= most ? text : `${text.slice(0, most)}… and ${text.length - most} more characters`;
}
