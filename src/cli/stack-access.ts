import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import { z } from "zod";
import { commandLine } from "../util/command-line.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { issuesOf, PARSING, pathText } from "../util/schema-issues.ts";
import { makeDirectory } from "../util/make-directory.ts";
import { writeFileAtomic } from "../util/write-file-atomic.ts";

function isInside(path: string): boolean {
  const normal = normalize(path);
  return path !== "" && !isAbsolute(path) && normal !== ".." && !normal.startsWith(`..${sep}`);
}

const AccessFile = z.object({
  version: z.literal(1),
  grafana: z.object({
    url: z.url({ protocol: /^https?$/ }),
    user: z.string().min(1),
    // So that no other file on this machine can be sent as the password.
    passwordFile: z.string().refine(isInside, "must be inside .grafana-provision"),
  }),
});

/** How to reach the Grafana of a stack. `passwordFile` is relative to `.grafana-provision`. */
type GrafanaAccess = z.output<typeof AccessFile>["grafana"];

/** How to reach the Grafana of a stack, with its password. */
export interface StackAccess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** The file that `stack:up` writes for `--env stack`. `directory` contains the configuration or the stack definition. */
function accessFile(directory: string): string {
  return join(directory, ".grafana-provision", "stack.json");
}

export async function writeStackAccess(directory: string, grafana: GrafanaAccess): Promise<void> {
  const file = accessFile(directory);
  await makeDirectory(dirname(file));
  await writeFileAtomic(file, `${JSON.stringify({ version: 1, grafana }, undefined, 2)}\n`);
}

export async function removeStackAccess(directory: string): Promise<void> {
  await rm(accessFile(directory), { force: true });
}

/** Reads the file that `stack:up` wrote; undefined if there is none. Throws (exit 1) if it is unusable. */
export function readStackAccess(directory: string): StackAccess | undefined {
  const file = accessFile(directory);
  if (!existsSync(file)) return undefined;
  const { url, user, passwordFile } = accessIn(file);
  const secret = join(dirname(file), passwordFile);
  const password = existsSync(secret) ? readFileSync(secret, "utf8").trim() : "";
  if (password === "")
    throw unusable(`${secret} must contain the password of the stack's Grafana, but it is missing or empty`);
  return { url, user, password };
}

function accessIn(file: string): GrafanaAccess {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unusable(`${file} is not valid JSON`);
  }
  const parsed = AccessFile.safeParse(content, PARSING);
  if (parsed.success) return parsed.data.grafana;
  const faults = issuesOf(parsed.error.issues).map(({ path, message }) => `${pathText(path)} ${message}`);
  throw unusable(`${file} is invalid: ${faults.join("; ")}`);
}

function unusable(message: string): ProvisionError {
  return new ProvisionError(message, {
    code: "stack-access-invalid",
    exitCode: EXIT.failure,
    hint: `Run \`${commandLine("stack:up")}\` to write it again.`,
  });
}
