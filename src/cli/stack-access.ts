import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import { z } from "zod";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { issuesOf, PARSING, pathText } from "../util/schema-issues.ts";
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
    // Nothing else of this machine is sent as a password.
    passwordFile: z.string().refine(isInside, "is outside of .grafana-provision"),
  }),
});

/** How the Grafana of a stack is reached. `passwordFile` is relative to `.grafana-provision`. */
type GrafanaPlace = z.output<typeof AccessFile>["grafana"];

/** The same, with the password read. */
export interface StackAccess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** What `stack:up` leaves for `--env stack`. `directory` is the one of the configuration, and of the stack's definition. */
function accessFile(directory: string): string {
  return join(directory, ".grafana-provision", "stack.json");
}

export async function writeStackAccess(directory: string, grafana: GrafanaPlace): Promise<void> {
  const file = accessFile(directory);
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(file, `${JSON.stringify({ version: 1, grafana }, undefined, 2)}\n`);
}

export async function removeStackAccess(directory: string): Promise<void> {
  await rm(accessFile(directory), { force: true });
}

/** Reads what `stack:up` left; undefined where it left nothing. Throws exit 1 where that can't be used. */
export function readStackAccess(directory: string): StackAccess | undefined {
  const file = accessFile(directory);
  if (!existsSync(file)) return undefined;
  const { url, user, passwordFile } = placeIn(file);
  const secret = join(dirname(file), passwordFile);
  const password = existsSync(secret) ? readFileSync(secret, "utf8").trim() : "";
  if (password === "") throw unusable(`The password of the stack's Grafana is not in ${secret}`);
  return { url, user, password };
}

function placeIn(file: string): GrafanaPlace {
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
  throw unusable(`${file} does not say how the stack's Grafana is reached: ${faults.join("; ")}`);
}

function unusable(message: string): ProvisionError {
  return new ProvisionError(message, { exitCode: EXIT.failure, hint: "Run npm run stack:up to write it again." });
}
