import { clean } from "../util/clean.ts";

/** The maximum length of a title in a cell. */
const MAX_WIDTH = 120;

/**
 * Formats untrusted text as a code element, which prevents mentions and issue references. Characters with a meaning in
 * Markdown, tables or HTML become character references.
 */
export function codeElement(text: string): string {
  const short = clean(text);
  if (short === "") return "";
  const cut = short.length > MAX_WIDTH ? `${short.slice(0, MAX_WIDTH - 1)}…` : short;
  return `<code>${cut.replace(MARKUP, (character) => `&#${character.codePointAt(0)};`)}</code>`;
}

/** Exceptions: `_` within a word, and any full stop that does not follow `www`. */
const MARKUP = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|(?<=www)\.|[^\p{L}\p{N}\p{M}\p{So} ,/…→×"'._-]/giu;
