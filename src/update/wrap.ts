import type { ChangeObject } from "diff";
import { diffLines } from "diff/lib/diff/line.js";
import { indentAt } from "./source/source.ts";

/**
 * A file whose changed lines have the format of the project. All other lines stay, also those of another format.
 * `before`: without the edits; `after`: with them. A text that can't be formatted stays as it is: the edits are valid without.
 */
export async function wrapped(
  before: string,
  after: string,
  format: (text: string) => Promise<string>,
): Promise<string> {
  try {
    return await withFormat(before, after, format);
  } catch {
    return after;
  }
}

async function withFormat(before: string, after: string, format: (text: string) => Promise<string>): Promise<string> {
  const isWindows = after.includes("\r\n");
  const plain = (text: string) => (isWindows ? text.replaceAll("\r\n", "\n") : text);
  const formatted = async (text: string) => plain(await format(text));
  const [former, now] = [plain(before), plain(after)];
  const whole = await formatted(now);
  if (whole === now) return after;
  const own = diffLines(former, now);
  // The same changes, if the whole file had the format before.
  const wanted = additions(diffLines(await formatted(former), whole));
  if (wanted.length !== additions(own).length) return after;
  const lines = own.flatMap(({ value, added, removed }, index) => {
    if (removed) return [];
    const other = added ? wanted.shift() : undefined;
    // Lines that had another format, such as other quotes, keep it.
    const isFormatted = other?.replaced === replacedBy(own, index);
    return other && isFormatted && indentOf(other.value) === indentOf(value) ? [other.value] : [value];
  });
  const result = lines.join("");
  // Lines can have another meaning between lines of another format.
  if ((await formatted(result)) !== whole) return after;
  return isWindows ? result.replaceAll("\n", "\r\n") : result;
}

/** Added lines, with the lines that they replace. */
function additions(changes: readonly ChangeObject<string>[]): { value: string; replaced: string | undefined }[] {
  return changes.flatMap(({ value, added }, index) => (added ? [{ value, replaced: replacedBy(changes, index) }] : []));
}

function replacedBy(changes: readonly ChangeObject<string>[], index: number): string | undefined {
  const former = changes[index - 1];
  return former?.removed ? former.value : undefined;
}

function indentOf(text: string): string {
  return indentAt(text, text.search(/\S|$/));
}
