import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { registerHooks, type ResolveFnOutput, type ResolveHookContext } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Fault } from "./errors.ts";

/** This very copy of the public API: the one that a user's file means when it imports the package by name. */
const API = new URL(`./index${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).href;

/** Whatever a stack says of these is of no use to the user. */
const OWN_FILES = fileURLToPath(new URL("./", import.meta.url));

let hooked = false;

/** What packages resolved to. Node reads a package's whole list of exports again for every import of it. */
const resolved = new Map<string, ResolveFnOutput>();

/**
 * A configuration may stand anywhere, outside of any package too. `grafana-provision` always means the copy that runs,
 * and what the tool itself depends on is found beside it when the user's own package has none.
 */
function resolveForUsers(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "grafana-provision") return { url: API, shortCircuit: true };
      if (!isPackage(specifier)) return asModule(next(specifier, context));
      const key = keyOf(specifier, context);
      const known = resolved.get(key);
      if (known) return known;
      const found = asModule(resolvePackage(specifier, context, next));
      resolved.set(key, { ...found, shortCircuit: true });
      return found;
    },
  });
}

type Next = (specifier: string, context: ResolveHookContext) => ResolveFnOutput;

function resolvePackage(specifier: string, context: ResolveHookContext, next: Next): ResolveFnOutput {
  if (!specifier.startsWith("@grafana/grafana-foundation-sdk")) return next(specifier, context);
  try {
    return next(specifier, context);
  } catch (error) {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    return besideTheTool(() => next(specifier, { ...context, parentURL: import.meta.url }), context.parentURL);
  }
}

function isPackage(specifier: string): boolean {
  return !/^(\.{0,2}\/|[a-z]+:)/.test(specifier);
}

/** The same for all files of a folder. */
function keyOf(specifier: string, { conditions, importAttributes, parentURL = "" }: ResolveHookContext): string {
  return JSON.stringify([specifier, parentURL.slice(0, parentURL.lastIndexOf("/")), conditions, importAttributes]);
}

/** In a package that doesn't say which modules it has, Node would try every file as CommonJS first. */
function asModule(resolved: ResolveFnOutput): ResolveFnOutput {
  const isUserTypeScript = /^file:.*\.m?ts$/.test(resolved.url) && !resolved.url.includes("/node_modules/");
  return isUserTypeScript ? { ...resolved, format: "module-typescript" } : resolved;
}

/** Resolves as if the tool had asked; what isn't found is the user's import all the same, and the message says so. */
function besideTheTool<Result>(resolve: () => Result, parentURL: string | undefined): Result {
  try {
    return resolve();
  } catch (error) {
    if (error instanceof Error && parentURL?.startsWith("file:")) {
      error.message = error.message.replace(fileURLToPath(import.meta.url), fileURLToPath(parentURL));
    }
    throw error;
  }
}

/** Imports a user's module by Node itself. Throws whatever the module throws. */
export async function importModule(url: string): Promise<Record<string, unknown>> {
  resolveForUsers();
  return (await import(/* @vite-ignore */ url)) as Record<string, unknown>;
}

export interface ImportFault extends Pick<Fault, "message" | "hint"> {
  /** Where it has to be mended. Absolute; another than the one imported where that one only imports what is broken. */
  readonly file: string;
}

/** What an error of an import means for the person who wrote the files. */
export function importFault(error: unknown, file: string): ImportFault {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === "ERR_MODULE_NOT_FOUND") return { file: importer(message) ?? file, ...notFound(message) };
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
    return {
      file: syntax.file,
      message: `imports "${missing[2]}" from ${missing[1]}, which does not export it${at}`,
      hint: "Is the name spelled as it is exported? A type is imported with `import type`.",
    };
  }
  const language = syntax.file.endsWith("ts") ? "TypeScript" : "JavaScript";
  return { file: syntax.file, message: `is not valid ${language}: ${firstLine(message)}${at}` };
}

function notFound(message: string): Pick<Fault, "message" | "hint"> {
  const missingPackage = /Cannot find package '([^']+)'/.exec(message)?.[1];
  if (missingPackage) {
    return {
      message: `imports the package ${missingPackage}, which is not installed`,
      hint: `Run: npm install ${missingPackage}`,
    };
  }
  const missing = /Cannot find module '([^']+)'/.exec(message)?.[1];
  const hint = "Node wants the file's whole name, with its ending: ./folders.ts, not ./folders.";
  return { message: `imports ${missing ?? "a file"}, which doesn't exist`, hint };
}

function notExported(message: string): Pick<Fault, "message"> {
  const [, path = "", file = ""] = /subpath '\.\/([^']+)' is not defined by "exports" in (\S+)/.exec(message) ?? [];
  const name = dirname(file).split("/node_modules/").at(-1) ?? "";
  return { message: path ? `imports ${name}/${path}, which that package does not have` : firstLine(message) };
}

/** Node's words for who asked for what it did not find. */
function importer(message: string): string | undefined {
  return / imported from (\/.+?)(?:\n|$)/.exec(message)?.[1];
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
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

/** The outermost frame is the module that was being loaded; what it called may stand in another file. */
function thrown(error: unknown, file: string): ImportFault {
  const said = firstLine(error instanceof Error ? error.message : String(error));
  const places = framesOf(error);
  const [inner, outer] = [places[0], places.at(-1)];
  if (!inner || !outer) return { file, message: `throws when it is loaded: ${said}` };
  const within = inner.file === outer.file ? "" : `, in ${inner.file} line ${inner.line}`;
  return { file: outer.file, message: `throws when it is loaded: ${said} (line ${outer.line}${within})` };
}

/** Those in files of the user's own, from the innermost. */
function framesOf(error: unknown): Place[] {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return stack.split("\n").flatMap((frame) => {
    const [, url, line = ""] = /^\s+at .*?(file:\/\/\/[^\s)]+):(\d+):\d+\)?$/.exec(frame) ?? [];
    if (!url) return [];
    const file = fileURLToPath(url);
    const foreign = file.startsWith(OWN_FILES) || file.includes("/node_modules/") || !existsSync(file);
    return foreign ? [] : [{ file, line }];
  });
}
