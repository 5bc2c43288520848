/** An escape sequence, or a character that controls a terminal or the direction of text. */
const CONTROL =
  // oxlint-disable-next-line no-control-regex
  /\u001b\[[\d;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** The styles of the reports: bold, dim and colors. */
// oxlint-disable-next-line no-control-regex
const STYLE = /^\u001b\[(?:0|1|2|22|3[1-69]|39|90)?m$/;
/** Movements of the cursor by the spinner and by questions. */
// oxlint-disable-next-line no-control-regex
const CURSOR = /^(?:\u001b\[\??\d*[A-GJKhl]|\r)$/;

/** What a stream shows as intended. */
export interface Screen {
  readonly styles: boolean;
  readonly cursor: boolean;
}

/**
 * The text without characters that control a terminal, and without commands to a CI system: `::error` at the beginning of a
 * line, and `##[error]` anywhere.
 */
export function printable(text: string, { styles, cursor }: Screen = { styles: false, cursor: false }): string {
  const kept = text.replace(CONTROL, (found) => {
    if (found === "\n" || found === "\t") return found;
    if ((styles && STYLE.test(found)) || (cursor && CURSOR.test(found))) return found;
    return found.length > 1 || found === "\r" ? "" : " ";
  });
  return kept.replace(/^([^\S\n]*):(?=:)/gm, "$1: ").replace(/##(?=\w*\[)/g, "# #");
}
