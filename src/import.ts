import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import type { Fault } from "./errors.ts";

/** This very copy of the public API: the one that a user's file means when it imports the package by name. */
const API = new URL(`./index${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).href;

let hooked = false;

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
      if (!specifier.startsWith("@grafana/grafana-foundation-sdk")) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch (error) {
        if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
        return next(specifier, { ...context, parentURL: import.meta.url });
      }
    },
  });
}

/** Imports a user's module by Node itself. Throws whatever the module throws. */
export async function importModule(url: string): Promise<Record<string, unknown>> {
  resolveForUsers();
  return (await import(/* @vite-ignore */ url)) as Record<string, unknown>;
}

/** What an error of an import means for the person who wrote the file. */
export function importFault(error: unknown, file: string): Pick<Fault, "message" | "hint"> {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX" || code === "ERR_INVALID_TYPESCRIPT_SYNTAX") {
    return code === "ERR_INVALID_TYPESCRIPT_SYNTAX"
      ? { message: `is not valid TypeScript: ${message.trim()}${position(error)}` }
      : {
          message: `uses TypeScript that Node can't run as it is: ${firstLine(message)}${position(error)}`,
          hint: 'Enums, namespaces and parameter properties need a compiler. Instead of an enum, write a union of strings ("a" | "b") or a constant object.',
        };
  }
  if (code === "ERR_MODULE_NOT_FOUND") return notFound(message);
  if (error instanceof SyntaxError) {
    const exported = /does not provide an export named '?([^']+)'?/.exec(message);
    const hint = "Is the name spelled as it is exported? A type is imported with `import type`.";
    return exported
      ? { message: firstLine(message), hint }
      : { message: `is not valid: ${firstLine(message)}${position(error)}` };
  }
  return { message: `throws when it is loaded: ${firstLine(message)}${thrownAt(error, file)}` };
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

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim() !== "") ?? text;
}

/** Node puts the place of a syntax error before the stack: `file:///…/a.ts:3`. */
function position(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const place = /^(?:file:\/\/)?(\/[^\n]*):(\d+)$/m.exec(stack);
  return place ? ` (line ${place[2]})` : "";
}

function thrownAt(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const line of stack.split("\n")) {
    const place = /(file:\/\/\/[^\s)]+):(\d+):\d+/.exec(line);
    if (!place?.[1]) continue;
    const path = fileURLToPath(place[1]);
    if (!existsSync(path) || path.includes("/node_modules/")) continue;
    return path === file ? ` (line ${place[2]})` : ` (${path}, line ${place[2]})`;
  }
  return "";
}
