import { stripVTControlCharacters } from "node:util";

/**
 * Titles, messages and values come from other people: nothing of theirs moves the cursor, starts a line, or turns the
 * direction of what follows.
 */
export function clean(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, " ");
}
