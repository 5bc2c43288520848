import { registerHooks, type ResolveFnOutput, type ResolveHookContext } from "node:module";
import { fileURLToPath } from "node:url";
import { withholdCredentials } from "../secrets/environment.ts";
import { whileLoading } from "./user-code.ts";

const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
/** This very copy of the public API: the one that a user's file means when it imports the package by name. */
export const API = new URL(`../index${EXTENSION}`, import.meta.url).href;
const STACK_API = new URL(`../stack/index${EXTENSION}`, import.meta.url).href;

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
      if (specifier === "grafana-provision/stack") return { url: STACK_API, shortCircuit: true };
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
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
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
  withholdCredentials();
  const load = () => import(/* @vite-ignore */ url) as Promise<Record<string, unknown>>;
  return whileLoading(fileURLToPath(url), load);
}
