import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, type Fault } from "../util/errors.ts";
import { API } from "./import.ts";
import { similar } from "../util/similar.ts";
import { EndsProcess } from "./user-code.ts";

/** Whatever a stack says of these is of no use to the user. */
const OWN_FILES = fileURLToPath(new URL("../", import.meta.url));

export interface ImportFault extends Pick<Fault, "message" | "hint"> {
  /** Where it has to be mended. Absolute; another than the one imported where that one only imports what is broken. */
  readonly file: string;
}

/** What an error of an import means for the person who wrote the files. */
export function importFault(error: unknown, file: string): ImportFault {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === "ERR_MODULE_NOT_FOUND") {
    const from = importer(message) ?? file;
    return { file: from, ...notFound(message, from) };
  }
  if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return { file: importer(message) ?? file, ...notExported(message) };

  const syntax = syntaxErrorAt(error, file);
  if (!syntax) return thrown(error, file);
  const at = ` (line ${syntax.line})`;
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return {
      file: syntax.file,
      message: `uses TypeScript that Node can't run as it is: ${firstLine(message)}${at}`,
      hint: 'Enums, namespaces and parameter properties need a compiler. Instead of an enum, write a union of strings ("a" | "b") or a constant object.',
    };
  }
  const missing = /module '([^']+)' does not provide an export named '([^']+)'/.exec(message);
  if (missing) {
    const [, from = "", name = ""] = missing;
    return {
      file: syntax.file,
      message: `imports "${name}" from ${from}, which does not export it${at}`,
      hint: notProvided(name, from, syntax.file),
    };
  }
  const language = syntax.file.endsWith("ts") ? "TypeScript" : "JavaScript";
  return { file: syntax.file, message: `is not valid ${language}: ${firstLine(message)}${at}` };
}

/** What a first import names most often, and misspells. */
const PACKAGES = ["grafana-provision", "@grafana/grafana-foundation-sdk"];

function notFound(message: string, from: string): Pick<Fault, "message" | "hint"> {
  const missingPackage = /Cannot find package '([^']+)'/.exec(message)?.[1];
  if (missingPackage) {
    const meant = similar(missingPackage, PACKAGES);
    return {
      message: `imports the package ${missingPackage}, which is not installed`,
      hint: meant ? `Is ${meant} meant?` : `Run: npm install ${missingPackage}`,
    };
  }
  const missing = /Cannot find module '([^']+)'/.exec(message)?.[1];
  if (!missing) return { message: "imports a file, which doesn't exist" };
  return { message: `imports ${relativeTo(from, missing)}, which doesn't exist`, hint: meantFile(missing, from) };
}

function meantFile(missing: string, from: string): string {
  const whole = "Node wants the file's whole name, with its ending";
  const ending = [".ts", ".mts", ".js", ".mjs"].find((one) => existsSync(missing + one));
  if (ending) return `${whole}: ${relativeTo(from, missing + ending)}.`;
  const folder = dirname(missing);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const meant = similar(basename(missing), names);
  if (meant) return `Is ${relativeTo(from, resolve(folder, meant))} meant?`;
  return extname(missing) ? "Is it spelled as the file is?" : `${whole}: ./folders.ts, not ./folders.`;
}

/** As an import spells it: `./folders.ts`. */
function relativeTo(from: string, path: string): string {
  const text = relative(dirname(from), path).replaceAll("\\", "/");
  return text.startsWith(".") ? text : `./${text}`;
}

/** Why a module that is there has no such export: nobody exported it, it is a type, or it has another name. */
function notProvided(name: string, from: string, importing: string): string {
  const own = from === "grafana-provision";
  const path = own ? declarationsOfApi() : from.startsWith(".") ? resolve(dirname(importing), from) : undefined;
  const text = path !== undefined && existsSync(path) ? readFileSync(path, "utf8") : "";
  const word = name.replaceAll("$", String.raw`\$`);
  if (new RegExp(String.raw`\btype ${word}\b|\binterface ${word}\b`).test(text)) {
    return `${name} is a type: write \`import { type ${name} }\`.`;
  }
  if (!own && new RegExp(String.raw`^(const|let|var|function|async function|class) ${word}\b`, "m").test(text)) {
    return `${from} has it, and keeps it to itself: write \`export\` before it there.`;
  }
  const meant = similar(name, namesIn(text));
  return meant ? `Is ${meant} meant?` : "Is the name spelled as it is exported? A type is imported with `import type`.";
}

function declarationsOfApi(): string {
  return fileURLToPath(API).replace(/\.js$/, ".d.ts");
}

/** What a module exports by name, as far as its text says so. */
function namesIn(text: string): Set<string> {
  const declared = text.matchAll(/^export (?:declare )?(?:const|let|function|async function|class) (\w+)/gm);
  const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list = ""]) => list.split(","));
  const names = listed.flatMap((one) => /^\s*(?!type\b)(\w+)\s*$/.exec(one)?.[1] ?? []);
  return new Set([...[...declared].flatMap(([, name]) => name ?? []), ...names]);
}

function notExported(message: string): Pick<Fault, "message" | "hint"> {
  const [, path = "", file = ""] = /subpath '\.\/([^']+)' is not defined by "exports" in (\S+)/.exec(message) ?? [];
  if (!path) return { message: firstLine(message) };
  const name = dirname(file).split("/node_modules/").at(-1) ?? "";
  const { exports = {} } = JSON.parse(readFileSync(file, "utf8")) as { exports?: Record<string, unknown> };
  const meant = similar(
    path,
    Object.keys(exports).map((one) => one.replace("./", "")),
  );
  return {
    message: `imports ${name}/${path}, which that package does not have`,
    ...(meant ? { hint: `Is ${name}/${meant} meant?` } : {}),
  };
}

/** Node's words for who asked for what it did not find. */
function importer(message: string): string | undefined {
  return / imported from (\/.+?)(?:\n|$)/.exec(message)?.[1];
}

function firstLine(text: string): string {
  return (
    text
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? text
  );
}

interface Place {
  readonly file: string;
  readonly line: string;
}

/** Where an error is that Node found before it ran anything; undefined for an error that was thrown. */
function syntaxErrorAt(error: unknown, file: string): Place | undefined {
  if (!(error instanceof SyntaxError)) return undefined;
  const stack = error.stack ?? "";
  return placeAbove(stack) ?? (/^\s+at compileSourceTextModule /m.test(stack) ? unparsable(file) : undefined);
}

/** Node puts it before the stack: `file:///…/a.ts:3`. */
function placeAbove(stack: string): Place | undefined {
  const [, place = "", line = ""] = /^(.+):(\d+)$/.exec(stack.split("\n", 1)[0] ?? "") ?? [];
  if (place.startsWith("file://")) return { file: fileURLToPath(place), line };
  return place.startsWith("/") ? { file: place, line } : undefined;
}

/** What V8 finds in a module (`const a` twice) has no place: asked once more by itself, Node tells it. */
function unparsable(file: string, seen = new Set<string>()): Place | undefined {
  if (seen.has(file) || !existsSync(file)) return undefined;
  seen.add(file);
  const { status, stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8" });
  if (status !== 0) return placeAbove(stderr);
  for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/\b(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)) {
    const place = unparsable(resolve(dirname(file), path), seen);
    if (place) return place;
  }
  return undefined;
}

const CIRCULAR =
  "If the files import each other, neither is there yet when the other is read. Datasources that name each other take a function: jsonData: () => ({ ... }).";

/** The outermost frame is the module that was being loaded; what it called may stand in another file. */
function thrown(error: unknown, file: string): ImportFault {
  const message = firstLine(error instanceof Error ? error.message : String(error));
  const said = error instanceof EndsProcess ? message : `throws when it is loaded: ${message}`;
  const places = framesOf(error);
  const [inner, outer] = [places[0], places.at(-1)];
  const circular = /^Cannot access '.+' before initialization$/.test(message) ? { hint: CIRCULAR } : {};
  if (!inner || !outer) return { file, message: said, ...circular };
  const within = inner.file === outer.file ? "" : `, in ${inner.file} line ${inner.line}`;
  return { file: outer.file, message: `${said} (line ${outer.line}${within})`, ...circular };
}

/** Those in files of the user's own, from the innermost. CommonJS modules are named by their paths. */
export function framesOf(error: unknown): Place[] {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return stack.split("\n").flatMap((frame) => {
    const [, url, line = ""] =
      /^\s+at (?:.*?\()?((?:file:\/\/)?\/[^\s)]+):(\d+):\d+\)?$/.exec(frame.replace("at async ", "at ")) ?? [];
    if (!url) return [];
    const file = url.startsWith("/") ? url : fileURLToPath(url);
    const foreign = file.startsWith(OWN_FILES) || file.includes("/node_modules/") || !existsSync(file);
    return foreign ? [] : [{ file, line }];
  });
}
