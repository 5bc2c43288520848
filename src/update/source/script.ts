import { equal, type Json } from "../../util/json.ts";
import { keyText, literalText, stringText, templateText, unitOf, type Style } from "./literals.ts";
import { addPart, removePart, type Comments } from "./separated.ts";
import {
  indentAt,
  lineBreakOf,
  LOSES_COMMENT,
  reordered,
  startsLine,
  type Call,
  type ListNode,
  type Member,
  type ObjectNode,
  type Piece,
  type Placed,
  type Range,
  type Source,
  type SourceNode,
} from "./source.ts";
import { outsideNames, rootName } from "./outside.ts";
import { bare, childrenOf, isNode, parseTree, type Tree, type TreeNode } from "./syntax-tree.ts";

interface Context {
  readonly names: readonly string[];
  readonly around: readonly Range[];
}

/** TypeScript, JavaScript or JSON. Throws a `SyntaxError`. */
export function scriptSource(text: string, json: boolean): Source {
  // A byte order mark is not part of JSON.
  const tree = parseTree(json ? text.replace(/^\uFEFF/, " ") : text, json);
  const style: Style = { json, unit: unitOf(text), eol: lineBreakOf(text) };
  const comments = commentsOf(tree);
  const found = new Collector(text, json ? new Set() : outsideNames(tree));
  found.visit(tree.root, { names: [], around: [] });
  const multiline = (parts: readonly Range[]) => parts.some(({ start }) => startsLine(text, start));
  const adding = (parts: readonly Range[], write: (indent: string | undefined) => string, spaced: boolean) => ({
    write,
    unit: json ? style.unit : undefined,
    spaced,
    comments,
    ...(parts.length > 0 && !multiline(parts) ? { unit: undefined } : {}),
  });
  const items = ({ start, end, items }: ListNode) => ({ start, end, parts: items });
  const entries = ({ start, end, entries }: ObjectNode) => ({ start, end, parts: entries });
  const write = (value: Json) => (indent: string | undefined) => literalText(value, style, indent);
  return {
    text,
    nodes: found.nodes,
    calls: found.calls,
    pieces: found.pieces,
    members: found.members,
    chains: found.chains,
    setScalar(node, value) {
      if (equal(node.value, value)) return [];
      const former = text.slice(node.start, node.end);
      const written = typeof value === "string" ? stringText(value, former) : literalText(value, style, undefined);
      return [{ start: node.start, end: node.end, text: written }];
    },
    replace: (node, value) =>
      comments.within(node)
        ? LOSES_COMMENT
        : [{ start: node.start, end: node.end, text: literalText(value, style, indentAt(text, node.start)) }],
    setPiece(piece, value) {
      const former = text.slice(piece.start, piece.end);
      if (piece.quoted) return [{ start: piece.start, end: piece.end, text: stringText(value, former) }];
      return [{ start: piece.start, end: piece.end, text: templateText(value) }];
    },
    addEntry(node, name, value) {
      const entry = (indent: string | undefined) => `${keyText(name, json)}: ${write(value)(indent)}`;
      return addPart(text, entries(node), node.entries.length, adding(node.entries, entry, true));
    },
    removeEntry: (node, index) => removePart(text, entries(node), index, comments),
    addItem: (node, index, value) => addPart(text, items(node), index, adding(node.items, write(value), false)),
    addCode: (node, index, write) =>
      addPart(
        text,
        items(node),
        index,
        adding(node.items, (indent) => write(indent ?? indentAt(text, node.start)), false),
      ),
    removeItem: (node, index) => removePart(text, items(node), index, comments),
    reorder: (parts, order) => reordered(text, parts, order, (range) => comments.within(range)),
    addCall(chain, method, value) {
      const last = found.calls.findLast((one) => one.chain.end === chain.end && one.chain.start === chain.start);
      const own = last !== undefined && startsLine(text, last.start);
      const indent = own ? indentAt(text, last.start) : "";
      const call = `.${method}(${literalText(value, style, own ? indent : undefined)})`;
      return [{ start: chain.end, end: chain.end, text: own ? `${style.eol}${indent}${call}` : call }];
    },
    removeCall(call) {
      if (comments.within({ start: call.start + 1, end: call.end })) return LOSES_COMMENT;
      // A comment between this call and the one before it stays.
      const before = text.slice(0, call.start).trimEnd().length;
      const isFree = comments.endOf(before) === undefined && !comments.within({ start: before - 1, end: call.start });
      const endsLine = /^[ \t]*\r?\n/.test(text.slice(call.end));
      if (!isFree && !endsLine) return LOSES_COMMENT;
      return [{ start: before, end: call.end, text: "" }];
    },
  };
}

function commentsOf({ comments }: Tree): Comments {
  const ends = new Map(comments.map(({ start, end }) => [start, end]));
  return {
    within: ({ start, end }) => comments.some((one) => one.start < end && one.end > start),
    endOf: (start) => ends.get(start),
  };
}

/** Collects the values of a syntax tree. */
class Collector {
  readonly #text: string;
  readonly #outside: ReadonlySet<string>;
  readonly nodes: SourceNode[] = [];
  readonly calls: Call[] = [];
  readonly pieces: Piece[] = [];
  readonly members: Member[] = [];
  readonly chains: Placed[] = [];

  /** `outside`: the functions whose arguments must not change. */
  constructor(text: string, outside: ReadonlySet<string>) {
    this.#text = text;
    this.#outside = outside;
  }

  visit(given: TreeNode, context: Context): SourceNode {
    const node = bare(given);
    const made = this.#node(node, context);
    this.nodes.push(made);
    return made;
  }

  #node(node: TreeNode, context: Context): SourceNode {
    const { start, end, type } = node;
    const place = { start, end, ...context };
    const scalar = scalarOf(node);
    if (scalar !== undefined) {
      return { type: "scalar", value: scalar, ...place };
    }
    if (type === "ObjectExpression") return this.#object(node, context);
    if (type === "ArrayExpression") {
      const around = [{ start, end }, ...context.around];
      const elements = (node["elements"] as (TreeNode | null)[]).filter((one) => one !== null);
      const items = elements.map((one) =>
        one.type === "SpreadElement" ? this.#computed(one, context) : this.visit(one, { ...context, around }),
      );
      return { type: "list", items, ...place };
    }
    return this.#computed(node, context);
  }

  #object(node: TreeNode, context: Context): ObjectNode {
    const { start, end } = node;
    const around = [{ start, end }, ...context.around];
    const entries = (node["properties"] as TreeNode[]).map((property) => {
      const name = property["computed"] === true ? "" : nameOf(property["key"]);
      const { value } = property;
      const inner = { names: [...context.names, name], around };
      const isPlain = property.type === "ObjectProperty" && property["shorthand"] !== true && isNode(value);
      return {
        name,
        start: property.start,
        end: property.end,
        value: isPlain ? this.visit(value, inner) : this.#computed(property, inner),
      };
    });
    return { type: "object", entries, start, end, ...context };
  }

  #computed(node: TreeNode, context: Context): SourceNode {
    const { type, start, end } = node;
    const computed: SourceNode = { type: "computed", start, end, ...context };
    // Types, keys and the names of modules are no values.
    if (/^(TS|Import|ExportAll)/.test(type)) return computed;
    if (type === "CallExpression" || type === "NewExpression") {
      if (this.#outside.has(rootName(node) ?? "")) return computed;
      this.chains.push({ start, end, names: context.names, around: [{ start, end }, ...context.around] });
      this.#call(node, context, node);
    } else if (type === "TemplateLiteral") this.#template(node, context);
    else if (type === "TaggedTemplateExpression") return computed;
    else if (type === "BinaryExpression" && node["operator"] === "+") this.#sum(node, context);
    else if (type === "MemberExpression") {
      const [of, name] = [nameOf(node["object"]), nameOf(node["property"])];
      if (of !== "" && name !== "") this.members.push({ of, name, start, end, ...context });
      else this.#rest(node, context);
    } else if (type === "VariableDeclarator") {
      const names = [...context.names, nameOf(node["id"])];
      const { init } = node;
      if (isNode(init)) this.visit(init, { names, around: [{ start, end }, ...context.around] });
    } else this.#rest(node, context);
    return computed;
  }

  #rest(node: TreeNode, context: Context): void {
    for (const child of childrenOf(node)) this.visit(child, context);
  }

  /** A call, and the calls of the builder that it continues. */
  #call(node: TreeNode, context: Context, chain: Range): void {
    const { callee } = node;
    const around = [{ start: chain.start, end: chain.end }, ...context.around];
    const method = isNode(callee) && callee.type === "MemberExpression" ? nameOf(callee["property"]) : "";
    const own = method === "" ? nameOf(callee) : method;
    const inner = { names: [...context.names, own], around };
    const args = (node["arguments"] as TreeNode[]).map((one) =>
      one.type === "SpreadElement" ? this.#computed(one, inner) : this.visit(one, inner),
    );
    const object = isNode(callee) ? callee["object"] : undefined;
    if (!isNode(object)) return;
    const target = bare(object);
    const continues = target.type === "CallExpression" || target.type === "NewExpression";
    if (continues) {
      const start = this.#dotBefore(callee as TreeNode);
      this.calls.push({ method, args, chain, start, end: node.end, names: context.names, around });
      this.#call(target, context, chain);
    } else if (target.type !== "Identifier") this.visit(target, inner);
  }

  #dotBefore(callee: TreeNode): number {
    return this.#text.lastIndexOf(".", (callee["property"] as TreeNode).start);
  }

  /** Texts that are combined with others. */
  #sum(node: TreeNode, context: Context): void {
    for (const one of [node["left"], node["right"]]) {
      if (!isNode(one)) continue;
      const made = this.visit(one, context);
      if (made.type === "scalar" && typeof made.value === "string")
        this.pieces.push({ ...made, text: made.value, quoted: true });
    }
  }

  #template(node: TreeNode, context: Context): void {
    const place = { names: context.names, around: [{ start: node.start, end: node.end }, ...context.around] };
    for (const { start, end, value } of node["quasis"] as (TreeNode & { value: { cooked: string } })[])
      if (value.cooked !== "") this.pieces.push({ ...place, start, end, text: value.cooked, quoted: false });
    for (const one of node["expressions"] as TreeNode[]) this.visit(one, place);
  }
}

function nameOf(node: unknown): string {
  if (!isNode(node)) return "";
  if (node.type === "Identifier") return String(node["name"]);
  if (node.type === "StringLiteral" || node.type === "NumericLiteral") return String(node["value"]);
  return node.type === "MemberExpression" ? nameOf(node["property"]) : "";
}

function scalarOf(node: TreeNode): string | number | boolean | null | undefined {
  const { type, value } = node;
  switch (type) {
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
      return value as string | number | boolean;
    case "NullLiteral":
      return null;
    case "UnaryExpression": {
      const number = isNode(node["argument"]) ? scalarOf(node["argument"]) : undefined;
      return node["operator"] === "-" && typeof number === "number" ? -number : undefined;
    }
    case "TemplateLiteral":
      return (node["expressions"] as unknown[]).length === 0 ? quasiOf(node, "cooked") : undefined;
    case "TaggedTemplateExpression": {
      const { tag, quasi } = node as TreeNode & { tag: TreeNode; quasi: TreeNode };
      const isRaw = nameOf(tag) === "raw" && nameOf(tag["object"]) === "String";
      return isRaw && (quasi["expressions"] as unknown[]).length === 0 ? quasiOf(quasi, "raw") : undefined;
    }
    default:
      return undefined;
  }
}

function quasiOf(node: TreeNode, form: "cooked" | "raw"): string {
  const [quasi] = node["quasis"] as { value: { cooked: string; raw: string } }[];
  return quasi?.value[form] ?? "";
}
