import { posix } from "node:path";
import { partsOf, type Constant, type Expression } from "./expression.ts";
import { moduleParts, type Exported, type Home } from "./module.ts";
import { fileNameFrom, identifierFrom, UniqueNames } from "./names.ts";
import { printedLengthOf } from "./shapes.ts";

/** A file with more lines is split. */
export const LONG_FILE = 800;
/** About how many characters of a part have fewer lines than that. */
const PART_LENGTH = 22_000;
/** The file for what several parts use. */
const SHARED = "shared";

/**
 * The texts of several files for an export whose own file would be long: the constants of each part are in a file of their
 * own. The names of these files' directories begin with `_`, because they export no resources.
 */
export function splitModule(path: string, value: Expression): ReadonlyMap<string, readonly string[]> {
  const directory = posix.join(posix.dirname(path), `_${posix.basename(path, ".ts")}`);
  const homes = new Map<Constant, Home>();
  const files = new Map<string, Exported[]>();
  const put = (constant: Constant, file: string, as?: string) => {
    const exported = files.get(file) ?? [];
    files.set(file, exported);
    const names = new UniqueNames(exported.map(({ name }) => name ?? ""));
    const name = names.take(constant.name);
    exported.push({ name, value: constant.value });
    homes.set(constant, { file, name, ...(as === undefined ? {} : { as }) });
  };
  const all = constantsIn(value);
  const taken = new UniqueNames([SHARED]);
  for (const [part, own] of Map.groupBy(all, (one) => one.part)) {
    if (part === undefined) continue;
    for (const chunk of chunksOf(own)) {
      const base = taken.take(fileNameFrom(part, "panels"), "-");
      for (const constant of chunk) put(constant, `${directory}/${base}.ts`, identifierFrom(base, "panels"));
    }
  }
  const users = new Map<Constant, Set<string>>();
  const use = (file: string, expression: Expression) => {
    for (const one of directConstants(expression)) users.set(one, (users.get(one) ?? new Set()).add(file));
  };
  use(path, value);
  for (const [constant, { file }] of homes) use(file, constant.value);
  // Those that use others come first.
  for (const constant of all.toReversed()) {
    if (constant.part !== undefined) continue;
    const [first = path, ...others] = users.get(constant) ?? [];
    if (others.length > 0) put(constant, `${directory}/${SHARED}.ts`);
    use(others.length > 0 ? `${directory}/${SHARED}.ts` : first, constant.value);
  }
  files.get(`${directory}/${SHARED}.ts`)?.reverse();
  return new Map([
    [path, moduleParts(path, [{ value }], homes)],
    ...[...files].map(([file, exported]) => [file, moduleParts(file, exported, homes)] as const),
  ]);
}

/** Whether an export has constants that can be in files of their own. */
export function hasSeveralParts(value: Expression): boolean {
  return constantsIn(value).filter(({ part }) => part !== undefined).length > 1;
}

/** The constants in an expression, each after those that it uses. */
function constantsIn(expression: Expression): Constant[] {
  const found = new Set<Constant>();
  const seen = new Set<Expression>();
  const walk = (one: Expression): void => {
    if (seen.has(one)) return;
    seen.add(one);
    for (const part of partsOf(one)) walk(part);
    if (one.type === "constant") found.add(one);
  };
  walk(expression);
  return [...found];
}

/** The constants that an expression names. */
function directConstants(expression: Expression): Constant[] {
  return expression.type === "constant" ? [expression] : partsOf(expression).flatMap(directConstants);
}

/** Consecutive constants, as many as fit into a file. */
function chunksOf(constants: readonly Constant[]): Constant[][] {
  const chunks: Constant[][] = [];
  let left = 0;
  for (const constant of constants) {
    const length = printedLengthOf(constant.value);
    if (chunks.length === 0 || length > left) {
      chunks.push([]);
      left = PART_LENGTH;
    }
    chunks.at(-1)?.push(constant);
    left -= length;
  }
  return chunks;
}
