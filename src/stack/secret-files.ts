import { randomBytes } from "node:crypto";
import { chmod, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, EXIT, ProvisionError } from "../util/errors.ts";
import { makeDirectory } from "../util/make-directory.ts";
import { SECRETS } from "./compose.ts";

/** The path of a secret of a stack. */
export function secretFile(out: string, name: string): string {
  return join(out, SECRETS, name);
}

/** Reads a secret of a stack; undefined if it does not exist. */
export async function readSecret(out: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(secretFile(out, name), "utf8")).trim();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** When a secret of a stack was changed, in milliseconds since 1970; undefined if it does not exist. */
export async function secretChangedAt(out: string, name: string): Promise<number | undefined> {
  try {
    return (await stat(secretFile(out, name))).mtimeMs;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Records that a secret has changed now: the file of a user can have an older time. */
export async function markChanged(out: string, name: string): Promise<void> {
  const now = new Date();
  await utimes(secretFile(out, name), now, now);
}

/**
 * Generates a secret unless the file exists. The file is readable by everyone, because the container runs as a different
 * user; its directory is accessible only to the current user.
 */
export async function ensureSecret(out: string, name: string): Promise<string> {
  await secretDirectory(out);
  const file = secretFile(out, name);
  try {
    await writeFile(file, randomBytes(18).toString("base64url"), { flag: "wx", mode: 0o644 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  await chmod(file, 0o644);
  const value = (await readSecret(out, name)) ?? "";
  if (value === "") {
    throw new ProvisionError(`${file} is empty`, {
      exitCode: EXIT.failure,
      code: "stack-secret-empty",
      hint: "Write the secret to the file, or remove the file to generate a new secret.",
    });
  }
  return value;
}

/** Writes a secret with the same modes, if its content differs. */
export async function writeSecret(out: string, name: string, text: string): Promise<void> {
  await secretDirectory(out);
  const file = secretFile(out, name);
  const before = await readSecret(out, name);
  // In place: containers that have mounted the file would keep the former one.
  if (before !== text.trim()) await writeFile(file, text, { mode: 0o644 });
  await chmod(file, 0o644);
}

/** Creates the directory of the secrets, which is accessible only to the current user. */
export async function secretDirectory(out: string): Promise<void> {
  const directory = join(out, SECRETS);
  await makeDirectory(directory);
  await chmod(directory, 0o700);
}
