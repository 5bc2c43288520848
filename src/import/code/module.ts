import { posix } from "node:path";
import { partsOf, type Constant, type Expression, type Imported } from "./expression.ts";
import { UniqueNames } from "./names.ts";
import { print, type Names } from "./print.ts";

/** What a file exports. Without a name: its default export. */
export interface Exported {
  readonly name?: string;
  readonly value: Expression;
}

/** The constants that several files use or that are in another file: where they are exported. */
export type Homes = ReadonlyMap<Constant, Home>;

export interface Home {
  readonly file: string;
  readonly name: string;
  /** The name under which other files import the whole file. Default: they import the constant. */
  readonly as?: string;
}

/** The text of a file, before it is formatted. */
export function moduleText(path: string, exported: readonly Exported[], homes?: Homes): string {
  return `${moduleParts(path, exported, homes).join("\n\n")}\n`;
}

/**
 * The imports, the constants and the exports of a file. `path`: relative to the output directory. `exported`: each export after those
 * of the same file that it uses.
 */
export function moduleParts(path: string, exported: readonly Exported[], homes: Homes = new Map()): string[] {
  const own = exported.flatMap(({ name }) => name ?? []);
  const taken = new UniqueNames(own);
  const imports = new Map<string, { imported: Imported; local: string }>();
  const constants = new Map<Constant, string>();
  const declared: string[] = [];
  const names: Names = {
    imported(imported) {
      if (imported.from === path) return imported.name;
      const key = `${imported.from} ${imported.name}`;
      const known = imports.get(key);
      if (known) return known.local;
      const local = taken.take(localName(imported, taken));
      imports.set(key, { imported, local });
      return local;
    },
    constant(constant) {
      const home = homes.get(constant);
      if (!home) return constants.get(constant) ?? constant.name;
      const { file: from, name, as } = home;
      if (from === path) return name;
      const imported = { type: "imported", from, value: undefined } as const;
      return as === undefined
        ? names.imported({ ...imported, name })
        : `${names.imported({ ...imported, name: as, all: true })}.${name}`;
    },
  };
  const visitOwn = (value: Expression, enter: (one: Expression) => void) =>
    visit(value, enter, (one) => one.type !== "constant" || !homes.has(one));
  // No constant has the name of a parameter, which would hide it.
  for (const { value } of exported)
    visitOwn(value, (one) => {
      if (one.type === "function") for (const { name } of one.params) if (!taken.has(name)) taken.take(name);
    });
  // Classes and other imported names are taken before the names of constants, which are only suggestions.
  for (const { value } of exported)
    visitOwn(value, (one) => {
      if (one.type === "imported") names.imported(one);
      if (one.type === "constant" && homes.has(one)) names.constant(one);
    });
  for (const { value } of exported)
    visitOwn(value, (one) => {
      if (one.type !== "constant" || constants.has(one) || homes.has(one)) return;
      const name = taken.take(one.name);
      constants.set(one, name);
      declared.push(`const ${name} = ${print(one.value, names)};`);
    });
  const statements = exported.map(
    ({ name, value }) => `export ${name === undefined ? "default" : `const ${name} =`} ${print(value, names)};`,
  );
  const lines = importLines(path, [...imports.values()]);
  return [lines.join("\n"), ...declared, ...statements].filter(Boolean);
}

/** Calls `enter` once for an expression and each of its parts, the parts first. */
function visit(
  expression: Expression,
  enter: (one: Expression) => void,
  hasParts: (one: Expression) => boolean,
  seen = new Set<Expression>(),
): void {
  if (seen.has(expression)) return;
  seen.add(expression);
  if (hasParts(expression)) for (const part of partsOf(expression)) visit(part, enter, hasParts, seen);
  enter(expression);
}

/** `LokiDataqueryBuilder` if the file also has the `DataqueryBuilder` of another module. */
function localName({ as, name, from }: Imported, taken: UniqueNames): string {
  const wanted = as ?? name;
  if (!taken.has(wanted)) return wanted;
  const module = posix.basename(from).replace(/\W.*$/, "");
  return /^[A-Z]/.test(wanted) ? `${module.slice(0, 1).toUpperCase()}${module.slice(1)}${wanted}` : wanted;
}

function importLines(path: string, all: readonly { imported: Imported; local: string }[]): string[] {
  const bySource = Map.groupBy(all, ({ imported }) => sourceOf(path, imported.from));
  const order = (source: string) => (source.startsWith(".") ? 2 : source.startsWith("@") ? 0 : 1);
  const sources = [...bySource.keys()].toSorted((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
  return sources.flatMap((source) => {
    const own = bySource.get(source) ?? [];
    const whole = own.flatMap(({ imported, local }) =>
      imported.all ? [`import * as ${local} from ${JSON.stringify(source)};`] : [],
    );
    const byDefault = own.flatMap(({ imported, local }) =>
      !imported.all && imported.name === "default" ? [local] : [],
    );
    const named = own
      .filter(({ imported }) => !imported.all && imported.name !== "default")
      .map(({ imported, local }) => (imported.name === local ? local : `${imported.name} as ${local}`))
      .toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
    const what = [...byDefault, ...(named.length > 0 ? [`{ ${named.join(", ")} }`] : [])].join(", ");
    return what === "" ? whole : [...whole, `import ${what} from ${JSON.stringify(source)};`];
  });
}

/** The path of another written file relative to this one. Packages keep their names. */
function sourceOf(path: string, from: string): string {
  if (!from.endsWith(".ts")) return from;
  const relative = posix.relative(posix.dirname(path), from);
  return relative.startsWith(".") ? relative : `./${relative}`;
}
