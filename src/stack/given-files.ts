import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf } from "../util/errors.ts";
import { contextOf } from "./context.ts";
import type { Stack } from "./definition.ts";
import { invalidStack } from "./invalid.ts";
import type { SecretFile } from "./service.ts";

/** The files with secrets that the definition names. */
function givenFiles(stack: Stack): SecretFile[] {
  const context = contextOf(stack);
  const all = [...stack.services.values()].flatMap(({ type, ...service }) =>
    (type.parts({ type, ...service }, context).secrets ?? []).filter((secret) => typeof secret !== "string"),
  );
  return [...new Map(all.map((file) => [file.name, file])).values()];
}

/** Throws exit 65 if a file with a secret does not exist, or if the users of the containers can't read it. */
export async function checkSecretFiles(stack: Stack, directory: string): Promise<void> {
  const faults = await Promise.all(givenFiles(stack).map((file) => faultOf(file, directory)));
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length > 0) throw invalidStack(found);
}

async function faultOf({ name, path }: SecretFile, directory: string) {
  const file = resolve(directory, path);
  const code = "stack-secret-file-unusable" as const;
  try {
    const found = await stat(file);
    if (!found.isFile()) return { code, path: name, message: `${file} is not a file`, hint: "Set the path of a file." };
    // Containers run as different users, which are neither its owner nor in its group.
    if (process.platform === "win32" || (found.mode & 0o004) !== 0) return undefined;
    const message = `${file} is readable only by its owner, but the container runs as a different user`;
    const hint = `Make its directory accessible only to you (chmod 700), and the file readable: chmod 644 ${file}`;
    return { code, path: name, message, hint };
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return { code, path: name, message: `${file} does not exist`, hint: "Create it, or correct its path." };
  }
}
