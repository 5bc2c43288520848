// A sandbox in a process of its own, for tests that kill it.
import { startSandbox } from "../../src/sandbox/server.ts";

const { url } = await startSandbox({ dataDirectory: process.argv[2] ?? "" });
process.send?.(url);
