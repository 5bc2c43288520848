import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CodeMistake } from "../util/code-mistake.ts";
import { codeOf, type Fault } from "../util/errors.ts";
import { API } from "./import.ts";
import { similarFile } from "../util/similar-file.ts";
import { similar } from "../util/similar.ts";
import { circleOfImports, importsIn } from "./import-circle.ts";
import { EndsProcess, Unfinished, thrownText } from "./user-code.ts";

/** Stack frames in these files are omitted. */
const OWN_FILES = fileURLToPath(new URL("../", import.meta.url));

export interface ImportFault extends Pick<Fault, "code" | "message" | "hint"> {
  /** The absolute path of the file to fix. It may be a file that the imported one imports. */
  readonly file: string;
}

/** Explains an error of an import in terms of the user's files. */
export function importFault(thrownValue: unknown, file: string): ImportFault {
  const error = isReadable(thrownValue) ? thrownValue : thrownText(thrownValue);
  const message = thrownText(error);
  const code = codeOf(error);
  if (code === "ERR_MODULE_NOT_FOUND") {
    const from = importer(message) ?? file;
    return { file: from, code: "code-import-missing", ...notFound(message, from) };
  }
  if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") {
    return { file: importer(message) ?? file, code: "code-import-missing", ...notExported(message) };
  }

  if (code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING") {
    const path = / for "([^"]+)"/.exec(message)?.[1] ?? file;
    return {
      file,
      code: "code-typescript-unsupported",
      message: `loads ${path}, but Node doesn't run TypeScript under node_modules`,
      hint: "Publish the package as JavaScript, or move the file out of node_modules. A symbolic link counts as the file that it points to.",
    };
  }

  const syntax = syntaxErrorAt(error, file);
  if (!syntax) return thrown(error, file);
  const at = ` (line ${syntax.line})`;
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return {
      file: syntax.file,
      code: "code-typescript-unsupported",
      message: `uses TypeScript syntax that Node can't run: ${firstLine(message)}${at}`,
      hint: 'Enums, namespaces and parameter properties require a compiler. Replace an enum with a union of strings ("a" | "b") or a constant object.',
    };
  }
  const missing = /module '([^']+)' does not provide an export named '([^']+)'/.exec(message);
  if (missing) {
    const [, from = "", name = ""] = missing;
    return {
      file: syntax.file,
      code: "code-import-missing",
      message: `imports "${name}" from ${from}, which does not export it${at}`,
      hint: notProvided(name, from, syntax.file),
    };
  }
  const [, member, from] =
    /^Named export '([^']+)' not found\. The requested module '([^']+)' is a CommonJS/.exec(message) ?? [];
  if (member !== undefined && from !== undefined) {
    return {
      file: syntax.file,
      code: "code-import-missing",
      message: `imports "${member}" from ${from}, which does not export it${at}`,
      hint: meantMember(member, from, syntax.file),
    };
  }
  const language = syntax.file.endsWith("ts") ? "TypeScript" : "JavaScript";
  return {
    file: syntax.file,
    code: "code-syntax-invalid",
    message: `is not valid ${language}: ${firstLine(message)}${at}`,
  };
}

/** Whether the properties of an error can be read. User code can throw a proxy, or an error whose message is not a string. */
function isReadable(error: unknown): boolean {
  try {
    return !(error instanceof Error) || [error.message, error.stack ?? ""].every((text) => typeof text === "string");
  } catch {
    return false;
  }
}

const SDK = "@grafana/grafana-foundation-sdk";
/** The packages whose names are checked for typing errors. */
const PACKAGES = ["grafana-provision", SDK];

function notFound(message: string, from: string): Pick<Fault, "message" | "hint"> {
  const missingPackage = /Cannot find package '([^']+)'/.exec(message)?.[1];
  if (missingPackage) {
    const meant = similar(missingPackage, PACKAGES);
    return {
      message: `imports the package ${missingPackage}, which is not installed`,
      hint: meant ? `Did you mean ${meant}?` : `Run: npm install ${missingPackage}`,
    };
  }
  const missing = /Cannot find module '([^']+)'/.exec(message)?.[1];
  if (!missing) return { message: "imports a file that does not exist" };
  return { message: `imports ${relativeTo(from, missing)}, which does not exist`, hint: meantFile(missing, from) };
}

function meantFile(missing: string, from: string): string {
  const whole = "Write the full file name with its extension";
  const ending = [".ts", ".mts", ".js", ".mjs"].find((one) => existsSync(missing + one));
  if (ending) return `${whole}: ${relativeTo(from, missing + ending)}.`;
  const meant = similarFile(missing);
  if (meant) return `Did you mean ${relativeTo(from, resolve(dirname(missing), meant))}?`;
  return extname(missing) ? "Check the spelling of the path." : `${whole}: ./folders.ts, not ./folders.`;
}

/** The path of an import: `./folders.ts`. */
function relativeTo(from: string, path: string): string {
  const text = relative(dirname(from), path).replaceAll("\\", "/");
  return text.startsWith(".") ? text : `./${text}`;
}

/** Why a module has no such export: it is not exported, it is a type, or it has a different name. */
function notProvided(name: string, from: string, importing: string): string {
  const own = from === "grafana-provision";
  const path = own ? declarationsOfApi() : from.startsWith(".") ? resolve(dirname(importing), from) : undefined;
  const text = path !== undefined && existsSync(path) ? readFileSync(path, "utf8") : "";
  const word = name.replaceAll("$", String.raw`\$`);
  if (new RegExp(String.raw`\btype ${word}\b|\binterface ${word}\b`).test(text)) {
    return `${name} is a type. Write \`import { type ${name} }\`.`;
  }
  if (!own && new RegExp(String.raw`^(const|let|var|function|async function|class) ${word}\b`, "m").test(text)) {
    return `${from} defines it without exporting it. Add \`export\` to its declaration.`;
  }
  const meant = similar(name, namesIn(text));
  return meant ? `Did you mean ${meant}?` : "Check the spelling. Import types with `import type`.";
}

/** A hint for a misspelled export of a CommonJS package: for the SDK, the most similar one or its builders. */
function meantMember(member: string, from: string, importing: string): string {
  const names =
    [importing, import.meta.url].map((place) => membersOf(from, place)).find((found) => found.length > 0) ?? [];
  const meant = similar(member, names);
  if (meant) return `Did you mean ${meant}?`;
  const builders = names.filter((name) => name.endsWith("Builder"));
  return builders.length > 0
    ? `Its builders are ${builders.slice(0, 10).join(", ")}${builders.length > 10 ? ` and ${builders.length - 10} more` : ""}.`
    : "Check the spelling. Import types with `import type`.";
}

/** The exports of a module of the SDK, which this loads; empty for other packages, whose code must not run, and if it can't be found from this place. */
function membersOf(name: string, place: string): string[] {
  if (!name.startsWith(`${SDK}/`)) return [];
  try {
    return Object.keys(createRequire(place)(name) as object);
  } catch {
    return [];
  }
}

function declarationsOfApi(): string {
  return fileURLToPath(API).replace(/\.js$/, ".d.ts");
}

/** The names that a module exports, according to its text. */
function namesIn(text: string): Set<string> {
  const declared = text.matchAll(/^export (?:declare )?(?:const|let|function|async function|class) (\w+)/gm);
  const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list = ""]) => list.split(","));
  const names = listed.flatMap((one) => /^\s*(?!type\b)(\w+)\s*$/.exec(one)?.[1] ?? []);
  return new Set([...[...declared].flatMap(([, name]) => name ?? []), ...names]);
}

function notExported(message: string): Pick<Fault, "message" | "hint"> {
  const [, path = "", file = ""] = /subpath '\.\/([^']+)' is not defined by "exports" in (\S+)/.exec(message) ?? [];
  const whole = /No "exports" main defined in (\S+)\/package\.json/.exec(message)?.[1]?.split("/node_modules/").at(-1);
  if (whole !== undefined)
    return {
      message: `imports ${whole}, which can't be imported as a whole`,
      hint: `Import one of its modules, such as ${whole === SDK ? `${whole}/timeseries` : `${whole}/NAME`}.`,
    };
  if (!path) return { message: firstLine(message) };
  const name = dirname(file).split("/node_modules/").at(-1) ?? "";
  const { exports = {} } = JSON.parse(readFileSync(file, "utf8")) as { exports?: Record<string, unknown> };
  const meant = similar(
    path,
    Object.keys(exports).map((one) => one.replace("./", "")),
  );
  return {
    message: `imports ${name}/${path}, which the package does not export`,
    ...(meant ? { hint: `Did you mean ${name}/${meant}?` } : {}),
  };
}

/** The importing file in Node's error message. */
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

/** The place of a syntax error; undefined for an error that the code threw. */
function syntaxErrorAt(error: unknown, file: string): Place | undefined {
  if (!(error instanceof SyntaxError)) return undefined;
  const stack = error.stack ?? "";
  return placeAbove(stack) ?? (/^\s+at compileSourceTextModule /m.test(stack) ? unparsable(file) : undefined);
}

/** The first line of Node's stack: `file:///…/a.ts:3`. */
function placeAbove(stack: string): Place | undefined {
  const [, place = "", line = ""] = /^(.+):(\d+)$/.exec(stack.split("\n", 1)[0] ?? "") ?? [];
  if (place.startsWith("file://")) return { file: fileURLToPath(place), line };
  return place.startsWith("/") ? { file: place, line } : undefined;
}

/** Finds the place of an error that V8 reports without one (`const a` twice), by checking the files one by one. */
function unparsable(file: string, seen = new Set<string>()): Place | undefined {
  if (seen.has(file) || !existsSync(file)) return undefined;
  seen.add(file);
  const { status, stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8" });
  if (status !== 0) return placeAbove(stderr);
  for (const path of importsIn(file)) {
    const place = unparsable(path, seen);
    if (place) return place;
  }
  return undefined;
}

const CIRCULAR =
  "Files that import each other can't use each other's exports while they load. For datasources that refer to each other, use a function: jsonData: () => ({ ... }).";

/** `These files import each other: a.ts → b.ts → a.ts.` */
function circleText(file: string): string {
  const circle = circleOfImports(file);
  if (!circle) return "";
  const names = circle.map((path) => relativeTo(file, path));
  return `These files import each other: ${names.join(" → ")}.`;
}

const UNFINISHED =
  "Configuration and resource files must only export values: remove the `await`, or the promise that does not settle.";

/** The outermost frame is the module that was loaded. The error may come from a file that it calls. */
function thrown(error: unknown, file: string): ImportFault {
  const message = firstLine(thrownText(error));
  if (error instanceof Unfinished) return { file, code: "code-process-ended", message, hint: UNFINISHED };
  const said =
    error instanceof EndsProcess || error instanceof CodeMistake
      ? message
      : `throws an error when it is loaded: ${message}`;
  const places = framesOf(error);
  const [inner, outer] = [places[0], places.at(-1)];
  const mistake = error instanceof CodeMistake ? error : undefined;
  const circular = /^Cannot access '.+' before initialization$/.test(message)
    ? { hint: [circleText(inner?.file ?? file), CIRCULAR].filter(Boolean).join(" ") }
    : mistake
      ? { hint: mistake.hint }
      : {};
  const code = mistake?.code ?? (error instanceof EndsProcess ? "code-process-ended" : "code-module-failed");
  if (!inner || !outer) return { file, code, message: said, ...circular };
  const within = inner.file === outer.file ? "" : `, in ${inner.file} line ${inner.line}`;
  return { file: outer.file, code, message: `${said} (line ${outer.line}${within})`, ...circular };
}

/** The stack frames in the user's files, innermost first. CommonJS modules are named by their paths. */
export function framesOf(error: unknown): Place[] {
  const stack = isReadable(error) && error instanceof Error ? (error.stack ?? "") : "";
  return stack.split("\n").flatMap((frame) => {
    const [, url, line = ""] =
      /^\s+at (?:.*?\()?((?:file:\/\/)?\/[^\s)]+):(\d+):\d+\)?$/.exec(frame.replace("at async ", "at ")) ?? [];
    if (!url) return [];
    const file = url.startsWith("/") ? url : fileURLToPath(url);
    const foreign = file.startsWith(OWN_FILES) || file.includes("/node_modules/") || !existsSync(file);
    return foreign ? [] : [{ file, line }];
  });
}
