import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { hash } from "../util/json.ts";

/** A process, as its locks and temporary folders name it. */
export interface ProcessIdentity {
  /** Where `pid` means one process; empty if that is unknown. */
  readonly place: string;
  readonly pid: number;
  /** When it started, in the clock of its machine: another process can get the same pid later. Absent where that is unknown. */
  readonly started?: string;
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  const started = statOf(process.pid)?.started;
  return { place: placeOfProcess(), pid: process.pid, ...(started === undefined ? {} : { started }) };
}

/** Whether a process still runs; `unknown` for processes of other machines, and where this machine can't tell. */
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
 * Where a pid means one process: one boot of a machine, and on Linux one namespace of pids, since two containers may have
 * the same host name. Empty if that is unknown.
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

/** Reads `/proc/PID/stat`; undefined where there is none. */
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
