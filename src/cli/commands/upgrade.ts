import { readFile } from "node:fs/promises";
import { dirname, extname, relative, resolve } from "node:path";
import { EXIT, ProvisionError, UsageError, type ExitCode } from "../../util/errors.ts";
import { address, type Desired } from "../../engine/model.ts";
import { kinds } from "../../kinds/index.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { git } from "../../review/base-revision/git.ts";
import { whoRuns } from "../../rollback/who.ts";
import { upgradeText, type Upgraded } from "../../report/upgrade.ts";
import { commandLine } from "../../util/command-line.ts";
import { similar } from "../../util/similar.ts";
import { writeFileAtomic } from "../../util/write-file-atomic.ts";
import { withConversion } from "../../upgrade/convert.ts";
import { documentsIn, rewritten } from "../../upgrade/file.ts";
import { readCode, type CheckedCode } from "../code.ts";
import { ioOf } from "../io.ts";
import { targetWords } from "../next.ts";
import { selectionOf, type CommonOptions } from "../options.ts";
import { openSession } from "../session.ts";
import { stoppable } from "../stoppable.ts";

export interface UpgradeOptions extends CommonOptions {
  readonly write?: boolean;
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

/** Shows, or with `--write` writes, the files of dashboards in schema v2, as Grafana converts them. */
export async function upgrade(names: readonly string[], options: UpgradeOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const code = await readCode(options, io.errors);
  const sources = sourcesOf(names, code);
  if (options.write && !options.force) for (const { file } of sources) await mustBeCommitted(file);
  const session = await openSession(code.loadedConfig, options, io.progress.emit, code.desired);
  try {
    const { context, target } = session;
    const { grafana, owner } = context;
    const { user, host, job } = whoRuns(process.env, undefined);
    const who = job ? `${user}@${host}, ${job}` : `${user}@${host}`;
    const upgraded: Upgraded[] = [];
    const notes = await stoppable((signal) =>
      withConversion({ grafana, owner, who, signal }, async (convert) => {
        for (const source of sources) {
          const { kind, desired, file, index } = source;
          const text = await readFile(file, "utf8");
          const document = (await documentsIn(text, extname(file)))[index] ?? null;
          const about = { address: address(desired), file: relative(process.cwd(), file) };
          const prepared = kind.upgrade.prepare(document, desired, await kind.find(context, desired.id));
          if ("obstacle" in prepared) throw unsupported(`${about.file} ${prepared.obstacle}`, prepared.hint);
          if ("done" in prepared) {
            upgraded.push({ ...about, done: prepared.done });
            continue;
          }
          const converted = await convert(prepared.content);
          const result = kind.upgrade.rewrite(document, desired, converted);
          const { text: after, lostComments } = await rewritten(text, extname(file), index, result);
          signal.throwIfAborted();
          if (options.write) await writeFileAtomic(file, after);
          const { apiVersion } = converted;
          const checks = [
            ...kind.upgrade.notes(prepared.content, converted.spec),
            ...(lostComments ? ["the comments in the file are lost"] : []),
          ];
          upgraded.push({ ...about, apiVersion, checks });
        }
      }),
    );
    const { write = false } = options;
    const plan = commandLine("plan", ...targetWords(options), "--only", ...upgraded.map((one) => one.address));
    const result = { upgraded, notes, written: write, sandbox: target.type === "sandbox", plan };
    io.progress.stop();
    io.result.stream.write(upgradeText(result, io.result));
    return notes.length > 0 ? EXIT.failure : EXIT.done;
  } finally {
    await session.close();
  }
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
        "Only JSON and YAML files can be upgraded. In TypeScript, build it with the SDK's module `dashboardv2beta1`.",
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

/** Throws (exit 64) if git has no copy of the file's content. Without git, nothing is checked. */
async function mustBeCommitted(file: string): Promise<void> {
  let status: string;
  try {
    status = await git(["status", "--porcelain", "--ignored", "--", file], dirname(file));
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    return;
  }
  if (status === "") return;
  throw new UsageError(
    `upgrade: ${relative(process.cwd(), file)} has changes that are not committed; nothing was written`,
    "Commit the file, so that you can compare and restore it, or pass --force.",
    "upgrade-file-uncommitted",
  );
}
