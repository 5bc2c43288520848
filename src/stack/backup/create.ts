import { createReadStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { EXIT, ProvisionError, UsageError } from "../../util/errors.ts";
import { commandLine } from "../../util/command-line.ts";
import { makeDirectory } from "../../util/make-directory.ts";
import { SECRETS } from "../compose.ts";
import { containersNamed, type Container } from "../containers.ts";
import type { Stack } from "../definition.ts";
import { errorTail, runCli, type Engine } from "../engine.ts";
import { hostClient, type StackPlace } from "../host-client.ts";
import { checkOtherDirectory } from "../preflight.ts";
import { projectOf } from "../render.ts";
import type { Service } from "../service.ts";
import { waitForHealth } from "../wait.ts";
import type { Convert } from "./age.ts";
import { checksumOf, copyOut, failed, store } from "./copy.ts";
import { MANIFEST, MANIFEST_HEAD, manifestText, type StackManifest, type StoredFile } from "./manifest.ts";
import { canSnapshot, removeSnapshot, takeSnapshot } from "./snapshot.ts";
import { dataVolumes, type DataVolume } from "./volumes.ts";

export interface BackupOptions extends StackPlace {
  readonly engine: Engine;
  /** The directory of the backup, which must not exist. Absolute. */
  readonly target: string;
  /** Encrypts all files except the manifest. */
  readonly encrypt: Convert | undefined;
  /** The version of this tool. */
  readonly tool: string;
  /** Writes the content of the stack's Grafana to a directory. Returns why it can't. */
  readonly grafana: (directory: string) => Promise<string | undefined>;
  readonly emit: (text: string) => void;
  readonly signal: AbortSignal;
  /** Milliseconds to wait until the services are healthy again. */
  readonly timeout: number;
}

/** Seconds until the engine kills a service that does not stop. */
const STOP_TIMEOUT = "60";

/** The services that a backup stops, one after the other. */
export function stoppedServices(stack: Stack): Service[] {
  return [...new Set(dataVolumes(stack).map(({ service }) => service))].filter((service) => !canSnapshot(service));
}

/**
 * Writes the volumes of a stack and the content of its Grafana to a directory. Each service is stopped while its volumes are
 * copied, and then started again. The directory gets its name at the end, so that it is always complete.
 */
export async function backupStack(stack: Stack, options: BackupOptions): Promise<StackManifest> {
  const { engine, out, target, signal, encrypt } = options;
  mustBeFree(target);
  await checkOtherDirectory(engine, projectOf(stack), out);
  const volumes = dataVolumes(stack);
  const containers = await startedContainers(volumes, engine);
  await makeDirectory(dirname(target));
  const temporary = await mkdtemp(join(dirname(target), `${basename(target)}.incomplete-`));
  try {
    const startedAt = new Date().toISOString();
    const files: StoredFile[] = [];
    const omitted: string[] = [];
    const noGrafana = stack.services.has("grafana") ? await grafanaFiles(temporary, options, files) : undefined;
    if (noGrafana !== undefined) omitted.push(`the content of Grafana in readable files: ${noGrafana}`);
    const groups = Map.groupBy(volumes, ({ service }) => service);
    for (const [service, own] of groups) {
      signal.throwIfAborted();
      const container = containers.get(service.container);
      if (container) files.push(...(await copyService(stack, { service, own, container }, temporary, options)));
    }
    if (encrypt) files.push(...(await secretFiles(temporary, options)));
    else omitted.push(`the directory ${SECRETS}: only an encrypted backup contains it`);
    omitted.push(...[...stack.services.values()].flatMap((service) => service.type.elsewhere?.(service)?.what ?? []));
    const manifest: StackManifest = {
      ...MANIFEST_HEAD,
      tool: options.tool,
      startedAt,
      endedAt: new Date().toISOString(),
      stack: stack.name,
      encrypted: encrypt !== undefined,
      services: [...groups.keys()].map(({ name, image }) => ({ name, image })),
      files: files.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
      omitted,
    };
    await writeFile(join(temporary, MANIFEST), manifestText(manifest), { mode: 0o600 });
    signal.throwIfAborted();
    mustBeFree(target);
    await rename(temporary, target);
    const running = [...containers.values()].filter(({ status }) => status === "running").map(({ name }) => name);
    await waitUntilHealthy(stack, new Set(running), options);
    return manifest;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** `running`: the containers that ran before. */
async function waitUntilHealthy(stack: Stack, running: ReadonlySet<string>, options: BackupOptions): Promise<void> {
  const client = await hostClient(stack, options);
  const services = new Map([...stack.services].filter(([, { container }]) => running.has(container)));
  const failing = await waitForHealth({ ...stack, services }, { ...options, secrets: [], client });
  if (failing.length === 0) return;
  const titles = failing.map(({ title }) => title).join(", ");
  throw new ProvisionError(`The backup is complete, but these services are not healthy: ${titles}`, {
    exitCode: EXIT.failure,
    code: "stack-not-healthy",
    hint: `Run \`${commandLine("stack:status")}\` to check them again.`,
  });
}

function mustBeFree(target: string): void {
  if (!existsSync(target)) return;
  throw new UsageError(`${target} exists. Nothing was written`, "Pass another directory.", "backup-exists");
}

/** Their containers. Throws exit 1 if one doesn't exist: its volume can't be copied. */
async function startedContainers(
  volumes: readonly DataVolume[],
  engine: Engine,
): Promise<ReadonlyMap<string, Container>> {
  const names = [...new Set(volumes.map(({ service }) => service.container))];
  const containers = names.length === 0 ? new Map<string, Container>() : await containersNamed(engine, names);
  const missing = names.filter((name) => !containers.has(name));
  if (missing.length === 0) return containers;
  throw new ProvisionError(`These containers of the stack do not exist: ${missing.join(", ")}. Nothing was written`, {
    exitCode: EXIT.failure,
    code: "stack-not-started",
    hint: `Start the stack with \`${commandLine("stack:up")}\`.`,
  });
}

interface ToCopy {
  readonly service: Service;
  readonly own: readonly DataVolume[];
  readonly container: Container;
}

async function copyService(
  stack: Stack,
  { service, own, container }: ToCopy,
  directory: string,
  options: BackupOptions,
): Promise<StoredFile[]> {
  const { engine, emit } = options;
  // A container that restarts would run again during the copy.
  const isRunning = ["running", "restarting"].includes(container.status);
  if (container.status === "paused")
    throw new ProvisionError(`The container ${container.name} is paused, so its data can't be copied`, {
      exitCode: EXIT.failure,
      code: "stack-backup-failed",
      hint: `Run \`${engine.cli} unpause ${container.name}\` first.`,
    });
  if (isRunning && canSnapshot(service)) return snapshotFiles(stack, { service, own, container }, directory, options);
  if (isRunning) {
    emit(`Stopping ${service.type.title}`);
    const stopped = await runCli(engine, ["stop", "-t", STOP_TIMEOUT, container.name], { timeout: 120_000 });
    if (stopped.code !== 0)
      throw failed("stack-backup-failed", `could not stop ${container.name}`, engine, stopped.stderr);
  }
  try {
    emit(`Copying the data of ${service.type.title}`);
    const files: StoredFile[] = [];
    for (const { volume, target } of own)
      files.push(await volumeFile({ service, volume, path: target, method: "stopped" }, directory, options));
    return files;
  } finally {
    if (isRunning) await start(service, options);
  }
}

/** Also after an abort. */
async function start({ container, type }: Service, { engine, emit }: BackupOptions): Promise<void> {
  emit(`Starting ${type.title}`);
  const started = await runCli(engine, ["start", container], { timeout: 120_000 });
  if (started.code === 0) return;
  throw new ProvisionError(`${engine.cli} could not start ${container} again: ${errorTail(started)}`, {
    exitCode: EXIT.failure,
    code: "stack-start-failed",
    hint: `Run \`${commandLine("stack:up")}\` to start it.`,
  });
}

async function snapshotFiles(
  stack: Stack,
  { service, own, container }: ToCopy,
  directory: string,
  options: BackupOptions,
): Promise<StoredFile[]> {
  const [data] = own;
  if (!data) return [];
  options.emit(`Copying a snapshot of ${service.type.title}`);
  const path = `${data.target}/snapshots/${await takeSnapshot(stack, options)}`;
  try {
    return [await volumeFile({ service, volume: data.volume, path, method: "snapshot" }, directory, options)];
  } finally {
    await removeSnapshot(options.engine, container.name, path);
  }
}

async function volumeFile(
  {
    service,
    volume,
    path,
    method,
  }: {
    readonly service: Service;
    readonly volume: string;
    readonly path: string;
    readonly method: NonNullable<StoredFile["method"]>;
  },
  directory: string,
  { engine, encrypt, signal }: BackupOptions,
): Promise<StoredFile> {
  const file = `volumes/${volume}.tar.gz${encrypt ? ".age" : ""}`;
  await mkdir(join(directory, "volumes"), { mode: 0o700, recursive: true });
  const from = { container: service.container, path };
  const stored = await copyOut(from, join(directory, file), { engine, convert: encrypt, signal });
  return { file, content: "volume", service: service.name, volume, method, ...stored };
}

/** Writes and lists the content of Grafana. Returns why there is none. */
async function grafanaFiles(
  directory: string,
  { grafana, encrypt, emit }: BackupOptions,
  files: StoredFile[],
): Promise<string | undefined> {
  emit("Reading the content of Grafana");
  const at = join(directory, "grafana");
  const missing = await grafana(at);
  if (!existsSync(at)) return missing ?? "it was not written";
  const entries = await readdir(at, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.push(await grafanaFile(directory, path, encrypt));
  }
  return missing;
}

async function grafanaFile(directory: string, path: string, encrypt: Convert | undefined): Promise<StoredFile> {
  const named = (file: string) => relative(directory, file).split(sep).join("/");
  if (encrypt) {
    const stored = await store(createReadStream(path), `${path}.age`, encrypt);
    await rm(path);
    return { file: named(`${path}.age`), content: "grafana", ...stored };
  }
  const { size } = await stat(path);
  return { file: named(path), content: "grafana", bytes: size, sha256: (await checksumOf(path)) ?? "" };
}

/** The stack's secrets, without which its data can't be used on another machine. */
async function secretFiles(directory: string, { out, encrypt }: BackupOptions): Promise<StoredFile[]> {
  const from = resolve(out, SECRETS);
  if (!existsSync(from)) return [];
  await mkdir(join(directory, SECRETS), { mode: 0o700 });
  const files: StoredFile[] = [];
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = `${SECRETS}/${entry.name}.age`;
    const stored = await store(createReadStream(join(from, entry.name)), join(directory, file), encrypt);
    files.push({ file, content: "secret", ...stored });
  }
  return files;
}
