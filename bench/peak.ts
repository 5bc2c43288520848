import { writeSync } from "node:fs";

// Loaded into each measured process. Writes its peak resident memory in KiB to file descriptor 3.
process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));
