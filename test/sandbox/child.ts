// A sandbox in a separate process, for tests that kill it.
import { modes } from "../../src/sandbox/mode.ts";
import { startSandbox } from "../../src/sandbox/server.ts";

const [, , dataDirectory = "", named] = process.argv;
const mode = modes.find((one) => one === named) ?? "unified";
const { url } = await startSandbox({ dataDirectory, mode });
process.send?.(url);
