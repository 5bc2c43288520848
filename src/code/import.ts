import { registerHooks, type ResolveFnOutput, type ResolveHookContext } from "node:module";
import { fileURLToPath } from "node:url";
import { withholdCredentials } from "../secrets/environment.ts";
import { whileLoading } from "./user-code.ts";

const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
/** The public API of this copy of the package, which users' files import by the package's name. */
export const API = new URL(`../index${EXTENSION}`, import.meta.url).href;
const STACK_API = new URL(`../stack/index${EXTENSION}`, import.meta.url).href;

let hooked = false;

/** Cached results: Node reads a package's list of exports again for every import. */
const resolved = new Map<string, ResolveFnOutput>();

/**
 * Resolves the imports of users' files, which may be outside of any package. `grafana-provision` is always this copy, and
 * the SDK and Zod are resolved from this package if the user's package does not have them.
 */
function registerResolver(): void {
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
  if (specifier !== "zod" && !specifier.startsWith("@grafana/grafana-foundation-sdk")) return next(specifier, context);
  try {
    return next(specifier, context);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    return fromThisPackage(() => next(specifier, { ...context, parentURL: import.meta.url }), context.parentURL);
  }
}

function isPackage(specifier: string): boolean {
  return !/^(\.{0,2}\/|[a-z]+:)/.test(specifier);
}

/** The key is the same for all files of a directory. */
function keyOf(specifier: string, { conditions, importAttributes, parentURL = "" }: ResolveHookContext): string {
  return JSON.stringify([specifier, parentURL.slice(0, parentURL.lastIndexOf("/")), conditions, importAttributes]);
}

/** Without this, Node would first try to parse each file as CommonJS if the package does not set its `type`. */
function asModule(resolved: ResolveFnOutput): ResolveFnOutput {
  const isUserTypeScript = /^file:.*\.m?ts$/.test(resolved.url) && !resolved.url.includes("/node_modules/");
  return isUserTypeScript ? { ...resolved, format: "module-typescript" } : resolved;
}

/** Resolves a package from this one. An error still names the user's file. */
function fromThisPackage<Result>(resolve: () => Result, parentURL: string | undefined): Result {
  try {
    return resolve();
  } catch (error) {
    if (error instanceof Error && parentURL?.startsWith("file:")) {
      error.message = error.message.replace(fileURLToPath(import.meta.url), fileURLToPath(parentURL));
    }
    throw error;
  }
}

/** Imports a user's module. Throws the module's own errors. */
export async function importModule(url: string): Promise<Record<string, unknown>> {
  registerResolver();
  withholdCredentials();
  const load = () => import(/* @vite-ignore */ url) as Promise<Record<string, unknown>>;
  return whileLoading(fileURLToPath(url), load);
}
