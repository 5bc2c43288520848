import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadedConfig } from "../code/config.ts";
import type { Code } from "../code/desired.ts";
import type { Comparison } from "../engine/comparison.ts";
import type { DriftReport } from "../engine/drift.ts";
import type { Emit } from "../engine/events.ts";
import { address } from "../engine/model.ts";
import type { Mapping } from "../engine/mapping.ts";
import type { Kinds } from "../engine/resource.ts";
import { formatterFor, wholeText } from "../import/format.ts";
import { importObjects } from "../import/import.ts";
import type { Existing } from "../import/references.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { exampleOf, type Example } from "./examples.ts";
import { loadSdk } from "../import/sdk/sdk.ts";
import { writeFileAtomic } from "../util/write-file-atomic.ts";
import { evaluatorFor, type Evaluator } from "./evaluate.ts";
import type { LeftReason, WriteBack, WriteBackEdit, WriteBackLeft } from "./model.ts";
import { sdkNames } from "./sdk-names.ts";
import { Search } from "./search.ts";
import { targetsOf, type NotWritten } from "./targets.ts";

export interface UpdateInput {
  readonly loadedConfig: LoadedConfig;
  readonly kinds: Kinds;
  /** Of the environment that the code is evaluated for. */
  readonly mapping?: Mapping | undefined;
  readonly report: Pick<DriftReport, "drift">;
  readonly comparisons: readonly Comparison[];
  /** For reading the objects again, as `import` does. */
  readonly context: KindContext;
  /** `existing.*` of this package. */
  readonly existing: Existing;
  /** Hides the values of known secrets. */
  readonly redacted: (text: string) => string;
  readonly emit: Emit;
}

/** The edits to write, and the code with them. */
export interface ProposedUpdate extends WriteBack {
  /** Absent if there is no edit. */
  readonly code?: Code;
}

/** Finds the edits of files that make the code equal to what was edited in Grafana. Writes nothing. */
export async function proposeUpdate(input: UpdateInput): Promise<ProposedUpdate> {
  const { loadedConfig, kinds, mapping, comparisons, redacted, emit } = input;
  const { targets, left: others } = targetsOf(input.report, comparisons, { kinds, mapping, redacted });
  const left: WriteBackLeft[] = others.map((one) => leftOf(one, loadedConfig.directory));
  if (targets.length === 0) return { written: [], left, files: new Map() };
  const evaluator = await evaluatorFor(loadedConfig, kinds, mapping);
  const { directory } = loadedConfig;
  const sdk = sdkNames(await loadSdk());
  let examples: Promise<readonly Example[]> | undefined;
  const names = new Set(targets.map(({ desired }) => address(desired)));
  const search = new Search(evaluator, {
    directory,
    config: loadedConfig.file,
    sdk,
    examples: () => (examples ??= examplesOf(input, names, evaluator)),
  });
  const written: WriteBackEdit[] = [];
  for (const [index, target] of targets.entries()) {
    const { kind } = target.desired;
    emit({ type: "writing", kind, done: index + 1, total: targets.length });
    const result = await search.write(target);
    written.push(...result.written);
    left.push(...result.left);
  }
  if (written.length === 0) return { written, left, files: new Map() };
  const code = await verified(evaluator, search);
  if (!code) return { written: [], left: [...left, ...written.map(notVerified)], files: new Map() };
  const files = new Map(
    [...search.texts].map(([file, after]) => [file, { before: search.read.get(file) ?? "", after }] as const),
  );
  return { written, left, files, code };
}

/** The code that `import` would write for these objects. */
async function examplesOf(
  { loadedConfig: { directory, config }, kinds, mapping, context, existing, emit }: UpdateInput,
  names: ReadonlySet<string>,
  { base }: Evaluator,
): Promise<Example[]> {
  const known = new Map(
    [...base].map(([name, { source }]) => {
      const isName = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(source.export) && source.file.endsWith(".ts");
      return [name, { file: source.file, export: isName ? source.export : undefined, source: source.file }] as const;
    }),
  );
  const written = new Map<string, string>();
  await importObjects({
    context,
    kinds,
    project: config.project,
    existing,
    format: "code",
    selected: (one) => names.has(address(one)),
    known,
    back: (kind, live) => (mapping && kind.mapping ? kind.mapping.form(live, mapping.back) : live),
    rewritten: names,
    emit,
    async write(path, text) {
      written.set(path, wholeText(text));
    },
  });
  const format = await formatterFor(directory);
  const examples = [...written].map(([path, text]) =>
    exampleOf(path, text, (file, code) => format(join(directory, file), code)),
  );
  return (await Promise.all(examples)).filter((one) => one !== undefined);
}

function notVerified(edit: WriteBackEdit): WriteBackLeft {
  return { ...edit, reason: "not-verified" };
}

/** The code with all edits; undefined if it has a new fault, or if another object changed. */
async function verified(evaluator: Evaluator, search: Search): Promise<Code | undefined> {
  const { loaded, code } = await evaluator.everything(search.texts);
  const isFaulty = [...loaded.faults, ...code.faults].some(({ level }) => level === "error");
  const isSame =
    code.desired.length === search.hashes.size &&
    code.desired.every((one) => search.hashes.get(address(one)) === one.hash);
  return isFaulty || !isSame ? undefined : code;
}

function leftOf({ drift, reason, difference }: NotWritten, directory: string): WriteBackLeft {
  const file = drift.source?.file ?? "";
  return {
    address: address(drift),
    path: difference?.path ?? "",
    labels: difference?.labels ?? [],
    file,
    line: file === "" ? 0 : lineOf(join(directory, file), drift.source?.export ?? ""),
    ...(difference?.after === undefined ? {} : { before: difference.after }),
    ...(difference?.before === undefined ? {} : { after: difference.before }),
    reason,
  };
}

/** The line of an export, or 1. */
function lineOf(file: string, name: string): number {
  const text = readFileSync(file, "utf8");
  const own = /^[\p{ID_Continue}$]+/u.exec(name)?.[0].replaceAll("$", "\\$") ?? "";
  const at =
    name === "default"
      ? /^export default/m.exec(text)
      : new RegExp(`^export const ${own}(?![\\p{ID_Continue}$])`, "mu").exec(text);
  return at ? text.slice(0, at.index).split("\n").length : 1;
}

/** Writes the files, each as a whole. A file that changed since it was read, or can't be written, is left as it is, with its edits. */
export async function writeUpdate(update: WriteBack, directory: string): Promise<WriteBack> {
  const skipped = new Map<string, LeftReason>();
  for (const [file, { before, after }] of update.files)
    try {
      // A file without write permission could still be replaced.
      accessSync(file, constants.W_OK);
      if (readFileSync(file, "utf8") === before) await writeFileAtomic(file, after);
      else skipped.set(file, "file-changed");
    } catch {
      skipped.set(file, "not-writable");
    }
  const reasonOf = (edit: WriteBackEdit) => skipped.get(join(directory, edit.file));
  return {
    written: update.written.filter((edit) => reasonOf(edit) === undefined),
    left: [
      ...update.left,
      ...update.written.flatMap((edit) => {
        const reason = reasonOf(edit);
        return reason ? [{ ...edit, reason }] : [];
      }),
    ],
    files: new Map([...update.files].filter(([file]) => !skipped.has(file))),
  };
}
