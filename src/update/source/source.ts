import type { Json } from "../../util/json.ts";

// The values in a source file, with their places, and the edits that change one of them and nothing else.

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Replaces a part of a text. */
export interface Edit extends Range {
  readonly text: string;
}

export interface Placed extends Range {
  /** The properties, functions and methods that lead to it, outermost first. */
  readonly names: readonly string[];
  /** The objects, lists and builders around it, innermost first. */
  readonly around: readonly Range[];
}

export interface ScalarNode extends Placed {
  readonly type: "scalar";
  readonly value: string | number | boolean | null;
}

interface Entry extends Range {
  readonly name: string;
  readonly value: SourceNode;
}

export interface ObjectNode extends Placed {
  readonly type: "object";
  readonly entries: readonly Entry[];
}

export interface ListNode extends Placed {
  readonly type: "list";
  readonly items: readonly SourceNode[];
}

/** An expression without a value of its own. */
interface ComputedNode extends Placed {
  readonly type: "computed";
}

/** A value that the source states. */
export type SourceNode = ScalarNode | ObjectNode | ListNode | ComputedNode;

/** `.title("Requests")` */
export interface Call extends Placed {
  readonly method: string;
  readonly args: readonly SourceNode[];
  /** The builder with all of its calls. */
  readonly chain: Range;
}

/** A text that the source combines with others. */
export interface Piece extends Placed {
  readonly text: string;
  /** Whether the range includes quotation marks. */
  readonly quoted: boolean;
}

/** `units.Seconds` or `StackingMode.Normal` */
export interface Member extends Placed {
  /** The name before the last dot. */
  readonly of: string;
  readonly name: string;
}

/** An edit would remove a comment. */
export const LOSES_COMMENT = "loses-comment";
export type Edits = readonly Edit[] | typeof LOSES_COMMENT | undefined;

export interface Source {
  readonly text: string;
  readonly nodes: readonly SourceNode[];
  readonly calls: readonly Call[];
  readonly pieces: readonly Piece[];
  readonly members: readonly Member[];
  /** Expressions that can be builders. */
  readonly chains: readonly Placed[];
  setScalar(node: ScalarNode, value: Json): Edits;
  /** Replaces the whole value. */
  replace(node: SourceNode, value: Json): Edits;
  setPiece(piece: Piece, text: string): Edits;
  addEntry(node: ObjectNode, name: string, value: Json): Edits;
  removeEntry(node: ObjectNode, index: number): Edits;
  addItem(node: ListNode, index: number, value: Json): Edits;
  /** Adds an item as code. `write`: its text, for the indentation of its further lines. */
  addCode(node: ListNode, index: number, write: (indent: string) => string): Edits;
  removeItem(node: ListNode, index: number): Edits;
  /** Gives these parts another order: at each place, the index of the part to put there. */
  reorder(parts: readonly Range[], order: readonly number[]): Edits;
  /** Adds `.method(argument)` to a builder. */
  addCall(chain: Range, method: string, value: Json): Edits;
  removeCall(call: Call): Edits;
}

/** The text with these edits. Throws if two of them overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const ordered = edits
    .map((edit, index) => ({ edit, index }))
    .toSorted((a, b) => a.edit.start - b.edit.start || a.index - b.index);
  let [result, at] = ["", 0];
  for (const { edit } of ordered) {
    if (edit.start < at) throw new Error("edits overlap");
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** The number of a line, from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** The value of a node; undefined if a part of it is computed. */
export function valueOf(node: SourceNode): Json | undefined {
  if (node.type === "scalar") return node.value;
  if (node.type === "computed") return undefined;
  if (node.type === "list") {
    const items = node.items.map(valueOf);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  const entries = node.entries.map(({ name, value }) => [name, valueOf(value)] as const);
  return entries.every((entry): entry is [string, Json] => entry[1] !== undefined)
    ? Object.fromEntries(entries)
    : undefined;
}

/** The indentation of the line that contains this place. */
export function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** Whether only white space precedes this place in its line. */
export function startsLine(text: string, offset: number): boolean {
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).trim() === "";
}

/** The end of the line, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  const stop = end < 0 ? text.length : end;
  return text[stop - 1] === "\r" && stop > offset ? stop - 1 : stop;
}

export function lineBreakOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** Exchanges parts. `loses`: whether a comment is in a range, which would then belong to another part. */
export function reordered(
  text: string,
  parts: readonly Range[],
  order: readonly number[],
  loses: (range: Range) => boolean,
): Edits {
  const [first, last] = [parts[0], parts.at(-1)];
  if (!first || !last) return undefined;
  const gaps = parts.slice(1).map(({ start }, index) => ({ start: parts[index]?.end ?? start, end: start }));
  if (gaps.some(loses)) return LOSES_COMMENT;
  return parts.flatMap(({ start, end }, index) => {
    const part = parts[order[index] ?? -1];
    return !part || part.start === start ? [] : [{ start, end, text: text.slice(part.start, part.end) }];
  });
}
