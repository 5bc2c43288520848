import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseSync } from "oxc-parser";
import { isObject } from "../../src/util/json.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A node of a syntax tree (ESTree). */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly [property: string]: unknown;
}

export interface SourceFile {
  /** `src/engine/plan.ts` */
  readonly name: string;
  readonly text: string;
  readonly program: Node;
}

export function sourceFiles(folder = "src"): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file))
    .toSorted()
    .map((file) => sourceFile(file, readFileSync(join(ROOT, file), "utf8")));
}

export function sourceFile(name: string, text: string): SourceFile {
  const { program, errors } = parseSync(name, text);
  if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`);
  return { name: relative("", name).replaceAll("\\", "/"), text, program: program as unknown as Node };
}

/** Every node with the nodes around it, the innermost first. */
export function* nodesIn(node: Node, around: readonly Node[] = []): Generator<readonly [Node, readonly Node[]]> {
  yield [node, around];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) yield* nodesIn(child, [node, ...around]);
  }
}

function isNode(value: unknown): value is Node {
  return isObject(value) && typeof value["type"] === "string" && typeof value["start"] === "number";
}

export function lineOf({ text }: SourceFile, { start }: Node): number {
  return text.slice(0, start).split("\n").length;
}
