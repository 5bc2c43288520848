import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { EXIT, ProvisionError } from "./errors.ts";

const AccessFile = z.object({
  version: z.literal(1),
  grafana: z.object({
    url: z.url({ protocol: /^https?$/ }),
    user: z.string().min(1),
    passwordFile: z.string().min(1),
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
  try {
    const { url, user, passwordFile } = AccessFile.parse(JSON.parse(readFileSync(file, "utf8"))).grafana;
    return { url, user, password: readFileSync(join(dirname(file), passwordFile), "utf8").trim() };
  } catch (error) {
    throw new ProvisionError(`${file} does not say how the stack's Grafana is reached`, {
      exitCode: EXIT.failure,
      hint: "`stack:up` writes it anew.",
      cause: error,
    });
  }
}
