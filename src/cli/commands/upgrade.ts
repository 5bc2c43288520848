import { readFile } from "node:fs/promises";
import { extname, relative, resolve } from "node:path";
import { EXIT, InvalidCodeError, ProvisionError, UsageError, type ExitCode } from "../../util/errors.ts";
import { address, type Desired } from "../../engine/model.ts";
import { kinds } from "../../kinds/index.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { ConvertedContent } from "../../engine/upgrade.ts";
import { whoText } from "../../rollback/who.ts";
import { upgradeText, type Upgraded } from "../../report/upgrade.ts";
import { upgradeJson } from "../../report/upgrade-json.ts";
import { commandLine } from "../../util/command-line.ts";
import type { Json, JsonObject } from "../../util/json.ts";
import { similar } from "../../util/similar.ts";
import { writeFileAtomic } from "../../util/write-file-atomic.ts";
import { mustBeCommitted } from "../../upgrade/committed.ts";
import { withConversion, type Convert } from "../../upgrade/convert.ts";
import { documentsIn, rewritten } from "../../upgrade/file.ts";
import { readCode, type CheckedCode } from "../code.ts";
import { confirmTemporaryFolder } from "../consent.ts";
import { ioOf } from "../io.ts";
import { targetWords } from "../next.ts";
import { selectionOf, type CommonOptions } from "../options.ts";
import { openSession } from "../session.ts";
import { stoppable } from "../stoppable.ts";

export interface UpgradeOptions extends CommonOptions {
  readonly write?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
}

type UpgradableKind = ResourceKind & Required<Pick<ResourceKind, "upgrade">>;

/** A resource in a JSON or YAML file. */
interface Source {
  readonly kind: UpgradableKind;
  readonly desired: Desired;
  readonly file: string;
  /** Of its document in the file. */
  readonly index: number;
}

/** What a file says about its resource, and what to do with it. */
interface Prepared {
  readonly source: Source;
  readonly document: Json;
  /** The content that Grafana converts, or why there is nothing to convert. */
  readonly ready: { readonly content: JsonObject } | { readonly done: string };
}

type Texts = Map<string, string>;

/** Shows, or with `--write` writes, the files of dashboards in schema v2, as Grafana converts them: all of them or none. */
export async function upgrade(names: readonly string[], options: UpgradeOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const code = await readCode(options, io.errors);
  const sources = sourcesOf(names, code);
  if (options.write && !options.force) for (const { file } of sources) await mustBeCommitted(file);
  const session = await openSession(code.loadedConfig, options, io.progress.emit, code.desired);
  try {
    const { context, target } = session;
    const texts: Texts = new Map();
    for (const { file } of sources) texts.set(file, await readFile(file, "utf8"));
    const prepared = await preparedFrom(sources, texts, context);
    const converted = new Map<Source, ConvertedContent>();
    let notes: string[] = [];
    if (prepared.some(({ ready }) => "content" in ready)) {
      io.progress.stop();
      await confirmTemporaryFolder(session, { command: "upgrade", contents: "copies of the dashboards" }, options);
      const { grafana, owner } = context;
      notes = await stoppable((signal) =>
        withConversion({ grafana, owner, who: whoText(process.env), signal }, (convert) =>
          convertAll(prepared, convert, converted),
        ),
      );
    }
    const upgraded: Upgraded[] = [];
    for (const one of prepared) upgraded.push(await rewrittenIn(texts, one, converted.get(one.source)));
    const { write = false } = options;
    if (write) {
      const changed = new Set([...converted.keys()].map(({ file }) => file));
      for (const file of changed) await writeFileAtomic(file, texts.get(file) ?? "");
    }
    const plan = commandLine("plan", ...targetWords(options), "--only", ...upgraded.map((one) => one.address));
    const result = { upgraded, notes, written: write, sandbox: target.type === "sandbox", plan };
    io.progress.stop();
    const exitCode = notes.length > 0 ? EXIT.failure : EXIT.done;
    io.result.stream.write(options.output === "json" ? upgradeJson(result, exitCode) : upgradeText(result, io.result));
    return exitCode;
  } finally {
    await session.close();
  }
}

/** Throws all obstacles together. */
async function preparedFrom(sources: readonly Source[], texts: Texts, context: KindContext): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  const faults: FileFault[] = [];
  for (const source of sources) {
    const { kind, desired, file, index } = source;
    const document = (await documentsIn(texts.get(file) ?? "", extname(file)))[index] ?? null;
    const ready = kind.upgrade.prepare(document, desired, await kind.find(context, desired.id));
    if ("obstacle" in ready) {
      const name = nameOf(source);
      faults.push({ file: name, error: unsupported(`${name} ${ready.obstacle}`, ready.hint) });
    } else prepared.push({ source, document, ready });
  }
  throwAll(faults);
  return prepared;
}

/** Throws all failed conversions together. */
async function convertAll(
  prepared: readonly Prepared[],
  convert: Convert,
  converted: Map<Source, ConvertedContent>,
): Promise<void> {
  const faults: FileFault[] = [];
  for (const { source, ready } of prepared) {
    if ("done" in ready) continue;
    try {
      converted.set(source, await convert(ready.content));
    } catch (error) {
      if (!(error instanceof ProvisionError) || error.code !== "upgrade-conversion-failed") throw error;
      faults.push({ file: nameOf(source), error });
    }
  }
  throwAll(faults);
}

/** Replaces the document in the text of its file. */
async function rewrittenIn(
  texts: Texts,
  { source, document, ready }: Prepared,
  converted: ConvertedContent | undefined,
): Promise<Upgraded> {
  const { kind, desired, file, index } = source;
  const about = { address: address(desired), file: nameOf(source) };
  if ("done" in ready) return { ...about, done: ready.done };
  if (!converted) throw new Error(`${about.file} was not converted`);
  const result = kind.upgrade.rewrite(document, desired, converted);
  const { text, lostComments } = await rewritten(texts.get(file) ?? "", extname(file), index, result);
  texts.set(file, text);
  const checks = [
    ...kind.upgrade.notes(ready.content, converted.spec),
    ...(lostComments ? ["the comments in the file are lost"] : []),
  ];
  return { ...about, apiVersion: converted.apiVersion, checks };
}

function nameOf({ file }: Source): string {
  return relative(process.cwd(), file);
}

interface FileFault {
  readonly file: string;
  readonly error: ProvisionError;
}

/** Throws one fault as it is, and several together (exit 65). */
function throwAll(faults: readonly FileFault[]): void {
  const [first, ...others] = faults;
  if (!first) return;
  if (others.length === 0) throw first.error;
  throw new InvalidCodeError(
    faults.map(({ file, error: { message, code, hint } }) => ({
      level: "error",
      code,
      file,
      message,
      ...(hint === undefined ? {} : { hint }),
    })),
    { what: "the files", nothing: "nothing was written", code: first.error.code },
  );
}

/** The files of these resources. Throws (exit 64) for a name that isn't in the code, or that is not in a JSON or YAML file. */
function sourcesOf(names: readonly string[], { desired, loadedConfig }: CheckedCode): Source[] {
  return [...selectionOf(names, "upgrade").addresses].map((name) => {
    const found = desired.find((one) => address(one) === name);
    if (!found) throw notInCode(name, desired.map(address));
    const kind = kinds.get(found.kind);
    const { file, export: place } = found.source;
    if (!kind?.upgrade) throw unsupported(`${name} has only one schema`, "Name dashboards in JSON or YAML files.");
    if (![".json", ".yaml", ".yml"].includes(extname(file))) {
      throw unsupported(
        `${name} is defined in ${file}, which is code`,
        "Only JSON and YAML files can be upgraded. In TypeScript, build it with the SDK's module `dashboardv2`.",
      );
    }
    const index = Number(/^document (\d+)/.exec(place)?.[1] ?? 1) - 1;
    return { kind: kind as UpgradableKind, desired: found, file: resolve(loadedConfig.directory, file), index };
  });
}

function notInCode(name: string, all: readonly string[]): UsageError {
  const meant = similar(name, all);
  return new UsageError(
    `upgrade: the code has no ${name}`,
    meant ? `Did you mean ${meant}?` : `Run \`${commandLine("plan", "-v")}\` to see the addresses of all resources.`,
    "option-invalid",
  );
}

function unsupported(message: string, hint: string): UsageError {
  return new UsageError(`upgrade: ${message}`, hint, "upgrade-source-unsupported");
}
