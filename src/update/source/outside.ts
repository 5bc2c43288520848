import { importsOf, isNode, nameUses, type Tree, type TreeNode } from "./syntax-tree.ts";

/** Modules whose functions only compute values: this package, the Foundation SDK and files of the project. */
const INSIDE = /^(\.{1,2}\/|#|grafana-provision(\/|$)|@grafana\/grafana-foundation-sdk(\/|$))/;

/** Globals that run code, or reach files, processes or the network. */
const GLOBALS = [
  ..."eval Function require process globalThis global import fetch navigator Deno Bun".split(" "),
  ..."setTimeout setInterval setImmediate queueMicrotask Worker WebSocket EventSource XMLHttpRequest".split(" "),
];

/** Functions of this package whose argument names a variable. */
const OF_SECRETS = new Set(["env", "secret"]);

/**
 * The names in a file of functions that may do more than compute a value: imported from other packages or from Node,
 * global, or declared with the use of such a name. A text from Grafana must not become an argument of one of them, because
 * each edit is tried before anyone sees it.
 */
export function outsideNames(tree: Tree): ReadonlySet<string> {
  const outside = new Set(GLOBALS);
  for (const { source, names } of importsOf(tree))
    for (const { local, name } of names)
      if (!INSIDE.test(source) || (source.startsWith("grafana-provision") && OF_SECRETS.has(name))) outside.add(local);
  const declarations = declarationsIn(tree.root);
  let size = -1;
  while (size !== outside.size) {
    size = outside.size;
    for (const { names, uses } of declarations)
      if (uses.some((use) => outside.has(use))) for (const name of names) outside.add(name);
  }
  return outside;
}

interface Declaration {
  readonly names: readonly string[];
  readonly uses: readonly string[];
}

/** Functions, and variables that contain one or are the result of a call. Values with such a call inside stay inside. */
function declarationsIn(root: TreeNode): Declaration[] {
  const found: Declaration[] = [];
  const visit = (node: TreeNode): void => {
    const { type, init, id, body } = node;
    if (/^(Function|Class)Declaration$/.test(type) && isNode(id) && isNode(body))
      found.push({ names: namesIn(id), uses: nameUses(body).map(({ name }) => name) });
    if (type === "VariableDeclarator" && isNode(id) && isNode(init) && isFunction(init))
      found.push({ names: namesIn(id), uses: nameUses(init).map(({ name }) => name) });
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child);
  };
  visit(root);
  return found;
}

function isFunction({ type }: TreeNode): boolean {
  return /^(ArrowFunctionExpression|FunctionExpression|ClassExpression|CallExpression|AwaitExpression|Identifier|MemberExpression)$/.test(
    type,
  );
}

function namesIn(node: TreeNode): string[] {
  if (node.type === "Identifier") return [String(node["name"])];
  return Object.values(node)
    .flat()
    .flatMap((child) => (isNode(child) ? namesIn(child) : []));
}

/** The name that a function is reached by: `a` of `a.b().c`. Undefined: a method of a value. */
export function rootName(callee: TreeNode): string | undefined {
  if (callee.type === "Identifier") return String(callee["name"]);
  if (callee.type === "Import" || callee.type === "ImportExpression") return "import";
  for (const inner of [callee["object"], callee["callee"], callee["tag"], callee["expression"]])
    if (isNode(inner)) return rootName(inner);
  return undefined;
}
