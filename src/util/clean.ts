import { stripVTControlCharacters } from "node:util";

/** Removes control characters from untrusted text, so that it can't move the cursor, add lines or change the text direction. */
export function clean(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, " ");
}

/** The same for a text of several lines. */
export function cleanLines(text: string): string {
  return text.split(/\r?\n/).map(clean).join("\n");
}
