import { clean } from "../util/clean.ts";
import { painter, type Output } from "./output.ts";

/** More lines are only counted. */
const SHOWN = 10;

/** A titled list, after an empty line. Nothing if it is empty. */
export function sectionLines(title: string, entries: readonly string[], output: Output): string[] {
  if (entries.length === 0) return [];
  const shown = output.verbose ? entries : entries.slice(0, SHOWN);
  const more = entries.length - shown.length;
  return [
    "",
    painter(output)("bold", title),
    ...shown.map((line) => `  ${clean(line)}`),
    ...(more > 0 ? [`  … and ${more} more (--verbose shows all)`] : []),
  ];
}
