import { indentAt, lineBreakOf, lineEnd, LOSES_COMMENT, startsLine, type Edits, type Range } from "./source.ts";

// Lists and objects between brackets, whose parts are separated by commas.

export interface Bracketed extends Range {
  readonly parts: readonly Range[];
}

export interface Comments {
  /** Whether a comment is in this range. */
  within(range: Range): boolean;
  /** The end of the comment that starts here. */
  endOf(start: number): number | undefined;
}

/** Skips white space and comments. */
function skip(text: string, from: number, comments: Comments): number {
  let at = from;
  for (;;) {
    const end = comments.endOf(at);
    if (end !== undefined) at = end;
    else if (/\s/.test(text[at] ?? "")) at++;
    else return at;
  }
}

/** The place after the comma that follows a part; undefined if none follows. */
function afterComma(text: string, part: Range, comments: Comments): number | undefined {
  let at = skip(text, part.end, comments);
  // Parentheses around a value are not part of it.
  while (text[at] === ")") at = skip(text, at + 1, comments);
  return text[at] === "," ? at + 1 : undefined;
}

/** Adds a part. `write`: its text, for an indentation if it gets its own lines. */
export function addPart(
  text: string,
  { start, end, parts }: Bracketed,
  index: number,
  {
    write,
    unit,
    spaced,
    comments,
  }: {
    readonly write: (indent: string | undefined) => string;
    readonly unit: string | undefined;
    readonly spaced: boolean;
    readonly comments: Comments;
  },
): Edits {
  const eol = lineBreakOf(text);
  const next = parts[index];
  if (next) {
    if (!startsLine(text, next.start)) return [{ start: next.start, end: next.start, text: `${write(undefined)}, ` }];
    const indent = indentAt(text, next.start);
    return [{ start: next.start, end: next.start, text: `${write(indent)},${eol}${indent}` }];
  }
  const last = parts.at(-1);
  if (!last) {
    if (comments.within({ start: start + 1, end: end - 1 })) return undefined;
    const outer = indentAt(text, start);
    const gap = spaced ? " " : "";
    const inside =
      unit === undefined
        ? `${gap}${write(undefined)}${gap}`
        : `${eol}${outer}${unit}${write(outer + unit)}${eol}${outer}`;
    return [{ start: start + 1, end: end - 1, text: inside }];
  }
  const comma = afterComma(text, last, comments);
  if (!startsLine(text, last.start)) {
    const at = comma ?? last.end;
    return [{ start: at, end: at, text: comma === undefined ? `, ${write(undefined)}` : ` ${write(undefined)},` }];
  }
  const indent = indentAt(text, last.start);
  const stop = comma ?? last.end;
  // A comment on the same line belongs to the last part.
  const rest = lineEnd(text, stop);
  const isComment = text.slice(stop, rest).trim() !== "" && comments.within({ start: stop, end: rest });
  const at = isComment ? rest : stop;
  const added = `${eol}${indent}${write(indent)}`;
  if (comma !== undefined) return [{ start: at, end: at, text: `${added},` }];
  return at === last.end
    ? [{ start: at, end: at, text: `,${added}` }]
    : [
        { start: last.end, end: last.end, text: "," },
        { start: at, end: at, text: added },
      ];
}

/** Removes a part with its comma and, if it has its own lines, with these lines. */
export function removePart(text: string, { start, end, parts }: Bracketed, index: number, comments: Comments): Edits {
  const part = parts[index];
  if (!part) return undefined;
  const comma = afterComma(text, part, comments);
  const previous = parts[index - 1];
  if (parts.length === 1) {
    const all = { start: start + 1, end: end - 1 };
    return comments.within(all) ? LOSES_COMMENT : [{ ...all, text: "" }];
  }
  const stop = comma ?? part.end;
  if (comments.within({ start: part.start, end: stop })) return LOSES_COMMENT;
  const ownLines = startsLine(text, part.start);
  const rest = lineEnd(text, stop);
  const tail = text.slice(stop, rest);
  if (ownLines && tail.trim() === "") {
    const lineStart = text.lastIndexOf("\n", part.start - 1);
    const edits = [{ start: text[lineStart - 1] === "\r" ? lineStart - 1 : lineStart, end: rest, text: "" }];
    if (comma !== undefined || !previous) return edits;
    const before = afterComma(text, previous, comments);
    return before === undefined ? edits : [{ start: before - 1, end: before, text: "" }, ...edits];
  }
  if (ownLines && tail.trim() !== "" && comments.within({ start: stop, end: rest })) return LOSES_COMMENT;
  if (comma !== undefined) {
    const spaces = /^[ \t]*/.exec(text.slice(comma))?.[0].length ?? 0;
    return [{ start: part.start, end: comma + spaces, text: "" }];
  }
  const from = previous ? (afterComma(text, previous, comments) ?? previous.end) - 1 : part.start;
  return comments.within({ start: from, end: part.start }) ? LOSES_COMMENT : [{ start: from, end: part.end, text: "" }];
}
