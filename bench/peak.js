import { writeSync } from "node:fs";

// Is loaded into each measured process and reports its peak resident memory in KiB on file descriptor 3. JavaScript, since stripping types takes memory.
process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));
