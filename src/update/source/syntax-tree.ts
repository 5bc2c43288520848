import { parsers } from "prettier/plugins/babel";
import type { Range } from "./source.ts";

// Babel's syntax trees, by the parser in Prettier, which the package contains for `import`. Loaded only with this file.

/** A node of Babel's syntax tree. */
export interface TreeNode extends Range {
  readonly type: string;
  readonly [property: string]: unknown;
}

export interface Tree {
  readonly root: TreeNode;
  readonly comments: readonly Range[];
}

/** Parses TypeScript, JavaScript or JSON. Throws a `SyntaxError`. */
export function parseTree(text: string, json: boolean): Tree {
  const parse = (json ? parsers.json : parsers["babel-ts"]).parse as (text: string, options: object) => unknown;
  const tree = parse(text, { filepath: json ? "file.json" : "file.ts" }) as TreeNode;
  const root = json ? tree["node"] : tree["program"];
  return { root: root as TreeNode, comments: (tree["comments"] as Range[] | undefined) ?? [] };
}

export function isNode(value: unknown): value is TreeNode {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "type") === "string";
}

/** The nodes directly in a node, in the order of the source. */
export function childrenOf(node: TreeNode): TreeNode[] {
  const children: TreeNode[] = [];
  for (const key of Object.keys(node)) {
    if (key === "comments" || key === "extra") continue;
    const value = node[key];
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) children.push(...value.filter(isNode));
  }
  return children;
}

/** The expression without types and parentheses around it: `x as const`. */
export function bare(node: TreeNode): TreeNode {
  const inner = node["expression"];
  return /^(TSAsExpression|TSSatisfiesExpression|TSNonNullExpression|ParenthesizedExpression)$/.test(node.type) &&
    isNode(inner)
    ? bare(inner)
    : node;
}
