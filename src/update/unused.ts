import { constantsOf } from "./examples.ts";
import { removePart } from "./source/separated.ts";
import { applyEdits, lineEnd, LOSES_COMMENT, type Edit, type Range } from "./source/source.ts";
import { importsOf, nameUses, parseTree, type ImportStatement } from "./source/syntax-tree.ts";

/** The most names that one edit leaves unused. */
const MOST = 30;

/** A file without the imports and constants that an edit left unused. They would be errors for strict settings of TypeScript. */
export function withoutUnused(before: string, after: string): string {
  const had = new Set(nameUses(parseTree(before, false).root).map(({ name }) => name));
  let text = after;
  for (let round = 0; round < MOST; round++) {
    const edits = removalOf(text, had);
    if (!edits) break;
    text = applyEdits(text, edits);
  }
  return text;
}

/** The removal of one name that is no longer used. */
function removalOf(text: string, had: ReadonlySet<string>): readonly Edit[] | undefined {
  const tree = parseTree(text, false);
  const uses = new Set(nameUses(tree.root).map(({ name }) => name));
  // A type can use it, too.
  const isUnused = (name: string) => had.has(name) && !uses.has(name) && text.split(wordOf(name)).length === 2;
  const hasComment = ({ start, end }: Range) => tree.comments.some((one) => one.start < end && one.end > start);
  for (const [name, { statement }] of constantsOf(tree.root))
    if (isUnused(name) && !hasComment(statement)) return [wholeLines(text, statement)];
  for (const statement of importsOf(tree)) {
    if (hasComment(statement) || !statement.names.some(({ local }) => isUnused(local))) continue;
    if (statement.names.every(({ local }) => isUnused(local))) return [wholeLines(text, statement)];
    const edits = withoutName(text, statement, isUnused);
    if (edits) return edits;
  }
  return undefined;
}

function wordOf(name: string): RegExp {
  return new RegExp(`(?<![\\w$])${name.replaceAll("$", String.raw`\$`)}(?![\\w$])`);
}

function withoutName(
  text: string,
  { names, start, end }: ImportStatement,
  isUnused: (name: string) => boolean,
): readonly Edit[] | undefined {
  const parts = names.filter(({ name }) => name !== "*" && name !== "default");
  const index = parts.findIndex(({ local }) => isUnused(local));
  const braces = { start: text.indexOf("{", start), end: text.lastIndexOf("}", end) + 1, parts };
  const edits =
    parts.length > 1 ? removePart(text, braces, index, { within: () => false, endOf: () => undefined }) : undefined;
  return edits === LOSES_COMMENT ? undefined : edits;
}

/** The lines of a statement, with the empty line after them if there is also one before. */
function wholeLines(text: string, { start, end }: Range): Edit {
  const isApart = /^$|\n\r?\n$/.test(text.slice(0, start));
  const breaks = isApart ? /^(\r?\n){1,2}/ : /^\r?\n/;
  const rest = breaks.exec(text.slice(lineEnd(text, end)))?.[0].length ?? 0;
  return { start, end: lineEnd(text, end) + rest, text: "" };
}
