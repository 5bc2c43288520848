import { dirname, join } from "node:path";
import { apiName } from "../../src/engine/model.ts";
import { lineOf, nodesIn, type Node, type SourceFile } from "./syntax.ts";

/** Files that may name kinds: the kinds, the sandbox, the tests of alerts, and the public API, which exports their helpers. */
const MAY_NAME = ["src/kinds/", "src/sandbox/", "src/testing/", "src/index.ts"];
/** What of `src/kinds` others may import: the registry, and what is of all kinds. */
const OF_ALL_KINDS = new Set(["src/kinds/index.ts", "src/kinds/reference.ts"]);

/** Where a file names a particular kind: by a value that is the name of one, or by an import of its module. */
export function kindsNamedIn(file: SourceFile, kinds: Iterable<string>): string[] {
  if (MAY_NAME.some((path) => file.name.startsWith(path))) return [];
  const names = new Set([...kinds].flatMap((kind) => [kind, apiName(kind)]));
  return [...nodesIn(file.program)].flatMap(([node, around]) => {
    const found = importOfKind(node, file.name) ?? (isPropertyName(node, around) ? undefined : namedBy(node, names));
    return found === undefined ? [] : [`${file.name}:${lineOf(file, node)}: ${found}`];
  });
}

function importOfKind(node: Node, name: string): string | undefined {
  const source = IMPORTS.has(node.type) ? node["source"] : undefined;
  const path = textOf(source as Node | undefined);
  if (path === undefined || !path.startsWith(".")) return undefined;
  const target = join(dirname(name), path).replaceAll("\\", "/");
  return target.startsWith("src/kinds/") && !OF_ALL_KINDS.has(target) ? `imports ${target}` : undefined;
}

const IMPORTS = new Set([
  "ImportDeclaration",
  "ImportExpression",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "TSImportType",
]);

/** The name of a kind, or an address of one of its objects. */
function namedBy(node: Node, names: ReadonlySet<string>): string | undefined {
  const text = textOf(node);
  if (text === undefined) return undefined;
  const [first = "", ...rest] = text.split("/");
  const isName = rest.length === 0 || (rest.length === 1 && (rest[0] === "" || node.type === "Literal"));
  return isName && names.has(first) ? `"${text}"` : undefined;
}

function textOf(node: Node | undefined): string | undefined {
  if (node?.type === "Literal") return typeof node["value"] === "string" ? node["value"] : undefined;
  if (node?.type !== "TemplateElement") return undefined;
  const { cooked } = node["value"] as { cooked?: unknown };
  return typeof cooked === "string" ? cooked : undefined;
}

/** The key of a property, or the name by which one is read. */
function isPropertyName(node: Node, [parent, ...around]: readonly Node[]): boolean {
  if (parent === undefined) return false;
  if (parent.type === "MemberExpression") return parent["property"] === node;
  if (parent["key"] === node) return parent["computed"] !== true;
  // `Pick<Folder, "title">` names properties as well.
  const isType = parent.type === "TSLiteralType" && around.some(({ type }) => type === "TSTypeParameterInstantiation");
  return isType && parent["literal"] === node;
}
