import { createRequire, stripTypeScriptTypes } from "node:module";
import { posix } from "node:path";
import { runInThisContext } from "node:vm";
import { wholeText } from "../../src/import/format.ts";
import { importObjects, type ImportOptions, type ImportResult } from "../../src/import/import.ts";
import * as api from "../../src/index.ts";
import { kinds } from "../../src/kinds/index.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";

const require = createRequire(import.meta.url);

interface Imported extends ImportResult {
  /** The text of each file before it is formatted. */
  readonly files: ReadonlyMap<string, string>;
  /** What the files export. */
  readonly resources: readonly { readonly kind: string }[];
}

/** Imports all objects and runs the written code. */
export async function imported(context: KindContext, options: Partial<ImportOptions> = {}): Promise<Imported> {
  const files = new Map<string, string>();
  const result = await importObjects({
    context,
    kinds,
    project: context.owner,
    existing: api.existing,
    format: "code",
    selected: () => true,
    known: new Map(),
    emit: () => {},
    async write(path, text) {
      files.set(path, wholeText(text));
    },
    ...options,
  });
  return { ...result, files, resources: resourcesIn(files) };
}

export function resourcesIn(files: ReadonlyMap<string, string>): { kind: string }[] {
  const modules = new Map<string, Record<string, unknown>>();
  const run = (path: string): Record<string, unknown> => {
    const known = modules.get(path);
    if (known) return known;
    const exported: Record<string, unknown> = {};
    modules.set(path, exported);
    const text = stripTypeScriptTypes(files.get(path) ?? "")
      .replaceAll(/^import \* as (\S+) from (".*");$/gm, "const $1 = load($2);")
      .replaceAll(/^import (.*) from (".*");$/gm, (_, names: string, from: string) => {
        const bindings = names.startsWith("{") ? names : `{ default: ${names.replace(", {", ",")}`;
        const list = bindings.replaceAll(" as ", ": ");
        return `const ${list.endsWith("}") ? list : `${list} }`} = load(${from});`;
      })
      .replaceAll(/^export default /gm, "exported.default = ")
      .replaceAll(/^export const (\S+) =/gm, "const $1 = exported[$1_] =")
      .replaceAll(/exported\[(\S+)_\]/g, 'exported["$1"]');
    const load = (from: string): unknown => {
      if (from === "grafana-provision") return api;
      return from.startsWith(".") ? run(posix.join(posix.dirname(path), from)) : (require(from) as unknown);
    };
    const code = runInThisContext(`(function (load, exported) { "use strict"; ${text}\n})`, { filename: path }) as (
      load: (from: string) => unknown,
      exported: Record<string, unknown>,
    ) => void;
    code(load, exported);
    return exported;
  };
  const paths = [...files.keys()].filter((path) => path.endsWith(".ts") && !/(^|\/)_/.test(path));
  return paths.flatMap((path) => Object.values(run(path)) as { kind: string }[]);
}
