import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadedConfig } from "../code/config.ts";
import { desire, orderOf } from "../code/desired.ts";
import { load } from "../code/load.ts";
import { containerKind } from "../engine/container.ts";
import type { Emit } from "../engine/events.ts";
import { address, type Desired } from "../engine/model.ts";
import { readForeign, type ForeignObjects } from "../foreign/read.ts";
import { GrafanaError } from "../grafana/errors.ts";
import { kinds } from "../kinds/index.ts";
import { environment, withholdCredentials } from "../secrets/environment.ts";
import type { SecretUse } from "../secrets/secret.ts";
import { InvalidCodeError, type Fault } from "../util/errors.ts";
import { createExisting } from "./existing-objects.ts";
import type { CommonOptions } from "./options.ts";
import { NO_CODE, openSession, type Session } from "./session.ts";
import { organizationOf } from "./target.ts";

interface FilesSession extends Pick<ForeignObjects, "left" | "notes"> {
  readonly session: Session;
  /** The addresses of the objects in the files. */
  readonly objects: ReadonlySet<string>;
  /** The secrets of these objects, by address. */
  readonly secrets: ReadonlyMap<string, readonly SecretUse[]>;
}

/** A temporary sandbox with the objects in these files, in the form in which Grafana would return them. */
export async function sessionWithFiles(
  loadedConfig: LoadedConfig,
  files: readonly string[],
  options: CommonOptions,
  emit: Emit,
): Promise<FilesSession> {
  const { config, file } = loadedConfig;
  // Files can name any variable, and its value becomes a part of the code.
  withholdCredentials();
  const foreign = await readForeign(files, {
    kinds,
    directory: process.cwd(),
    environment: process.env,
    organization: organizationOf(loadedConfig, options, environment()) ?? 1,
  });
  await identifyContainers(foreign, loadedConfig, options, emit);
  const { modules } = foreign;
  const own =
    modules.length === 0
      ? { loaded: [], faults: [] }
      : await load({ config: { project: config.project, resources: [...modules] }, file, directory: process.cwd() });
  const containers = foreign.containers.map(({ value }) => ({
    kind: value.kind,
    value,
    source: { file: files[0] ?? "", export: value.title },
  }));
  const code = desire([...containers, ...own.loaded, ...foreign.loaded], kinds, config.project);
  const all = [...own.faults, ...foreign.faults, ...code.faults];
  if (all.some(({ level }) => level === "error")) throw invalid(all);
  const directory = await mkdtemp(join(tmpdir(), "grafana-provision-import-"));
  const { env: _env, url: _url, ...rest } = options;
  let session: Session | undefined;
  const close = async () => {
    await session?.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    session = await openSession({ config, file, directory }, { ...rest, sandbox: true }, emit, code.desired);
    const { context } = session;
    await createExisting(context.grafana, code, kinds);
    const rejected: Fault[] = [];
    for (const desired of inOrder(code.desired)) {
      try {
        await kinds.get(desired.kind)?.write(context, { desired });
      } catch (error) {
        if (!(error instanceof GrafanaError)) throw error;
        rejected.push({ level: "error", code: "code-document-invalid", ...desired.source, message: error.message });
      }
    }
    if (rejected.length > 0) throw invalid(rejected);
  } catch (error) {
    await close();
    throw error;
  }
  const description = `Files: ${files.join(", ")}`;
  return {
    session: { ...session, description, close },
    objects: new Set(code.desired.map(address)),
    secrets: new Map(code.desired.map((one) => [address(one), secretsOf(one)])),
    left: foreign.left,
    notes: foreign.notes,
  };
}

function invalid(faults: readonly Fault[]): InvalidCodeError {
  return new InvalidCodeError(faults, { what: "the files", nothing: "nothing was written" });
}

/** Gives folders that the files name only by their titles the uids that they have in the selected Grafana. */
async function identifyContainers(
  { containers }: ForeignObjects,
  loadedConfig: LoadedConfig,
  options: CommonOptions,
  emit: Emit,
): Promise<void> {
  const unknown = containers.filter(({ value }) => value.uid === undefined);
  if (unknown.length === 0 || (options.env === undefined && options.url === undefined)) return;
  const session = await openSession(loadedConfig, options, emit, NO_CODE);
  try {
    const live = await containerKind(kinds).list(session.context);
    for (const { titles, value } of unknown) {
      let inside = live.filter(({ parent }) => parent === undefined);
      for (const title of titles.slice(0, -1)) {
        const parents = new Set(inside.filter((one) => one.title === title).map(({ id }) => id));
        inside = live.filter(({ parent }) => parent !== undefined && parents.has(parent));
      }
      const found = inside.filter(({ title }) => title === value.title);
      if (found.length === 1 && found[0]) value.uid = found[0].id;
    }
  } finally {
    await session.close();
  }
}

/** Each resource after those that it refers to. */
function inOrder(all: readonly Desired[]): Desired[] {
  const byAddress = new Map(all.map((one) => [address(one), one]));
  const byKind = Map.groupBy(all, ({ kind }) => kind);
  const ordered = new Set<Desired>();
  const visited = new Set<Desired>();
  const visit = (one: Desired) => {
    if (visited.has(one)) return;
    visited.add(one);
    for (const reference of one.references) {
      const target = byAddress.get(address(reference));
      if (target) visit(target);
    }
    ordered.add(one);
  };
  for (const { name } of orderOf(kinds)) for (const one of byKind.get(name) ?? []) visit(one);
  return [...ordered];
}

function secretsOf(desired: Desired): readonly SecretUse[] {
  const secrets = kinds.get(desired.kind)?.secrets;
  return secrets?.places?.(desired) ?? secrets?.uses(desired.resource) ?? [];
}
