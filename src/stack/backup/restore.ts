import { createReadStream, existsSync } from "node:fs";
import { chmod, copyFile, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { EXIT, ProvisionError, UsageError } from "../../util/errors.ts";
import type { Stack } from "../definition.ts";
import { runCli, runCompose } from "../engine.ts";
import { projectOf } from "../render.ts";
import { secretDirectory, secretFile } from "../secret-files.ts";
import { prepareStack, startStack, type StartOptions, type Started } from "../up.ts";
import type { Convert } from "./age.ts";
import { checksumOf, copyIn, failed, store } from "./copy.ts";
import { changed, MANIFEST, parseManifest, type StackManifest, type StoredFile } from "./manifest.ts";
import { dataVolumes, usersOf, type DataVolume } from "./volumes.ts";

/** A backup whose files have their checksums, and what a restore does with it. */
export interface RestorePlan {
  /** The directory of the backup. */
  readonly from: string;
  readonly manifest: StackManifest;
  readonly volumes: readonly (DataVolume & { readonly file: StoredFile })[];
  /** Services with another image than in the backup. */
  readonly otherImages: readonly { readonly title: string; readonly was: string; readonly is: string }[];
  /** Volumes of the backup that the definition lacks. */
  readonly unknown: readonly string[];
  /** Volumes of the definition that the backup lacks. */
  readonly kept: readonly string[];
}

/** Reads a backup and checks all of its files. Throws exit 1 if one is missing or was changed. */
export async function planRestore(stack: Stack, from: string): Promise<RestorePlan> {
  const manifest = parseManifest(await manifestIn(from), join(from, MANIFEST));
  const wrong: string[] = [];
  for (const { file, sha256 } of manifest.files) {
    const path = join(from, ...file.split("/"));
    if ((await checksumOf(path)) !== sha256) wrong.push(path);
  }
  if (wrong.length > 0) throw changed(wrong);
  const files = new Map(manifest.files.flatMap((file) => (file.volume === undefined ? [] : [[file.volume, file]])));
  const own = dataVolumes(stack);
  const known = new Set(own.map(({ volume }) => volume));
  const volumes = own.flatMap((one) => {
    const file = files.get(one.volume);
    return file ? [{ ...one, file }] : [];
  });
  const images = new Map(manifest.services.map(({ name, image }) => [name, image]));
  return {
    from,
    manifest,
    volumes,
    otherImages: [...new Set(volumes.map(({ service }) => service))].flatMap(({ name, image, type: { title } }) => {
      const was = images.get(name) ?? "";
      return was === image ? [] : [{ title, was, is: image }];
    }),
    unknown: [...files.keys()].filter((volume) => !known.has(volume)),
    kept: [...known].filter((volume) => !files.has(volume)),
  };
}

async function manifestIn(from: string): Promise<string> {
  const file = join(from, MANIFEST);
  if (existsSync(file)) return readFile(file, "utf8");
  throw new UsageError(
    `${from} is not a backup: it has no ${MANIFEST}`,
    "Pass a directory that `stack:backup` wrote. An interrupted backup has no manifest.",
    "backup-missing",
  );
}

/** Throws exit 64 if the files are encrypted and there is no key, or another one. */
export async function checkKey({ from, manifest }: RestorePlan, decrypt: Convert | undefined): Promise<void> {
  if (!manifest.encrypted) return;
  if (decrypt === undefined)
    throw new UsageError(
      "The backup is encrypted. Nothing was restored",
      "Pass --identity with the file of a private key.",
      "backup-key-missing",
    );
  const [file] = manifest.files;
  if (!file) return;
  const source = createReadStream(join(from, ...file.file.split("/")));
  (await decrypt(source)).destroy();
  source.destroy();
}

/**
 * Replaces the volumes of a stack with those of a backup, and starts the stack. Secrets of the backup are written only if the
 * stack lacks them. Throws a `ProvisionError`, before anything is removed if the stack can't start.
 */
export async function restoreStack(
  stack: Stack,
  plan: RestorePlan,
  options: StartOptions & { readonly decrypt: Convert | undefined },
): Promise<Started> {
  const { out, engine, decrypt, variables, emit = () => {}, signal } = options;
  const project = { directory: out, name: projectOf(stack) };
  await restoreSecrets(plan, out, decrypt);
  await prepareStack(stack, options);
  signal?.throwIfAborted();

  const names = new Set(plan.volumes.map(({ volume }) => volume));
  const services = usersOf(stack, names);
  emit("Removing the containers and the volumes");
  const containers = services.map(({ container }) => container);
  const remove = () => runCli(engine, ["rm", "--force", ...containers], { timeout: 300_000 });
  await remove();
  for (const name of names) await removeVolume(`${project.name}_${name}`, options);

  emit("Creating containers with new volumes");
  const created = await runCompose(engine, project, ["up", "--no-start", ...services.map(({ name }) => name)], {
    env: variables,
    onLine: (line) => emit(line),
    ...(signal ? { signal } : {}),
  });
  if (created.code !== 0) throw failed("stack-restore-failed", "could not create containers", engine, created.stderr);
  for (const { service, volume, target, file } of plan.volumes) {
    emit(`Restoring ${volume}`);
    const path = join(plan.from, ...file.file.split("/"));
    await copyIn(path, { container: service.container, path: target }, { engine, convert: decrypt, signal });
  }
  // Podman has bound the ports of containers to which it has copied files, without starting them.
  await remove();
  const { warn: _warn, ...again } = options;
  return startStack(stack, again);
}

async function removeVolume(name: string, { engine }: StartOptions): Promise<void> {
  const { code, stderr } = await runCli(engine, ["volume", "rm", name]);
  if (code === 0) return;
  const exists = (await runCli(engine, ["volume", "inspect", name])).code === 0;
  if (!exists) return;
  throw new ProvisionError(`Could not delete the volume ${name}: ${stderr.trim().split("\n").at(-1) ?? ""}`, {
    exitCode: EXIT.failure,
    code: "stack-volume-in-use",
    hint: "Other containers use it. Remove those containers, and restore again.",
  });
}

/** Writes the secrets that the stack lacks. Those that it has can be newer. */
async function restoreSecrets(
  { from, manifest }: RestorePlan,
  out: string,
  decrypt: Convert | undefined,
): Promise<void> {
  const files = manifest.files.filter(({ content }) => content === "secret");
  if (files.length > 0) await secretDirectory(out);
  for (const { file } of files) {
    const source = join(from, ...file.split("/"));
    const name = basename(file).replace(/\.age$/, "");
    const target = secretFile(out, name);
    if (existsSync(target)) continue;
    if (decrypt) await store(createReadStream(source), target, decrypt);
    else await copyFile(source, target);
    // Containers run as other users; the directory is accessible only to the current user.
    await chmod(target, 0o644);
  }
}
