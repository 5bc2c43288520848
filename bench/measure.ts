import { spawn } from "node:child_process";
import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";

/** Time and memory of one run of a command. */
export interface Run {
  readonly seconds: number;
  /** Peak resident memory. */
  readonly mebibytes: number;
  readonly code: number | null;
  readonly output: string;
}

const PEAK = new URL("peak.js", import.meta.url).href;

/** Runs Node with these arguments until it exits. */
export async function runNode(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Run> {
  const start = performance.now();
  const child = spawn(process.execPath, [`--import=${PEAK}`, ...args], {
    ...(options.cwd ? { cwd: options.cwd } : {}),
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let [output, peak] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stdio[3]?.on("data", (chunk: Buffer) => (peak += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { seconds: (performance.now() - start) / 1000, mebibytes: Number(peak) / 1024, code, output };
}

/** The time of a bare process start, without measuring memory. */
export async function wall(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  await new Promise((resolve) => child.on("close", resolve));
  return (performance.now() - start) / 1000;
}

/** Imports all files of its arguments and builds what they export by default, with Node's compile cache, as the command does. */
const IMPORT_ALL = `
  import module from "node:module";
  import { pathToFileURL } from "node:url";
  module.enableCompileCache();
  for (const file of process.argv.slice(1)) (await import(pathToFileURL(file).href)).default.build();
`;

/** Seconds of a bare process that imports these `.ts` files, whose default exports are builders. */
export async function importTime(files: readonly string[], cwd: string): Promise<number> {
  const { seconds, code, output } = await runNode(["--input-type=module", "-e", IMPORT_ALL, ...files], { cwd });
  if (code !== 0) throw new Error(`importing the files exited ${code}:\n${output.slice(-2000)}`);
  return seconds;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Counts the requests that `use` sends to `url` through a proxy. `latency`: milliseconds that it adds to each request. */
export async function countRequests(url: string, use: (proxy: string) => Promise<void>, latency = 0): Promise<number> {
  let count = 0;
  const target = new URL(url);
  const server = createServer((incoming, outgoing) => {
    count++;
    const { method, headers, url: path } = incoming;
    const onward = send({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    setTimeout(() => incoming.pipe(onward), latency);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return count;
}
