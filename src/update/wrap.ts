import { diffLines } from "diff/lib/diff/line.js";
import { indentAt } from "./source/source.ts";

/**
 * A file whose changed lines have the format of the project. All other lines stay, also those of another format.
 * `before`: without the edits; `after`: with them.
 */
export async function wrapped(
  before: string,
  after: string,
  format: (text: string) => Promise<string>,
): Promise<string> {
  const isWindows = after.includes("\r\n");
  const plain = (text: string) => (isWindows ? text.replaceAll("\r\n", "\n") : text);
  const formatted = async (text: string) => plain(await format(text));
  const [former, now] = [plain(before), plain(after)];
  const whole = await formatted(now);
  if (whole === now) return after;
  const own = diffLines(former, now);
  // The same changes, if the whole file had the format before.
  const wanted = diffLines(await formatted(former), whole).filter(({ added }) => added);
  if (wanted.length !== own.filter(({ added }) => added).length) return after;
  const lines = own.flatMap(({ value, added, removed }) => {
    if (removed) return [];
    const other = added ? wanted.shift()?.value : undefined;
    return other !== undefined && indentOf(other) === indentOf(value) ? [other] : [value];
  });
  const result = lines.join("");
  try {
    // Lines can have another meaning between lines of another format.
    if ((await formatted(result)) !== whole) return after;
  } catch {
    return after;
  }
  return isWindows ? result.replaceAll("\n", "\r\n") : result;
}

function indentOf(text: string): string {
  return indentAt(text, text.search(/\S|$/));
}
