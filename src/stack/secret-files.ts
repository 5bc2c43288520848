import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, EXIT, ProvisionError } from "../util/errors.ts";
import { SECRETS } from "./compose.ts";

/** Where a secret of a stack is. */
export function secretFile(folder: string, name: string): string {
  return join(folder, SECRETS, name);
}

/** Reads a secret of a stack that was started. */
export async function readSecret(folder: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(secretFile(folder, name), "utf8")).trim();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Makes a secret, unless there is one: a file that somebody put there is taken as it is. The container's user is another
 * than yours, so the file itself may be read by all, and its folder be entered by you alone.
 */
export async function ensureSecret(folder: string, name: string): Promise<string> {
  const directory = join(folder, SECRETS);
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  const file = secretFile(folder, name);
  try {
    await writeFile(file, randomBytes(18).toString("base64url"), { flag: "wx", mode: 0o644 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  await chmod(file, 0o644);
  const value = (await readSecret(folder, name)) ?? "";
  if (value === "") {
    throw new ProvisionError(`${file} is empty`, {
      exitCode: EXIT.failure,
      hint: "Write the secret into it, or remove it: a new one is made.",
    });
  }
  return value;
}
