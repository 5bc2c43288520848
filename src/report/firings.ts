import type { RuleFirings } from "../testing/changed-firings.ts";
import { clean } from "../util/clean.ts";

/** How often changed rules would have fired, a line for each. */
export function firingsText(firings: readonly RuleFirings[]): string {
  return firings.map(({ address, title, text }) => `${clean(address)} "${clean(title)}" ${clean(text)}\n`).join("");
}
