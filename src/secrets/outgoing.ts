import { styleText } from "node:util";
import { printable } from "../util/printable.ts";
import { createRedactor } from "./redact.ts";

/** Redacts credentials and the secrets that the code names in all output of this process. */
export const outgoing = createRedactor();

type Write = (...args: unknown[]) => boolean;

/** The original functions of the guarded streams. */
const writes = new WeakMap<NodeJS.WritableStream, Write>();

/**
 * Redacts all text on standard output and standard error, and removes control characters and commands to CI systems. Most
 * messages are redacted and cleaned when they are created; this covers all other text, such as an error that a configuration
 * throws.
 */
export function guardOutput(streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr]): void {
  for (const stream of streams) {
    const write = stream.write.bind(stream) as Write;
    const screen = { styles: styleText("bold", "-", { stream }) !== "-", cursor: stream.isTTY };
    writes.set(stream, write);
    stream.write = (chunk: Uint8Array | string, ...rest: unknown[]) =>
      write(typeof chunk === "string" ? printable(outgoing.redacted(chunk, "long"), screen) : chunk, ...rest);
  }
}

/** Writes commands to the CI system, such as annotations, which no other text may contain. */
export function writeCommands(stream: NodeJS.WritableStream, commands: string): void {
  const write = writes.get(stream) ?? stream.write.bind(stream);
  if (commands !== "") write(outgoing.redacted(commands, "long"));
}
