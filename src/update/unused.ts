import { constantsOf } from "./examples.ts";
import { removePart } from "./source/separated.ts";
import { applyEdits, lineEnd, LOSES_COMMENT, type Edit, type Range } from "./source/source.ts";
import {
  childrenOf,
  importsOf,
  isNode,
  nameUses,
  parseTree,
  type ImportStatement,
  type Tree,
  type TreeNode,
} from "./source/syntax-tree.ts";

/** The most names that one edit leaves unused. */
const MOST = 30;

/** A file without the imports and declarations that an edit left unused. They would be errors for strict settings of TypeScript. */
export function withoutUnused(before: string, after: string): string {
  const had = usedIn(parseTree(before, false), before);
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
  const uses = usedIn(tree, text);
  const isUnused = (name: string) => had.has(name) && !uses.has(name);
  const hasComment = ({ start, end }: Range) => tree.comments.some((one) => one.start < end && one.end > start);
  for (const [name, statement] of declarationsOf(tree.root))
    if (isUnused(name) && !hasComment(statement)) return [wholeLines(text, statement)];
  for (const statement of importsOf(tree)) {
    if (hasComment(statement) || !statement.names.some(({ local }) => isUnused(local))) continue;
    if (statement.names.every(({ local }) => isUnused(local))) return [wholeLines(text, statement)];
    const edits = withoutName(text, statement, isUnused);
    if (edits) return edits;
  }
  return undefined;
}

/** The names of constants, functions and types that a file doesn't export. */
function declarationsOf(root: TreeNode): Map<string, Range> {
  const found = new Map<string, Range>([...constantsOf(root)].map(([name, { statement }]) => [name, statement]));
  for (const statement of root["body"] as TreeNode[])
    if (/^(FunctionDeclaration|TSTypeAliasDeclaration|TSInterfaceDeclaration)$/.test(statement.type)) {
      const { id } = statement;
      if (isNode(id)) found.set(String(id["name"]), statement);
    }
  return found;
}

/** The names that values, types or links in comments use. A text, a property or the path of an import can contain the same word. */
function usedIn({ root, comments }: Tree, text: string): ReadonlySet<string> {
  const links = comments.flatMap(({ start, end }) => [...text.slice(start, end).matchAll(LINK)]);
  return new Set([
    ...nameUses(root).map(({ name }) => name),
    ...typeNames(root, false),
    ...links.map(([, name = ""]) => name),
  ]);
}

/** TypeScript counts names in links as used. */
const LINK = /@(?:link|linkcode|linkplain|see)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu;

/** The names in types. */
function typeNames(node: TreeNode, isType: boolean): string[] {
  const { type, id, key } = node;
  if (type.startsWith("Import")) return [];
  const isInside = isType || /^TS(Type|Interface|ExpressionWithTypeArguments|ClassImplements)/.test(type);
  const own = new Set<unknown>([isInside && type.endsWith("Declaration") ? id : undefined]);
  if (/^TS(Property|Method)Signature$/.test(type) && node["computed"] !== true) own.add(key);
  const inner = childrenOf(node).flatMap((child) => (own.has(child) ? [] : typeNames(child, isInside)));
  return type === "Identifier" && isType ? [String(node["name"]), ...inner] : inner;
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
