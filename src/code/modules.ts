import { types } from "node:util";
import type { DocumentsFacet } from "../engine/documents-facet.ts";
import { kinds } from "../kinds/index.ts";
import type { Fault } from "../util/errors.ts";
import { similar } from "../util/similar.ts";
import { isObject } from "../util/json.ts";
import { CodeMistake } from "../util/code-mistake.ts";
import { currentEnvironment } from "./current-environment.ts";
import type { LoadedResource } from "./desired.ts";
import type { DocumentKind } from "./documents.ts";
import type { Exported, FileSet } from "./exported.ts";
import { MAX_DEPTH } from "./inspect.ts";
import { thrownText } from "./user-code.ts";

/** Whether a file without values exports types, so that no export was forgotten. */
export function exportsTypes(text: string): boolean {
  return /^\s*export\b/m.test(text);
}

/** `called`: the results of functions, each of which is called once, even if other files re-export it. */
export function exportsOf(
  module: Readonly<Record<string, unknown>>,
  { file, name, called }: { readonly file: string; readonly name: string; readonly called: Map<unknown, Result> },
): Exported[] {
  return Object.entries(module).flatMap(([key, given]): Exported[] => {
    const place = { file, name, export: key };
    const { value, ...how } = called.get(given) ?? (isOfEnvironment(given) ? resultOf(given) : { value: given });
    if (isOfEnvironment(given)) called.set(given, { value, ...how });
    // `null` means that this environment does not have the resource. `undefined` can be a forgotten `return`.
    if ("returned" in how && value === null) return [];
    return itemsOf(value).map((item, index) => ({
      ...place,
      value: item,
      ...how,
      export: Array.isArray(value) ? `${key}[${index}]` : key,
    }));
  });
}

/** What a function returned or threw. */
export type Result = Pick<Exported, "value" | "thrown" | "returned">;

type OfEnvironment = (environment: unknown) => unknown;

/** Whether an export is a function that returns resources for an environment. */
function isOfEnvironment(value: unknown): value is OfEnvironment {
  return typeof value === "function" && value.length <= 1 && !isClass(value);
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function resultOf(make: OfEnvironment): Result {
  try {
    return { value: make(currentEnvironment()), returned: true };
  } catch (error) {
    return { value: undefined, thrown: { error } };
  }
}

/** The items of an array and of arrays in it, or the value itself. */
function itemsOf(value: unknown, around: readonly unknown[] = []): unknown[] {
  if (!Array.isArray(value)) return [value];
  if (around.includes(value)) throw new Error("an exported array contains itself");
  if (around.length > MAX_DEPTH) throw new Error(`an exported array is nested more than ${MAX_DEPTH} levels deep`);
  // Not `flatMap`, which would skip the holes of a sparse array.
  return Array.from(value as unknown[]).flatMap((item) => itemsOf(item, [...around, value]));
}

/** Separates exported resources from sets of files. Anything else is a fault. */
export function separate(
  all: readonly Exported[],
  { name: kind, documents }: DocumentKind,
  faults: Fault[],
): { own: LoadedResource[]; sets: FileSet[] } {
  const own: LoadedResource[] = [];
  const sets: FileSet[] = [];
  // Each resource counts once, even if other files re-export it.
  const seen = new Set<unknown>();
  for (const one of all) {
    if (typeof one.value === "object" && one.value !== null) {
      if (seen.has(one.value)) continue;
      seen.add(one.value);
    }
    const source = { file: one.name, export: one.export };
    if (one.thrown) {
      if (seen.has(one.thrown)) continue;
      seen.add(one.thrown);
      faults.push({ level: "error", ...source, ...thrownFault(one.thrown.error) });
      continue;
    }
    let step = "";
    try {
      if (isBuilder(one.value)) step = "its build() ";
      const value = built(one.value);
      step = "its jsonData() ";
      // A datasource's `jsonData` may be a function that refers to another one. It can be called once all files are loaded.
      if (isObject(value)) void value["jsonData"];
      step = "";
      if (isObject(value) && documents.isSet(value)) sets.push({ set: value, from: one });
      else if (isResource(value)) own.push({ kind: value.kind, value, source });
      else if (isObject(value) && documents.isDocument(value)) {
        own.push({ kind, value: documents.fromExport(value), source, within: documents.within });
      } else
        faults.push({ level: "error", code: "code-export-invalid", ...source, ...notAResource(value, one, documents) });
    } catch (error) {
      faults.push({
        level: "error",
        code: "code-module-failed",
        ...source,
        message: `${step}throws an error${step === "" ? " when it is read" : ""}: ${thrownText(error)}`,
      });
    }
  }
  return { own: disposable(own), sets };
}

/** The fault of a function that threw an error. */
function thrownFault(error: unknown): Pick<Fault, "code" | "message" | "hint"> {
  if (error instanceof CodeMistake) {
    const { code, message, hint } = error;
    return { code, message, hint };
  }
  const message = `throws an error when it is called with the environment: ${thrownText(error)}`;
  return { code: "code-module-failed", message, hint: NO_HELPERS };
}

const NO_HELPERS =
  "Files under `resources` can export only resources. Move helpers to a file whose name begins with _.";

/** Marks resources whose bulk is not shared with another one. */
function disposable(own: readonly LoadedResource[]): LoadedResource[] {
  const largeOf = ({ kind, value }: LoadedResource): unknown =>
    Reflect.get(value, kinds.get(kind)?.bulk?.property ?? "");
  const users = Map.groupBy(own, largeOf);
  return own.map((one) => ({ ...one, disposable: users.get(largeOf(one))?.length === 1 }));
}

function built(value: unknown): unknown {
  return isBuilder(value) ? value.build() : value;
}

function isBuilder(value: unknown): value is { build: () => unknown } {
  return typeof value === "object" && value !== null && "build" in value && typeof value.build === "function";
}

function isResource(value: unknown): value is { kind: string } {
  return isObject(value) && typeof value["kind"] === "string" && kinds.has(value["kind"]);
}

function notAResource(
  value: unknown,
  { returned }: Pick<Exported, "returned">,
  documents: DocumentsFacet,
): Pick<Fault, "message" | "hint"> {
  const rejection = isObject(value) ? documents.rejection(value) : undefined;
  if (rejection) return rejection;
  const what =
    value === null || value === undefined
      ? String(value)
      : types.isPromise(value)
        ? "a promise"
        : typeof value === "function"
          ? isClass(value)
            ? "a class"
            : "a function"
          : isObject(value) && typeof value["kind"] === "string"
            ? `an object of the unknown kind "${value["kind"]}"`
            : typeof value === "object"
              ? "an object without a kind"
              : `a ${typeof value}`;
  const known = [...kinds.keys()].join(", ");
  const meant = isObject(value) && typeof value["kind"] === "string" ? similar(value["kind"], kinds.keys()) : undefined;
  return {
    message: `${returned ? "does not return a resource" : "is not a resource"}, but ${what}; the kinds are ${known}`,
    hint: meant
      ? `Did you mean "${meant}"?`
      : types.isPromise(value)
        ? "Add `await` before it."
        : returned && value === undefined
          ? `Add \`return\`, or return null if an environment does not have the resource. ${NO_HELPERS}`
          : NO_HELPERS,
  };
}
