import { join } from "node:path";
import type { Code } from "../code/desired.ts";
import { address } from "../engine/model.ts";
import type { Evaluator } from "./evaluate.ts";
import { hasErrors, type Evaluated } from "./evaluation.ts";
import type { WriteBack, WriteBackEdit, WriteBackLeft } from "./model.ts";
import type { Search } from "./search.ts";

interface Verified extends WriteBack {
  /** Absent if there is no edit. */
  readonly code?: Code;
}

/**
 * Evaluates the whole project with all edits. If an object differs from the one that the edits gave before, the files that it
 * uses are left as they are.
 */
export async function verify(
  evaluator: Evaluator,
  { texts, read, hashes }: Pick<Search, "texts" | "read" | "hashes">,
  edits: readonly WriteBackEdit[],
  directory: string,
): Promise<Verified> {
  const filesOf = (name: string) =>
    evaluator.dependenciesOf(join(directory, evaluator.base.get(name)?.source.file ?? ""));
  const kept = new Map(texts);
  const left: WriteBackLeft[] = [];
  let written = edits;
  while (kept.size > 0) {
    const evaluated = await evaluator.everything(kept);
    const { code } = evaluated;
    const now = new Map(code.desired.map((one) => [address(one), one.hash]));
    const isFaulty = isFaultyCode(evaluated);
    const differing = [...hashes.keys()].filter((name) => now.get(name) !== hashes.get(name));
    const withdrawn = new Map<string, string>();
    for (const name of differing)
      for (const file of filesOf(name)) if (kept.has(file)) withdrawn.set(file, withdrawn.get(file) ?? name);
    // A fault, a new object, and an object without an edited file can't be attributed to a file.
    const isUnknown =
      withdrawn.size === 0 &&
      (isFaulty || now.size !== hashes.size || !(await isBase(evaluator, differing, (name) => now.get(name))));
    if (withdrawn.size === 0 && !isUnknown) {
      const files = new Map([...kept].map(([file, after]) => [file, { before: read.get(file) ?? "", after }] as const));
      return { written, left, files, code };
    }
    if (isUnknown) for (const file of isFaulty ? await faultyIn(evaluator, kept) : kept.keys()) withdrawn.set(file, "");
    for (const file of withdrawn.keys()) kept.delete(file);
    const isKept = ({ file }: WriteBackEdit) => !withdrawn.has(join(directory, file));
    for (const edit of written.filter((one) => !isKept(one))) {
      const other = withdrawn.get(join(directory, edit.file)) ?? "";
      const isOther = other !== "" && other !== edit.address;
      left.push({ ...edit, reason: "not-verified", ...(isOther ? { other } : {}) });
    }
    written = written.filter(isKept);
  }
  return { written: [], left, files: new Map() };
}

/** The file without whose edits the code has no error, for example because another object needs what they remove; or all files. */
async function faultyIn(evaluator: Evaluator, texts: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const files = [...texts.keys()];
  if (files.length > 1)
    for (const file of files) {
      const rest = new Map([...texts].filter(([other]) => other !== file));
      if (!isFaultyCode(await evaluator.everything(rest))) return [file];
    }
  return files;
}

function isFaultyCode(evaluated: Evaluated): boolean {
  return hasErrors(evaluated) || evaluated.code.faults.some(({ level }) => level === "error");
}

/** Whether these objects are as without any edit, apart from those that each evaluation of the code makes different. */
async function isBase(
  evaluator: Evaluator,
  names: readonly string[],
  hashOf: (name: string) => string | undefined,
): Promise<boolean> {
  const others = names.filter((name) => evaluator.base.get(name)?.hash !== hashOf(name));
  if (others.length === 0) return true;
  const { code } = await evaluator.everything(new Map());
  const again = new Map(code.desired.map((one) => [address(one), one.hash]));
  return others.every((name) => again.get(name) !== evaluator.base.get(name)?.hash);
}
