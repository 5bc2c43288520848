import { isMap, isScalar, isSeq, parseAllDocuments, Parser, stringify, type Node, type Pair } from "yaml";
import type { Json } from "../../util/json.ts";
import { literalText, type Style } from "./literals.ts";
import { addPart, removePart, type Comments } from "./separated.ts";
import {
  lineBreakOf,
  lineEnd,
  LOSES_COMMENT,
  reordered,
  startsLine,
  type Edits,
  type ListNode,
  type ObjectNode,
  type Range,
  type ScalarNode,
  type Source,
  type SourceNode,
} from "./source.ts";

/** A YAML file. Throws a `YAMLParseError`. */
export function yamlSource(text: string): Source {
  const nodes: SourceNode[] = [];
  const flows = new Set<SourceNode>();
  const blocks = new Set<SourceNode>();
  const visit = (node: unknown, names: readonly string[], around: readonly Range[]): SourceNode => {
    const made = nodeOf(node, names, around);
    nodes.push(made);
    if (isScalar(node) && node.type?.startsWith("BLOCK")) blocks.add(made);
    if ((isMap(node) || isSeq(node)) && node.flow) flows.add(made);
    return made;
  };
  const nodeOf = (node: unknown, names: readonly string[], around: readonly Range[]): SourceNode => {
    const range = rangeOf(text, node);
    const place = { ...range, names, around };
    const inner = [range, ...around];
    // A change of an anchored value would also change its aliases.
    if (isScalar(node) && isPlain(node.value) && node.anchor === undefined)
      return { type: "scalar", value: node.value, ...place };
    if (isMap(node)) {
      const entries = node.items.map((pair) => entryOf(pair, [...names, String(keyOf(pair))], inner));
      return { type: "object", entries, ...place };
    }
    if (isSeq(node)) return { type: "list", items: node.items.map((item) => visit(item, names, inner)), ...place };
    return { type: "computed", ...place };
  };
  const entryOf = (pair: Pair, names: readonly string[], around: readonly Range[]) => {
    const value = visit(pair.value, names, around);
    const { start } = rangeOf(text, pair.key);
    return { name: String(keyOf(pair)), start, end: Math.max(value.end, rangeOf(text, pair.key).end), value };
  };
  for (const document of parseAllDocuments(text)) {
    const [problem] = document.errors;
    if (problem) throw problem;
    visit(document.contents, [], []);
  }
  const unit = /^( {2,8})\S/m.exec(text)?.[1] ?? "  ";
  const flowStyle: Style = { json: true, unit, eol: lineBreakOf(text) };
  const comments = commentsIn(text);
  const flow = { unit: undefined, spaced: true, comments };
  const flowText = (value: Json) => literalText(value, flowStyle, undefined);
  const partsOf = (node: ObjectNode | ListNode) => (node.type === "list" ? node.items : node.entries);
  const bracketed = (node: ObjectNode | ListNode) => ({ start: node.start, end: node.end, parts: partsOf(node) });
  const isFlow = (node: SourceNode) => flows.has(node);
  return {
    text,
    nodes,
    calls: [],
    pieces: [],
    members: [],
    chains: [],
    setScalar(node, value) {
      if (comments.within(node)) return LOSES_COMMENT;
      const isInFlow = [...flows].some(({ start, end }) => start < node.start && node.end < end);
      const isPlainText = typeof value !== "string" || /^[\w -]+$/.test(value);
      const written =
        isInFlow && !isPlainText ? JSON.stringify(value) : scalarText(text, node, value, blocks.has(node));
      // A key without a value ends with its colon.
      const gap = node.start === node.end && text[node.start - 1] === ":" ? " " : "";
      return [{ start: node.start, end: node.end, text: gap + written }];
    },
    replace(node, value) {
      if (!isFlow(node) && node.type !== "scalar") return undefined;
      return comments.within(node) ? LOSES_COMMENT : [{ start: node.start, end: node.end, text: flowText(value) }];
    },
    setPiece: () => undefined,
    addEntry(node, name, value) {
      if (isFlow(node))
        return addPart(text, bracketed(node), node.entries.length, {
          ...flow,
          write: () => `${JSON.stringify(name)}: ${flowText(value)}`,
        });
      const last = node.entries.at(-1);
      return (
        last && addLines(text, last, columnOf(text, node.entries[0] ?? last), stringify({ [name]: value }, WRITING))
      );
    },
    removeEntry: (node, index) =>
      isFlow(node)
        ? removePart(text, bracketed(node), index, comments)
        : removeLines(text, node.entries, index, 0, comments),
    addItem(node, index, value) {
      if (isFlow(node))
        return addPart(text, bracketed(node), index, { ...flow, spaced: false, write: () => flowText(value) });
      const previous = node.items[index - 1];
      // Only after an existing item.
      return previous && addLines(text, previous, dashColumn(text, previous), stringify([value], WRITING));
    },
    addCode: () => undefined,
    removeItem: (node, index) =>
      isFlow(node)
        ? removePart(text, bracketed(node), index, comments)
        : removeLines(
            text,
            node.items,
            index,
            (node.items[index]?.start ?? 0) - dashOf(text, node.items[index]),
            comments,
          ),
    reorder: (parts, order) => reordered(text, parts, order, (range) => comments.within(range)),
    addCall: () => undefined,
    removeCall: () => undefined,
  };
}

const WRITING = { lineWidth: 0, aliasDuplicateObjects: false } as const;

function commentsIn(text: string): Comments {
  const found: Range[] = [];
  const visit = (token: unknown): void => {
    if (typeof token !== "object" || token === null) return;
    const { type, offset, source } = token as { type?: unknown; offset?: unknown; source?: unknown };
    if (type === "comment" && typeof offset === "number" && typeof source === "string")
      found.push({ start: offset, end: offset + source.length });
    else for (const part of Object.values(token)) visit(part);
  };
  for (const token of new Parser().parse(text)) visit(token);
  const ends = new Map(found.map(({ start, end }) => [start, end]));
  return {
    within: ({ start, end }) => found.some((one) => one.start < end && one.end > start),
    endOf: (start) => ends.get(start),
  };
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function keyOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : key;
}

/** The range of a node without the white space after it. */
function rangeOf(text: string, node: unknown): Range {
  const [start = 0, end = 0] = (node as Node | null)?.range ?? [];
  const own = text.slice(start, end).trimEnd().length;
  return { start, end: start + own };
}

function scalarText(text: string, node: ScalarNode, value: Json, isBlock: boolean): string {
  const former = text.slice(node.start, node.end);
  if (typeof value !== "string") return JSON.stringify(value);
  if (isBlock && !value.includes("\r")) {
    const [header = "|", first = ""] = former.split(/\r?\n/);
    const indent = /^ */.exec(first)?.[0] ?? "";
    const isLiteral = header.startsWith("|") && /^\|[-]?$/.test(header.trim());
    const body = header.includes("-") ? value : value.replace(/\n$/, "");
    const isFree = !/^\s|\s$/.test(body) && (header.includes("-") || value.endsWith("\n"));
    if (isLiteral && isFree && indent !== "")
      return [header, ...body.split("\n").map((line) => (line === "" ? "" : indent + line))].join(lineBreakOf(text));
  }
  if (isBlock) return JSON.stringify(value);
  const type = former.startsWith('"') ? "QUOTE_DOUBLE" : former.startsWith("'") ? "QUOTE_SINGLE" : "PLAIN";
  const written = stringify(value, { ...WRITING, defaultStringType: type, defaultKeyType: "PLAIN" }).trimEnd();
  return written.includes("\n") ? JSON.stringify(value) : written;
}

function columnOf(text: string, { start }: Range): number {
  return start - (text.lastIndexOf("\n", start - 1) + 1);
}

/** The place of the dash before an item. */
function dashOf(text: string, item: Range | undefined): number {
  return item ? text.lastIndexOf("-", item.start - 1) : 0;
}

function dashColumn(text: string, item: Range): number {
  return columnOf(text, { start: dashOf(text, item), end: item.start });
}

/** Adds lines after a part. */
function addLines(text: string, part: Range, column: number, lines: string): Edits {
  const at = lineEnd(text, part.end);
  const eol = lineBreakOf(text);
  const indent = " ".repeat(column);
  const added = lines
    .trimEnd()
    .split("\n")
    .map((line) => (line === "" ? "" : indent + line));
  return [{ start: at, end: at, text: eol + added.join(eol) }];
}

/** Removes the lines of a part. `lead`: the length of the dash before it. */
function removeLines(text: string, parts: readonly Range[], index: number, lead: number, comments: Comments): Edits {
  const part = parts[index];
  // A block without parts would be null.
  if (!part || parts.length === 1) return undefined;
  const start = part.start - lead;
  const end = lineEnd(text, part.end);
  if (comments.within({ start, end })) return LOSES_COMMENT;
  const next = parts[index + 1];
  if (startsLine(text, start)) {
    const lineBreak = text.lastIndexOf("\n", start - 1);
    const after = /^\r?\n/.exec(text.slice(end))?.[0].length ?? 0;
    if (lineBreak < 0) return [{ start: 0, end: end + after, text: "" }];
    return [{ start: text[lineBreak - 1] === "\r" ? lineBreak - 1 : lineBreak, end, text: "" }];
  }
  // The first entry of an item is on the line of the dash.
  if (!next || comments.within({ start: end, end: next.start })) return undefined;
  return lead === 0 ? [{ start, end: next.start, text: "" }] : undefined;
}
