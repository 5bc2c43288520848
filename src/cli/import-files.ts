import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { LoadedConfig } from "../code/config.ts";
import { desire } from "../code/desired.ts";
import { load } from "../code/load.ts";
import type { Emit } from "../engine/events.ts";
import { kinds } from "../kinds/index.ts";
import { InvalidCodeError } from "../util/errors.ts";
import { address } from "../engine/model.ts";
import { createExisting } from "./existing-objects.ts";
import type { CommonOptions } from "./options.ts";
import { NO_CODE, openSession, type Session } from "./session.ts";

interface FilesSession {
  readonly session: Session;
  /** The addresses of the objects in the files. */
  readonly objects: ReadonlySet<string>;
}

/** A temporary sandbox with the objects in these files, in the form in which Grafana would return them. */
export async function sessionWithFiles(
  { config, file }: LoadedConfig,
  files: readonly string[],
  options: CommonOptions,
  emit: Emit,
): Promise<FilesSession> {
  const resources = files.map((path) => resolve(path));
  const { loaded, faults } = await load({
    config: { project: config.project, resources },
    file,
    directory: process.cwd(),
  });
  const code = desire(loaded, kinds, config.project);
  const all = [...faults, ...code.faults];
  if (all.some(({ level }) => level === "error"))
    throw new InvalidCodeError(all, { what: "the files", nothing: "nothing was written" });
  const directory = await mkdtemp(join(tmpdir(), "grafana-provision-import-"));
  const { env: _env, url: _url, ...rest } = options;
  let session: Session | undefined;
  const close = async () => {
    await session?.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    session = await openSession({ config, file, directory }, { ...rest, sandbox: true }, emit, NO_CODE);
    await createExisting(session.context.grafana, code.expected, kinds);
    for (const desired of code.desired) await kinds.get(desired.kind)?.write(session.context, { desired });
  } catch (error) {
    await close();
    throw error;
  }
  const description = `Files: ${files.join(", ")}`;
  return { session: { ...session, description, close }, objects: new Set(code.desired.map(address)) };
}
