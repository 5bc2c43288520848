import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { LONG_FILE } from "./code/split.ts";
import type { Formatter, SourceText } from "./format.ts";

interface WrittenFiles {
  /** The files that were written, relative to the output directory. */
  readonly written: readonly string[];
  /** Files that already had this content. */
  readonly unchanged: readonly string[];
  /** Files that exist with another content. They were not changed. */
  readonly kept: readonly string[];
}

/** Writes files so that an interrupted run leaves either none of them or complete ones. */
export interface FileWriter {
  /** `split`: the texts of several files in place of one that is too long. */
  readonly add: (path: string, text: SourceText, split?: () => ReadonlyMap<string, SourceText>) => Promise<void>;
  /** Adds lines to the end of a file, which may exist. */
  readonly append: (path: string, text: string) => void;
  /** Files of `add` that exist with another content, so that they stay as they are. */
  keptFiles(): readonly string[];
  /** Moves the files to their places. A file that has appeared there since then is kept, unless `force` is set. */
  finish(): WrittenFiles;
  /** Deletes what was not moved. */
  close(): void;
}

/** The start of the name of a directory that the tool does not search for resources. Containers have their own process ids. */
const STAGING = `.grafana-provision-import-${hostname().replaceAll(/\W/g, "_")}-`;

/** Deletes what imports left that were killed. */
function removeLeftovers(directory: string): void {
  for (const name of readdirSync(directory)) {
    const [, pid] = name.startsWith(STAGING) ? (/^(\d+)-/.exec(name.slice(STAGING.length)) ?? []) : [];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(directory, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process of another user exists.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** `force`: overwrite files that exist and differ. */
export function fileWriter(directory: string, format: Formatter, force: boolean): FileWriter {
  // Beside the target, because a file can't be moved to another file system. Other imports have their own.
  let staging: string | undefined;
  // A file can be formatted when the import has already failed.
  let closed = false;
  const staged = new Map<string, { readonly replaces: boolean }>();
  const unchanged: string[] = [];
  const kept: string[] = [];

  function isFree(path: string, text: string, replaces: boolean): boolean {
    const target = join(directory, path);
    if (!existsSync(target)) return true;
    if (readFileSync(target, "utf8") === text) unchanged.push(path);
    else if (replaces) return true;
    else kept.push(path);
    return false;
  }

  function stage(path: string, text: string, replaces: boolean): void {
    if (closed) return;
    if (staging === undefined) {
      mkdirSync(directory, { recursive: true });
      removeLeftovers(directory);
      staging = mkdtempSync(join(directory, `${STAGING}${process.pid}-`));
    }
    const file = join(staging, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    staged.set(path, { replaces });
  }

  async function add(path: string, text: SourceText, split?: () => ReadonlyMap<string, SourceText>): Promise<void> {
    const formatted = await format(join(directory, path), text);
    if (split && formatted.split("\n").length > LONG_FILE) {
      for (const [own, part] of split()) await add(own, part);
    } else if (isFree(path, formatted, force)) stage(path, formatted, force);
  }

  return {
    add,
    append(path, text) {
      const target = join(directory, path);
      const before = existsSync(target) ? readFileSync(target, "utf8") : "";
      stage(path, before === "" ? text : `${before.trimEnd()}\n\n${text}`, true);
    },
    keptFiles: () => [...kept],
    finish() {
      const written: string[] = [];
      for (const [path, { replaces }] of staged) {
        const file = join(staging ?? directory, path);
        if (!isFree(path, readFileSync(file, "utf8"), replaces)) continue;
        mkdirSync(dirname(join(directory, path)), { recursive: true });
        renameSync(file, join(directory, path));
        written.push(path);
      }
      return { written, unchanged, kept };
    },
    close() {
      closed = true;
      if (staging !== undefined) rmSync(staging, { recursive: true, force: true });
    },
  };
}
