import { existsSync } from "node:fs";
import { relative } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { backupWriter } from "../../backup/directory.ts";
import { BACKUP_VERSION, OMITTED, type Manifest } from "../../backup/manifest.ts";
import { backupObjects } from "../../backup/read.ts";
import type { Emit } from "../../engine/events.ts";
import { parseAddress } from "../../engine/model.ts";
import { kinds } from "../../kinds/index.ts";
import { jsonBackup } from "../../report/backup-json.ts";
import { backupText } from "../../report/backup.ts";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { codeSecrets } from "../code-secrets.ts";
import { configOrNone } from "../config-or-none.ts";
import { ioOf } from "../io.ts";
import { selectorOf, type CommonOptions } from "../options.ts";
import { targetRecord } from "../same-target.ts";
import { NO_CODE, openSession } from "../session.ts";
import { stoppable } from "../stoppable.ts";
import { limitHeap } from "./import.ts";

export interface BackupCommandOptions extends CommonOptions {
  readonly out: string;
  readonly force?: boolean;
  /** Types of further objects. True: all. */
  readonly api?: readonly string[] | true;
}

/** Writes all objects that the credentials can read to a directory. Writes nothing to Grafana. */
export async function backup(options: BackupCommandOptions): Promise<ExitCode> {
  limitHeap();
  const { result, progress } = ioOf(options);
  try {
    const { manifest, description } = await writeBackup(options, progress.emit);
    progress.stop();
    const exitCode = manifest.unreadable.length > 0 ? EXIT.notAuthorised : EXIT.done;
    const directory = relative(process.cwd(), options.out) || options.out;
    result.stream.write(
      options.output === "json"
        ? jsonBackup(manifest, { directory, exitCode })
        : `${description}\n\n${backupText(manifest, directory, result)}`,
    );
    return exitCode;
  } finally {
    progress.stop();
  }
}

/**
 * Writes a backup, and returns its manifest and a description of the Grafana. `directory`: where the configuration, or the stack
 * of `--env stack`, is searched.
 */
export async function writeBackup(
  options: BackupCommandOptions,
  emit: Emit,
  directory = process.cwd(),
): Promise<{ readonly manifest: Manifest; readonly description: string }> {
  const selected = selectorOf(options.only);
  const files = await backupWriter(options.out, options.force === true);
  try {
    const loadedConfig = await configOrNone(options.config, directory);
    const hasCode = existsSync(loadedConfig.file);
    const { variables } = hasCode ? await codeSecrets(loadedConfig, options.env, emit) : { variables: [] };
    const session = await openSession(loadedConfig, options, emit, NO_CODE);
    try {
      // Values of the code's secrets must not be in a file, wherever they appear in Grafana.
      for (const variable of variables) session.context.secrets.hide(variable);
      const types = options.api === true ? [] : options.api;
      const startedAt = new Date().toISOString();
      const found = await stoppable((signal) =>
        backupObjects({
          context: session.context,
          kinds,
          selected,
          mayHave: (kind) => options.only?.some((name) => parseAddress(name).kind === kind) ?? true,
          types,
          concurrency: options.concurrency ?? 8,
          emit,
          signal,
          write: files.write,
        }),
      );
      const { project, owner, target } = targetRecord(session);
      const manifest: Manifest = {
        $kind: "grafana-provision backup",
        version: BACKUP_VERSION,
        tool: packageJson.version,
        startedAt,
        endedAt: new Date().toISOString(),
        grafana: { url: target.url, version: target.version, organization: target.namespace },
        project,
        owner,
        ...found,
        ...(types === undefined ? {} : { types: [...types] }),
        omitted: [...OMITTED],
      };
      await files.finish(manifest, selected);
      return { manifest, description: session.description };
    } finally {
      await session.close();
    }
  } finally {
    // After a success, nothing is left to remove.
    await files.discard();
  }
}
