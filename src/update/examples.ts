import { posix } from "node:path";
import type { Formatter } from "../import/format.ts";
import { applyEdits, type Edit, type Range, type Source } from "./source/source.ts";
import { scriptSource } from "./source/script.ts";
import {
  importsOf,
  isNode,
  nameUses,
  parseTree,
  type ImportStatement,
  type NameUse,
  type TreeNode,
} from "./source/syntax-tree.ts";

// The code that `import` would write for an object shows how its new parts are built.

/** A file as `import` writes it, with its constants in the places where they are used. */
export interface Example {
  /** Relative to the configuration. */
  readonly path: string;
  readonly source: Source;
  readonly uses: readonly NameUse[];
  readonly imports: readonly ImportStatement[];
}

/** How often constants in constants are replaced. */
const DEPTH = 8;

export async function exampleOf(path: string, text: string, format: Formatter): Promise<Example | undefined> {
  try {
    let now = text;
    for (let round = 0; round < DEPTH; round++) {
      const next = withConstants(now);
      if (next === now) break;
      now = next;
    }
    const formatted = await format(path, withoutConstants(now));
    const tree = parseTree(formatted, false);
    return { path, source: scriptSource(formatted, false), uses: nameUses(tree.root), imports: importsOf(tree) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface ConstantOf {
  readonly statement: Range;
  readonly init: TreeNode;
}

/** The constants of a file that it does not export. */
export function constantsOf(root: TreeNode): Map<string, ConstantOf> {
  const found = new Map<string, ConstantOf>();
  for (const statement of root["body"] as TreeNode[]) {
    const [declarator, ...others] = (statement["declarations"] as TreeNode[] | undefined) ?? [];
    const { id, init } = (declarator ?? {}) as { id?: TreeNode; init?: unknown };
    if (statement.type !== "VariableDeclaration" || others.length > 0 || !isNode(init) || id?.type !== "Identifier")
      continue;
    found.set(String(id["name"]), { statement, init });
  }
  return found;
}

/** Replaces each use of a constant by its value, and each call of a function that is only an expression by this expression. */
function withConstants(text: string): string {
  const { root } = parseTree(text, false);
  const constants = constantsOf(root);
  const edits = nameUses(root).flatMap((use): Edit[] => {
    const init = constants.get(use.name)?.init;
    if (!init) return [];
    if (init.type !== "ArrowFunctionExpression") {
      const value = text.slice(init.start, init.end);
      return [{ start: use.start, end: use.end, text: use.shorthand ? `${use.name}: ${value}` : value }];
    }
    const { params, body } = init as TreeNode & { params: TreeNode[]; body: TreeNode };
    const { call } = use;
    if (!call || params.length !== call.args.length || body.type === "BlockStatement") return [];
    const given = new Map(params.map((param, index) => [String(param["name"]), call.args[index]]));
    const inner = nameUses(body).flatMap(({ name, start, end, shorthand }): Edit[] => {
      const arg = given.get(name);
      const value = arg && text.slice(arg.start, arg.end);
      if (value === undefined) return [];
      const range = { start: start - body.start, end: end - body.start };
      return [{ ...range, text: shorthand ? `${name}: ${value}` : value }];
    });
    return [{ start: call.start, end: call.end, text: applyEdits(text.slice(body.start, body.end), inner) }];
  });
  // The next round replaces what is inside of another one.
  let at = 0;
  const outer = edits
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
    .filter(({ start, end }) => {
      const isFree = start >= at;
      if (isFree) at = end;
      return isFree;
    });
  return applyEdits(text, outer);
}

function withoutConstants(text: string): string {
  const { root } = parseTree(text, false);
  const edits = [...constantsOf(root).values()].map(({ statement: { start, end } }) => ({ start, end, text: "" }));
  return applyEdits(text, edits);
}

/** The code of a call or of its argument, for another file. */
export interface Borrowed {
  /** The code with this indentation in its further lines. */
  text(indent: string): string;
  /** Edits that add the imports. */
  readonly imports: readonly Edit[];
}

/** Code of an example for a file. Undefined if it uses something that the file can't import. `path`: of the file, relative to the configuration. */
export function borrowed(
  example: Example,
  part: Range,
  target: { readonly path: string; readonly text: string },
): Borrowed | undefined {
  const { source, uses } = example;
  const tree = parseTree(target.text, false);
  const own = importsOf(tree);
  const taken = new Set(nameUses(tree.root).map(({ name }) => name));
  for (const { names } of own) for (const { local } of names) taken.add(local);
  const renamed: Edit[] = [];
  const added = new Map<string, { from: string; name: string; local: string }>();
  for (const use of uses) {
    if (use.start < part.start || use.end > part.end) continue;
    if (use.name === "undefined" || use.name === "String") continue;
    const found = importOf(example.imports, use.name);
    // A secret would need a new variable.
    if (!found || found.name === "secret" || use.shorthand) return undefined;
    const from = absolute(example.path, found.source);
    const there = own.flatMap((one) => (absolute(target.path, one.source) === from && !one.isType ? one.names : []));
    const same = there.find(({ name }) => name === found.name);
    const whole = there.find(({ name }) => name === "*");
    let local = same?.local ?? (whole && found.name !== "default" ? `${whole.local}.${found.name}` : undefined);
    if (local === undefined) {
      const key = `${from} ${found.name}`;
      local = added.get(key)?.local ?? freeName(use.name, taken);
      taken.add(local);
      added.set(key, { from, name: found.name, local });
    }
    renamed.push({ start: use.start - part.start, end: use.end - part.start, text: local });
  }
  const fragment = source.text.slice(part.start, part.end);
  const base = indentOf(source.text, part.start);
  // Lines within a text are part of it.
  const strings = source.nodes.filter((node) => node.type === "scalar" && typeof node.value === "string");
  const texts = [...source.pieces, ...strings];
  return {
    text(indent) {
      const breaks = [...fragment.matchAll(/\n[ \t]*/g)].flatMap(({ index, 0: found }): Edit[] => {
        const at = part.start + index;
        if (texts.some(({ start, end }) => start <= at && at < end)) return [];
        return [{ start: index, end: index + found.length, text: `\n${indent}${found.slice(1 + base.length)}` }];
      });
      return applyEdits(fragment, [...renamed, ...breaks]);
    },
    imports: importEdits([...added.values()], own, target),
  };
}

function importOf(imports: readonly ImportStatement[], local: string): { source: string; name: string } | undefined {
  for (const { source, names } of imports)
    for (const one of names) if (one.local === local) return { source, name: one.name };
  return undefined;
}

function importEdits(
  added: readonly { from: string; name: string; local: string }[],
  own: readonly ImportStatement[],
  { path, text }: { readonly path: string; readonly text: string },
): Edit[] {
  const at = own.at(-1)?.end ?? 0;
  return added.map(({ from, name, local }) => {
    const named = name === local ? name : `${name} as ${local}`;
    const there = own.find(
      (one) =>
        absolute(path, one.source) === from &&
        !one.isType &&
        one.names.some((used) => used.name !== "*" && used.name !== "default"),
    );
    const last = there?.names.at(-1);
    if (last) return { start: last.end, end: last.end, text: `, ${named}` };
    const source = JSON.stringify(relativeTo(path, from));
    const what = name === "*" ? `* as ${local}` : name === "default" ? local : `{ ${named} }`;
    const eol = text.includes("\r\n") ? "\r\n" : "\n";
    const line = `import ${what} from ${source};`;
    return { start: at, end: at, text: at === 0 ? `${line}${eol}` : `${eol}${line}` };
  });
}

/** The path of an imported file relative to the configuration. Packages keep their names. */
function absolute(path: string, source: string): string {
  return source.startsWith(".") ? `./${posix.join(posix.dirname(path), source)}` : source;
}

function relativeTo(path: string, from: string): string {
  if (!from.startsWith("./")) return from;
  const relative = posix.relative(posix.dirname(path), from.slice(2));
  return relative.startsWith(".") ? relative : `./${relative}`;
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}${number}`;
  return free;
}

function indentOf(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}
