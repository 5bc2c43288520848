import { isDeepStrictEqual } from "node:util";
import type { Json } from "../util/json.ts";

/** A file with one document replaced. */
export interface Rewritten {
  readonly text: string;
  /** Whether comments of the document are lost. */
  readonly lostComments: boolean;
}

/** The documents of a JSON or YAML file, without empty ones. */
export async function documentsIn(text: string, extension: string): Promise<Json[]> {
  if (extension === ".json") return [JSON.parse(withoutMark(text)) as Json];
  const { parseAllDocuments } = await import("yaml");
  const all = parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS() as Json;
  });
  return all.filter((document) => document !== null);
}

/** Replaces a document, by its index among the documents that are not empty. Keeps the style of the file and its other documents. */
export async function rewritten(text: string, extension: string, index: number, document: Json): Promise<Rewritten> {
  const result = extension === ".json" ? inJson(text, document) : await inYaml(text, index, document);
  const found = (await documentsIn(result.text, extension))[index];
  if (!isDeepStrictEqual(found, document)) throw new Error("the rewritten file has another content than intended");
  return result;
}

const MARK = "\uFEFF";

function withoutMark(text: string): string {
  return text.startsWith(MARK) ? text.slice(MARK.length) : text;
}

function inJson(text: string, document: Json): Rewritten {
  const indent = /^\s*[{[]\r?\n([ \t]+)/.exec(withoutMark(text))?.[1] ?? (text.trim().includes("\n") ? "  " : "");
  const end = /\s*$/.exec(text)?.[0] ?? "";
  const json = JSON.stringify(document, null, indent);
  const lines = text.includes("\r\n") ? json.replaceAll("\n", "\r\n") : json;
  return { text: `${text.startsWith(MARK) ? MARK : ""}${lines}${end}`, lostComments: false };
}

async function inYaml(text: string, index: number, document: Json): Promise<Rewritten> {
  const { parseAllDocuments, stringify, visit } = await import("yaml");
  const all = parseAllDocuments(text).filter((one) => one.toJS() !== null);
  const contents = all[index]?.contents;
  if (!contents?.range) throw new Error(`the file has no document ${index + 1}`);
  const [start, , end] = contents.range;
  let lostComments = false;
  visit(contents, (_key, node) => {
    const { comment, commentBefore } = node as { comment?: string | null; commentBefore?: string | null };
    if (comment || (commentBefore && node !== contents)) lostComments = true;
  });
  const yaml = stringify(document, {
    indent: /^( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2,
    indentSeq: !/^( *)[^\s#-][^\n]*:\r?\n\1- /m.test(text),
    lineWidth: 0,
    // Other parsers read `Off` as false.
    compat: "yaml-1.1",
  });
  // `--- {a: 1}`: a block can't begin on the line of the marker.
  const before = text.slice(0, start).replace(/[ \t]+$/, "");
  const block = before === "" || before === MARK || before.endsWith("\n") ? yaml : `\n${yaml}`;
  const lines = text.includes("\r\n") ? block.replaceAll("\n", "\r\n") : block;
  return { text: before + lines + text.slice(end), lostComments };
}
