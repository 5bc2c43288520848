import { readFileSync, writeSync } from "node:fs";

// Is loaded into each measured process and reports its peak resident memory in KiB on file descriptor 3. JavaScript, since stripping types takes memory.
process.on("exit", () => writeSync(3, String(peak())));

// On Linux, the peak in `resourceUsage` includes that of the parent process, which bundles the package.
function peak() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
