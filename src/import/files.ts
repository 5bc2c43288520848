import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Formatter } from "./format.ts";

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
  readonly add: (path: string, text: string) => Promise<void>;
  /** Moves the files to their places. */
  finish(): WrittenFiles;
  /** Deletes what was not moved. */
  close(): void;
}

/** A directory that the tool does not search for resources. */
const STAGING = ".grafana-provision-import";

/** `force`: overwrite files that exist and differ. */
export function fileWriter(directory: string, format: Formatter, force: boolean): FileWriter {
  const staging = join(directory, STAGING);
  const staged: string[] = [];
  const unchanged: string[] = [];
  const kept: string[] = [];
  const remove = () => rmSync(staging, { recursive: true, force: true });
  remove();
  return {
    async add(path, text) {
      const target = join(directory, path);
      const formatted = await format(target, text);
      if (existsSync(target)) {
        if (readFileSync(target, "utf8") === formatted) {
          unchanged.push(path);
          return;
        }
        if (!force) {
          kept.push(path);
          return;
        }
      }
      const file = join(staging, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, formatted);
      staged.push(path);
    },
    finish() {
      for (const path of staged) {
        mkdirSync(dirname(join(directory, path)), { recursive: true });
        renameSync(join(staging, path), join(directory, path));
      }
      return { written: staged, unchanged, kept };
    },
    close: remove,
  };
}
