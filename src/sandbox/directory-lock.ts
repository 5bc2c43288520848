import { join } from "node:path";
import { lock } from "proper-lockfile";
import { SandboxBusyError } from "./errors.ts";

/** Milliseconds until the lock of a killed process expires. A start waits for that. */
const stale = 5000;
const retryEvery = 200;
const retries = 40;

export interface DirectoryLock {
  /** False after another process took over the directory because this one did not respond. */
  held(): boolean;
  release(): Promise<void>;
}

/** Locks the data directory for this process. Waits until the lock of a killed process expires. */
export async function lockDirectory(dataDirectory: string): Promise<DirectoryLock> {
  let held = true;
  try {
    const release = await lock(dataDirectory, {
      lockfilePath: join(dataDirectory, "sandbox.lock"),
      stale,
      update: 1000,
      retries: { retries, factor: 1, minTimeout: retryEvery, maxTimeout: retryEvery },
      onCompromised: () => {
        held = false;
      },
    });
    return {
      held: () => held,
      release: async () => {
        if (held) await release();
        held = false;
      },
    };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ELOCKED") {
      throw new SandboxBusyError(dataDirectory);
    }
    throw error;
  }
}
