import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { hash } from "../util/json.ts";

/** Whether it was a process of this machine that is no more. */
export function isGone({ place, pid }: { readonly place: string; readonly pid: number }): boolean {
  if (place === "" || place !== placeOfProcess()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/**
 * Where a process number means one process: a machine since its start, and on Linux a namespace of numbers, since two
 * containers may share the name of a host. Empty where that can't be told.
 */
export function placeOfProcess(): string {
  if (process.platform !== "linux") return hostname();
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return hash([hostname(), boot, readlinkSync("/proc/self/ns/pid")]).slice(0, 16);
  } catch {
    return "";
  }
}
