import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadedConfig } from "../code/config.ts";
import type { Code } from "../code/desired.ts";
import type { Comparison } from "../engine/comparison.ts";
import type { DriftReport } from "../engine/drift.ts";
import type { Emit } from "../engine/events.ts";
import { linkTargets } from "../engine/linked.ts";
import type { Mapping } from "../engine/mapping.ts";
import { address, type Desired } from "../engine/model.ts";
import type { Kinds } from "../engine/resource.ts";
import { formatterFor, wholeText } from "../import/format.ts";
import { importObjects } from "../import/import.ts";
import type { Existing } from "../import/references.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { exampleOf, type Example } from "./examples.ts";
import type { Format } from "../import/documents.ts";
import { scriptSource } from "./source/script.ts";
import type { Source } from "./source/source.ts";
import { loadSdk } from "../import/sdk/sdk.ts";
import { writeFileAtomic } from "../util/write-file-atomic.ts";
import { evaluatorFor, type Evaluator } from "./evaluate.ts";
import type { LeftReason, WriteBack, WriteBackEdit, WriteBackLeft } from "./model.ts";
import { sdkNames } from "./sdk-names.ts";
import { Search, type Target } from "./search.ts";
import { targetsOf, type NotWritten } from "./targets.ts";
import { verify } from "./verify.ts";
import { wrapped } from "./wrap.ts";

export interface UpdateInput {
  readonly loadedConfig: LoadedConfig;
  readonly kinds: Kinds;
  /** The environment that the code is evaluated for, and its mappings. */
  readonly environment?: string | undefined;
  readonly mapping?: Mapping | undefined;
  readonly report: Pick<DriftReport, "drift">;
  readonly comparisons: readonly Comparison[];
  /** All objects of the code. */
  readonly desired: readonly Desired[];
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
  const { loadedConfig, report, kinds, environment, mapping, comparisons, redacted, emit } = input;
  const links = await linksFor(input);
  const { targets, left: others } = targetsOf({ report, comparisons, kinds, mapping, redacted, links });
  const left: WriteBackLeft[] = others.map((one) => leftOf(one, loadedConfig.directory));
  if (targets.length === 0) return { written: [], left, files: new Map() };
  const evaluator = await evaluatorFor(loadedConfig, { environment, mapping });
  try {
    const search = new Search(evaluator, await optionsOf(input, targets, evaluator));
    const written: WriteBackEdit[] = [];
    for (const [index, target] of targets.entries()) {
      const { kind } = target.desired;
      emit({ type: "writing", kind, done: index + 1, total: targets.length });
      const result = await search.write(target);
      written.push(...result.written);
      left.push(...result.left);
    }
    await wrapEdits(search, loadedConfig.directory);
    const verified = await verify(evaluator, search, written, loadedConfig.directory);
    return { ...verified, left: [...left, ...verified.left] };
  } finally {
    await evaluator.end();
  }
}

/** The objects from which the edited ones take values. */
async function linksFor({ context, desired, comparisons, kinds, report }: UpdateInput) {
  const live = Map.groupBy(
    comparisons.flatMap((one) => (one.live ? [{ kind: one.desired.kind, live: one.live }] : [])),
    ({ kind }) => kind,
  );
  const lists = new Map([...live].map(([kind, all]) => [kind, all.map((one) => one.live)]));
  const edited = new Set(report.drift.map(address));
  return linkTargets(context, desired, lists, { kinds, selected: (one) => edited.has(address(one)) });
}

/** Gives the changed lines of TypeScript the format of the project. */
async function wrapEdits({ texts, read }: Search, directory: string): Promise<void> {
  const files = [...texts].filter(([file]) => file.endsWith(".ts"));
  if (files.length === 0) return;
  const format = await formatterFor(directory);
  for (const [file, text] of files)
    texts.set(file, await wrapped(read.get(file) ?? "", text, (one) => format(file, one)));
}

async function optionsOf(input: UpdateInput, targets: readonly Target[], evaluator: Evaluator) {
  const { file, directory } = input.loadedConfig;
  const names = new Set(targets.map(({ desired }) => address(desired)));
  let examples: Promise<readonly Example[]> | undefined;
  let documents: Promise<readonly Source[]> | undefined;
  return {
    directory,
    config: file,
    sdk: sdkNames(await loadSdk()),
    examples: () => (examples ??= examplesOf(input, names, evaluator)),
    documents: () => (documents ??= documentsOf(input, names, evaluator)),
    unstable: await unstableIn(input, evaluator),
  };
}

/** The objects whose values differ between two evaluations of the same code, for example because of `Date.now()`. */
async function unstableIn({ desired, mapping }: UpdateInput, evaluator: Evaluator): Promise<ReadonlySet<string>> {
  // Objects were mapped since the code was read.
  const again = mapping ? (await evaluator.everything(new Map())).code.desired : desired;
  return new Set(again.filter((one) => evaluator.base.get(address(one))?.hash !== one.hash).map(address));
}

/** The code that `import` would write for these objects. */
async function examplesOf(input: UpdateInput, names: ReadonlySet<string>, evaluator: Evaluator): Promise<Example[]> {
  const { directory } = input.loadedConfig;
  const format = await formatterFor(directory);
  const written = await imported(input, names, evaluator, "code");
  const examples = [...written].map(([path, text]) =>
    exampleOf(path, text, (file, code) => format(join(directory, file), code)),
  );
  return (await Promise.all(examples)).filter((one) => one !== undefined);
}

/** The same for those that can be documents. */
async function documentsOf(input: UpdateInput, names: ReadonlySet<string>, evaluator: Evaluator): Promise<Source[]> {
  const written = await imported(input, names, evaluator, "json");
  return [...written].flatMap(([path, text]) => (path.endsWith(".json") ? [scriptSource(text, true)] : []));
}

async function imported(
  { loadedConfig: { config }, kinds, mapping, context, existing, emit }: UpdateInput,
  names: ReadonlySet<string>,
  { base }: Evaluator,
  format: Format,
): Promise<ReadonlyMap<string, string>> {
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
    format,
    only: [...names],
    selected: (one) => names.has(address(one)),
    known,
    mapping,
    rewritten: names,
    emit,
    async write(path, text) {
      written.set(path, wholeText(text));
    },
  });
  return written;
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
