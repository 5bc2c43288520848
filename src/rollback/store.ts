import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, EXIT, ProvisionError } from "../util/errors.ts";
import { BodyFile, RECORD_VERSION, RunRecord, type ChangeRecord } from "./record.ts";
import { makeDirectory } from "../util/make-directory.ts";
import { writeFileAtomic } from "../util/write-file-atomic.ts";

// A run's directory contains `run.json`, one file per previous body in `before`, and during the run one empty file in `ended` per
// started or completed change, whose name contains the outcome. Every file is always complete: it is written elsewhere and renamed, or
// it is empty.

const RECORD = "run.json";
const ENDED = "ended";
const ID = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/;
const FILE = { mode: 0o600 } as const;
const DIRECTORY = { mode: 0o700 } as const;

/** A run that was read from its directory. */
export interface StoredRun {
  readonly id: string;
  readonly directory: string;
  readonly record: RunRecord;
}

/** A run whose record can't be read. */
export interface BrokenRun {
  readonly id: string;
  readonly directory: string;
  readonly problem: string;
}

/** Creates the directory of a new run. Ids are unique and sort by time. Throws before anything is sent. */
export async function makeRunDirectory(
  runs: string,
  now = () => new Date(),
): Promise<{ id: string; directory: string }> {
  return writing(runs, async () => {
    // The records must not be committed if the directory is in a repository.
    if ((await makeDirectory(runs, DIRECTORY)) !== undefined) await writeFileAtomic(join(runs, ".gitignore"), "*\n");
    for (;;) {
      const id = now().toISOString().replace(/[:.]/g, "-");
      const directory = join(runs, id);
      try {
        await mkdir(directory, DIRECTORY);
        await mkdir(join(directory, "before"), DIRECTORY);
        await mkdir(join(directory, ENDED), DIRECTORY);
        return { id, directory };
      } catch (error) {
        // Another run started in the same millisecond.
        if (codeOf(error) !== "EEXIST") throw error;
        await new Promise((next) => setTimeout(next, 1));
      }
    }
  });
}

/** The file name for an object's body. Names are unique even on case-insensitive file systems. */
export function bodyFile({ kind, id }: { kind: string; id: string }): string {
  const safe = id.replace(/[^\w.-]/g, "_").slice(0, 80);
  const plain = safe === id && safe === safe.toLowerCase();
  const suffix = plain ? "" : `-${createHash("sha256").update(id).digest("hex").slice(0, 12)}`;
  return `before/${kind}-${safe}${suffix}.json`;
}

export async function writeBody(directory: string, file: string, body: BodyFile): Promise<void> {
  const path = join(directory, file);
  await writing(path, () => writeFileAtomic(path, `${JSON.stringify(body, undefined, 2)}\n`, FILE));
}

export async function writeRecord(directory: string, record: RunRecord): Promise<void> {
  const path = join(directory, RECORD);
  await writing(path, () => writeFileAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`, FILE));
}

/**
 * Records that the requests of a change start, or their outcome. A failure is ignored, because a rollback compares the live
 * object anyway, and a restore asks before it overwrites the object.
 */
export function note(directory: string, index: number, what: NonNullable<ChangeRecord["status"]> | "started"): void {
  try {
    writeFileSync(join(directory, ENDED, `${index}-${what}`), "", FILE);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

/** Writes the final record of a run and removes the files of single outcomes. */
export async function writeEnd(directory: string, record: RunRecord): Promise<void> {
  await writeRecord(directory, record);
  await rm(join(directory, ENDED), { recursive: true, force: true });
}

/** All runs, newest first, including unreadable ones. A directory without a record belongs to a run that wrote nothing. */
export async function listRuns(runs: string): Promise<(StoredRun | BrokenRun)[]> {
  const names = (await namesIn(runs)).filter((name) => ID.test(name)).toSorted();
  const found = await Promise.all(names.toReversed().map((name) => readRun(join(runs, name), name)));
  return found.filter((run) => run !== undefined);
}

/** Reads a run; undefined if it does not exist. */
export async function readRun(directory: string, id: string): Promise<StoredRun | BrokenRun | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, RECORD), "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return undefined;
    return { id, directory, problem: `its ${RECORD} can't be read (${codeOf(error) ?? String(error)})` };
  }
  const content = parsed(text);
  const version = z.object({ version: z.number() }).safeParse(content).data?.version ?? 0;
  if (version > RECORD_VERSION) {
    const problem = `it was written by a newer version of grafana-provision; upgrade to at least that version`;
    return { id, directory, problem };
  }
  const { data } = RunRecord.safeParse(content);
  if (!data) return { id, directory, problem: `its ${RECORD} is not valid` };
  return { id: data.id, directory, record: data.endedAt === undefined ? await withEnds(directory, data) : data };
}

async function withEnds(directory: string, record: RunRecord): Promise<RunRecord> {
  const notes = (await namesIn(join(directory, ENDED))).map((name) => name.split("-", 2) as [string, string]);
  const ends = new Map(notes.filter(([, what]) => what !== "started"));
  const starts = new Set(notes.flatMap(([index, what]) => (what === "started" ? [index] : [])));
  const changes = record.changes.map((change, index): ChangeRecord => {
    const status = ends.get(String(index)) as ChangeRecord["status"];
    if (status !== undefined) return { ...change, status };
    return starts.has(String(index)) ? { ...change, started: true } : change;
  });
  return { ...record, changes };
}

/** The previous body of an object; undefined if it was never written or is damaged. */
export async function readBody(directory: string, file: string): Promise<BodyFile | undefined> {
  try {
    return BodyFile.safeParse(parsed(await readFile(join(directory, file), "utf8"))).data;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Deletes the oldest ended runs of each Grafana if there are more than `keep`. */
export async function pruneRuns(runs: string, keep: number): Promise<void> {
  const all = await namesIn(runs);
  const names = all.filter((name) => ID.test(name));
  const excess = names.length > keep ? await excessRuns(runs, keep) : [];
  await writing(runs, async () => {
    for (const name of excess) {
      // Rename first, so that no incomplete run remains.
      if (await renamed(join(runs, name), join(runs, `.${name}.deleted`))) all.push(`.${name}.deleted`);
    }
    const away = all.filter((name) => name.startsWith(".") && name.endsWith(".deleted"));
    await Promise.all(away.map((name) => rm(join(runs, name), { recursive: true, force: true })));
  });
}

/** The oldest ended runs of each Grafana with more than `keep` runs. */
async function excessRuns(runs: string, keep: number): Promise<string[]> {
  const readable = (await listRuns(runs)).filter((run) => "record" in run).toReversed();
  const groups = Map.groupBy(readable, ({ record: { target } }) => JSON.stringify([target.url, target.namespace]));
  return [...groups.values()].flatMap((own) => {
    const ended = own.filter(({ record }) => record.endedAt !== undefined);
    return ended.slice(0, Math.max(0, own.length - keep)).map(({ id }) => id);
  });
}

/** False if another run of this machine has renamed it. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return [];
    throw new ProvisionError(`Can't read the directory ${directory} (${codeOf(error) ?? String(error)})`, {
      code: "runs-not-readable",
      exitCode: EXIT.failure,
    });
  }
}

async function writing<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new ProvisionError(`Can't record the previous state: writing ${path} failed (${code}); nothing was changed`, {
      code: "runs-not-writable",
      exitCode: EXIT.failure,
      hint: "Set `runs.directory` in the configuration to a writable directory, or free disk space.",
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
