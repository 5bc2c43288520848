import { dirname, join, resolve } from "node:path";
import { sourceOf } from "../update/project-files.ts";
import { lineAt, type Range, type Source, type SourceNode } from "../update/source/source.ts";
import type { Finding } from "./lint.ts";

/** A place in a file. Lines and columns begin at 1. */
export interface Place {
  /** Relative to the configuration. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface PlacedFinding extends Finding {
  readonly place?: Place;
}

export interface Files {
  /** The configuration's directory. */
  readonly directory: string;
  /** The text of a file; undefined if it can't be read. */
  readonly read: (file: string) => string | undefined;
}

/** The literal or the export of a finding. */
interface Found extends Place {
  /** The lines above which a comment can turn the rule off. */
  readonly starts: readonly number[];
}

/** A property of a resource, and the text in it. */
type Located = Pick<Finding, "file" | "export" | "path" | "text" | "span" | "near">;

/** Finds the place of each property: exact in JSON and YAML; in code, the literal if it is found once, and otherwise the export. */
export function placesOf(located: readonly Located[], files: Files): (Place | undefined)[] {
  const sources = new Sources(files);
  return located.map((one) => {
    const found = sources.locate(one);
    return found && { file: found.file, line: found.line, column: found.column };
  });
}

/** Adds the places of findings, and removes those that a comment turns off: `// grafana-lint-ignore rule-id`. */
export function placed(findings: readonly Finding[], files: Files): PlacedFinding[] {
  const sources = new Sources(files);
  return findings.flatMap((finding): PlacedFinding[] => {
    const found = sources.locate(finding);
    if (!found) return [finding];
    const { starts, ...place } = found;
    const isOff =
      sources.ignores(place.file, starts, finding.rule) ||
      sources.ignores(finding.file, sources.exportLines(finding), finding.rule);
    return isOff ? [] : [{ ...finding, place }];
  });
}

class Sources {
  readonly #files: Files;
  readonly #texts = new Map<string, string | undefined>();
  readonly #lines = new Map<string, readonly string[]>();
  readonly #parsed = new Map<string, Source | undefined>();
  readonly #imported = new Map<string, readonly string[]>();

  constructor(files: Files) {
    this.#files = files;
  }

  locate(finding: Located): Found | undefined {
    const { file } = finding;
    const text = this.#text(file);
    if (text === undefined) return undefined;
    if (/\.(?:json|ya?ml)$/.test(file)) return this.#inDocument(finding, file, text);
    return this.#inCode(finding) ?? exportOf(finding, text);
  }

  /** The line of the export, if the file is code. */
  exportLines(finding: Located): readonly number[] {
    const text = this.#text(finding.file);
    return text === undefined || /\.(?:json|ya?ml)$/.test(finding.file) ? [] : exportOf(finding, text).starts;
  }

  /** Whether a comment in or above one of these lines, or for the whole file, names the rule. */
  ignores(file: string, starts: readonly number[], rule: string): boolean {
    const lines = this.#linesOf(file);
    const names = (line: string | undefined, word: string) =>
      new RegExp(String.raw`(?://|#|/\*)\s*${word}\s+([\w, -]+)`)
        .exec(line ?? "")?.[1]
        ?.split(/[\s,]+/)
        .includes(rule) === true;
    if (lines.some((line) => names(line, "grafana-lint-ignore-file"))) return true;
    return starts.some((start) => {
      if (names(lines[start - 1], "grafana-lint-ignore")) return true;
      for (let at = start - 2; at >= 0 && /^\s*(?:\/\/|#|\/?\*)/.test(lines[at] ?? ""); at--)
        if (names(lines[at], "grafana-lint-ignore")) return true;
      return false;
    });
  }

  #text(file: string): string | undefined {
    if (!this.#texts.has(file)) this.#texts.set(file, this.#files.read(resolve(this.#files.directory, file)));
    return this.#texts.get(file);
  }

  /** Split once, because a file can have many findings. */
  #linesOf(file: string): readonly string[] {
    const lines = this.#lines.get(file) ?? (this.#text(file) ?? "").split("\n");
    this.#lines.set(file, lines);
    return lines;
  }

  #source(file: string): Source | undefined {
    if (!this.#parsed.has(file)) {
      let source: Source | undefined;
      try {
        source = sourceOf(file, this.#text(file) ?? "");
      } catch {
        source = undefined;
      }
      this.#parsed.set(file, source);
    }
    return this.#parsed.get(file);
  }

  #inDocument({ path, text, span }: Located, file: string, whole: string): Found {
    const root = this.#source(file)?.nodes.at(-1);
    const node = root && (nodeAt(root, path) ?? nodeAt(root, path.replace(/^(?:spec|model)\.?/, "")));
    if (!node) return { file, line: 1, column: 1, starts: [1] };
    const offset = node.start + offsetIn(whole.slice(node.start, node.end), text, span?.from);
    return {
      file,
      ...position(whole, offset),
      starts: [position(whole, offset).line, position(whole, node.start).line],
    };
  }

  /** The only literal with the text, or with the part that the finding is about. */
  #inCode({ file, text, span, near }: Located): Found | undefined {
    const files = this.#withImports(file);
    const part = text !== undefined && span ? text.slice(span.from, span.to) : undefined;
    if (text !== undefined) {
      const whole = this.#literals(files, (literal) => literal === text);
      const [only] = whole;
      if (only && whole.length === 1) return this.#at(only, text, span?.from);
    }
    for (const needle of [part, near]) {
      if (needle === undefined || needle.trim().length < 3) continue;
      const isPart = needle === part;
      const found = this.#literals(files, (literal) => (isPart ? literal.includes(needle) : literal === needle));
      const [only] = found;
      if (only && found.length === 1) return this.#at(only, only.value, only.value.indexOf(needle));
    }
    return undefined;
  }

  #at({ file, range }: Literal, value: string, from: number | undefined): Found {
    const whole = this.#text(file) ?? "";
    const offset = range.start + offsetIn(whole.slice(range.start, range.end), value, from);
    return {
      file,
      ...position(whole, offset),
      starts: [position(whole, offset).line, position(whole, range.start).line],
    };
  }

  #literals(files: readonly string[], matches: (value: string) => boolean): Literal[] {
    return files.flatMap((file) => {
      const source = this.#source(file);
      if (!source) return [];
      const texts = source.nodes.flatMap((node): Literal[] =>
        node.type === "scalar" && typeof node.value === "string" ? [{ file, range: node, value: node.value }] : [],
      );
      const pieces = source.pieces.map((piece): Literal => ({ file, range: piece, value: piece.text }));
      const unique = new Map([...texts, ...pieces].map((one) => [one.range.start, one]));
      return [...unique.values()].filter(({ value }) => matches(value));
    });
  }

  /** A file and those of the project that it imports. */
  #withImports(file: string): readonly string[] {
    const known = this.#imported.get(file);
    if (known) return known;
    const found = new Set([file]);
    for (const one of found) {
      for (const [, path = ""] of (this.#text(one) ?? "").matchAll(/\bfrom\s+["'](\.[^"']+\.[cm]?[jt]s)["']/g)) {
        const target = join(dirname(one), path);
        if (found.size < MAX_FILES && this.#text(target) !== undefined) found.add(target);
      }
    }
    this.#imported.set(file, [...found]);
    return [...found];
  }
}

/** The maximum number of files in which the literal of a finding is searched. */
const MAX_FILES = 300;

interface Literal {
  readonly file: string;
  readonly range: Range;
  readonly value: string;
}

/** The value at a path, or the one that comes nearest. */
function nodeAt(node: SourceNode, path: string): SourceNode | undefined {
  if (path === "") return node;
  const rest = path.replace(/^\./, "");
  if (node.type === "list") {
    const [bracket = "", index = ""] = /^\[(\d+)\]/.exec(rest) ?? [];
    const item = node.items[Number(index)];
    return bracket !== "" && item ? (nodeAt(item, rest.slice(bracket.length)) ?? item) : undefined;
  }
  if (node.type !== "object") return undefined;
  for (const { name, value } of node.entries) {
    if (!rest.startsWith(name)) continue;
    const after = rest.slice(name.length);
    if (after === "" || /^[.[]/.test(after)) return nodeAt(value, after) ?? value;
  }
  return undefined;
}

/** Where a part of a text is in its literal. */
function offsetIn(literal: string, text: string | undefined, from: number | undefined): number {
  if (text === undefined || from === undefined) return 0;
  const at = literal.indexOf(text);
  if (at >= 0) return at + from;
  // With escapes: `\"` is one character of the text.
  const escaped = JSON.stringify(text.slice(0, from)).slice(1, -1);
  return literal.startsWith(`"${escaped}`) ? escaped.length + 1 : 0;
}

function position(text: string, offset: number): { readonly line: number; readonly column: number } {
  return { line: lineAt(text, offset), column: offset - text.slice(0, offset).lastIndexOf("\n") };
}

/** The statement that exports the resource. */
function exportOf({ file, export: name }: Located, text: string): Found {
  const [base = ""] = name.split(/[.[]/);
  const pattern =
    base === "default" || base === ""
      ? /^export default\b/m
      : new RegExp(String.raw`^export\s+(?:const|let|var|function|async function)\s+${base}\b`, "m");
  const at = text.search(pattern);
  const { line, column } = position(text, Math.max(at, 0));
  // Without a place, no comment is next to it.
  return { file, line, column, starts: at < 0 ? [] : [line] };
}
