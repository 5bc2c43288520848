import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { codeOf } from "../errors.ts";

/** How the Grafana of a stack is reached. The password is where `passwordFile` says, relative to `.grafana-provision`. */
export interface GrafanaAccess {
  readonly url: string;
  readonly user: string;
  readonly passwordFile: string;
}

const AccessFile = z.object({
  version: z.literal(1),
  grafana: z.object({
    url: z.url({ protocol: /^https?$/ }),
    user: z.string().min(1),
    passwordFile: z.string().min(1),
  }),
});

/** What `stack:up` leaves for `--env stack`, below the folder of the definition. */
export function accessFile(directory: string): string {
  return join(directory, ".grafana-provision", "stack.json");
}

export async function writeAccess(directory: string, grafana: GrafanaAccess): Promise<void> {
  const file = accessFile(directory);
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(file, `${JSON.stringify({ version: 1, grafana }, undefined, 2)}\n`);
}

export async function removeAccess(directory: string): Promise<void> {
  await rm(accessFile(directory), { force: true });
}

/** What `stack:up` left; undefined where it left nothing. Throws where that can't be read. */
export async function readAccess(directory: string): Promise<GrafanaAccess | undefined> {
  try {
    return AccessFile.parse(JSON.parse(await readFile(accessFile(directory), "utf8"))).grafana;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
