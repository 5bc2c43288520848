import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { codeOf, EXIT, ProvisionError } from "../../util/errors.ts";
import type { Engine } from "../engine.ts";
import { streamCommand } from "../stream-command.ts";
import type { Convert } from "./age.ts";
import type { StoredFile } from "./manifest.ts";

interface CopyOptions {
  readonly engine: Engine;
  /** Encrypts or decrypts. */
  readonly convert?: Convert | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The size and the checksum of a stored file. */
type Stored = Pick<StoredFile, "bytes" | "sha256">;

/** Copies a directory of a container to a file: a compressed tar archive, or an encrypted one. The container need not run. */
export async function copyOut(
  { container, path }: { readonly container: string; readonly path: string },
  file: string,
  { engine, convert, signal }: CopyOptions,
): Promise<Stored> {
  // A dot: the content of the directory, and not the directory itself.
  const command = streamCommand([engine.cli, "cp", `${container}:${path}/.`, "-"], {
    env: engine.env,
    ...(signal ? { signal } : {}),
  });
  command.stdin.end();
  const what = `could not copy ${path} of ${container}`;
  const stored = await store(command.stdout.pipe(createGzip({ level: 1 })), file, convert).catch((error: unknown) => {
    // Otherwise the command waits until its output is read.
    command.stdout.destroy();
    return failure(error);
  });
  const { code, stderr } = await command.ended;
  signal?.throwIfAborted();
  if (typeof stored === "string") throw failed("stack-backup-failed", what, engine, stored);
  if (code !== 0) throw failed("stack-backup-failed", what, engine, stderr);
  return stored;
}

/** The message of a failed stream, such as one to a full disk. */
function failure(error: unknown): string {
  if (error instanceof Error && codeOf(error) !== undefined) return error.message;
  throw error;
}

/** Writes a file that must not exist, encrypted if `convert` is given. Only its owner can read it. */
export async function store(source: Readable, file: string, convert: Convert | undefined): Promise<Stored> {
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      bytes += chunk.length;
      next(undefined, chunk);
    },
  });
  const encrypted = convert === undefined ? source : await convert(source);
  await pipeline(encrypted, counted, createWriteStream(file, { flags: "wx", mode: 0o600 }));
  return { bytes, sha256: hash.digest("hex") };
}

/** Copies a file that `copyOut` wrote to a directory of a container that does not run. */
export async function copyIn(
  file: string,
  { container, path }: { readonly container: string; readonly path: string },
  { engine, convert, signal }: CopyOptions,
): Promise<void> {
  // Without `--archive=false`, Podman replaces the owners in the archive.
  const command = streamCommand([engine.cli, "cp", "--archive=false", "-", `${container}:${path}`], {
    env: engine.env,
    ...(signal ? { signal } : {}),
  });
  command.stdout.resume();
  const source = createReadStream(file);
  const plain = convert === undefined ? source : await convert(source);
  const problem = await pipeline(plain, createGunzip(), command.stdin).then(() => undefined, failure);
  const { code, stderr } = await command.ended;
  signal?.throwIfAborted();
  // A command that fails closes its input, and says why.
  const why = code === 0 ? problem : stderr.trim() || problem;
  if (why !== undefined) throw failed("stack-restore-failed", `could not copy to ${path} of ${container}`, engine, why);
}

/** The error for a command of the engine that failed. */
export function failed(
  code: "stack-backup-failed" | "stack-restore-failed",
  what: string,
  { cli }: Pick<Engine, "cli">,
  stderr: string,
): ProvisionError {
  const line = stderr.trim().split("\n").at(-1)?.trim() ?? "";
  const hint =
    code === "stack-backup-failed"
      ? "No backup was written. Check the message of the engine and the free disk space."
      : "The restore is incomplete, and the stack is not started. Solve the problem and restore again.";
  return new ProvisionError(`${cli} ${what}: ${line || "no error output"}`, { exitCode: EXIT.failure, code, hint });
}

/** The checksum of a file; undefined if it does not exist. */
export async function checksumOf(file: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return hash.digest("hex");
}
