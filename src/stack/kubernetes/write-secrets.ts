import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { codeOf } from "../../util/errors.ts";
import { ensureCredentials } from "../credentials.ts";
import type { Stack } from "../definition.ts";
import { invalidStack } from "../invalid.ts";
import { checkVariables } from "../preflight.ts";
import { builtServices } from "../render.ts";
import { writeSecret } from "../secret-files.ts";
import { BASE } from "./index.ts";
import { givenSecrets } from "./secrets.ts";

/** Files in the directory of the secrets, by name. */
type SecretTexts = ReadonlyMap<string, string>;

/**
 * Reads the secrets that are not the stack's own: files of the definition and values of variables. They are copied, because Kustomize
 * reads only files next to its own. Throws exit 65 if one of them does not exist.
 */
export async function readGivenSecrets(
  stack: Stack,
  directory: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<SecretTexts> {
  checkVariables(stack, variables);
  const given = givenSecrets(stack, builtServices(stack, "kubernetes"));
  const texts = await Promise.all(
    given.map(async ({ file, path, variable }): Promise<[string, string][]> => {
      if (variable !== undefined) return [[file, variables[variable] ?? ""]];
      return path === undefined ? [] : [[file, await textOf(resolve(directory, path), file)]];
    }),
  );
  return new Map(texts.flat());
}

/** Writes the files that Kustomize reads secrets from, and generates those of the stack that are missing. */
export async function writeKubernetesSecrets(stack: Stack, out: string, given: SecretTexts): Promise<void> {
  const base = join(out, BASE);
  await ensureCredentials(stack, base, "kubernetes");
  for (const [file, text] of given) await writeSecret(base, file, text);
}

async function textOf(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOENT" && code !== "EISDIR" && code !== "EACCES") throw error;
    const message = `${path} ${{ ENOENT: "does not exist", EISDIR: "is a directory", EACCES: "is not readable" }[code]}`;
    throw invalidStack([
      { code: "stack-secret-file-unusable", path: name, message, hint: "Create it, or correct its path." },
    ]);
  }
}
