import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { hash } from "../util/json.ts";

/** Identifies a process in locks and temporary folders. */
export interface ProcessIdentity {
  /** The machine or container in which `pid` is unique; empty if it is unknown. */
  readonly place: string;
  readonly pid: number;
  /** When it started, by the clock of its machine, because a pid can be reused. Absent if it is unknown. */
  readonly started?: string;
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  const started = statOf(process.pid)?.started;
  return { place: placeOfProcess(), pid: process.pid, ...(started === undefined ? {} : { started }) };
}

/** Whether a process is running; `unknown` for processes of other machines, or if it can't be determined. */
export function processState({ place, pid, started }: ProcessIdentity): "running" | "ended" | "unknown" {
  if (place === "" || place !== placeOfProcess()) return "unknown";
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return "ended";
  }
  const stat = statOf(pid);
  if (stat === undefined) return "unknown";
  if (stat.isZombie) return "ended";
  if (started === undefined) return "unknown";
  return stat.started === started ? "running" : "ended";
}

/**
 * Where a pid is unique: one boot of a machine and, on Linux, one pid namespace, because two containers can have the same
 * host name. Empty if it is unknown.
 */
function placeOfProcess(): string {
  if (process.platform !== "linux") return hostname();
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return hash([hostname(), boot, readlinkSync("/proc/self/ns/pid")]).slice(0, 16);
  } catch {
    return "";
  }
}

/** Reads `/proc/PID/stat`; undefined if it does not exist. */
function statOf(pid: number): { readonly isZombie: boolean; readonly started: string | undefined } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses, which can contain spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { isZombie: fields[0] === "Z" || fields[0] === "X", started: fields[19] };
  } catch {
    return undefined;
  }
}
