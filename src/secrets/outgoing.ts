import { createRedactor } from "./redact.ts";

/** Redacts credentials and the secrets that the code names in all output of this process. */
export const outgoing = createRedactor();

/**
 * Redacts all text on standard output and standard error. Most messages are redacted when they are created; this covers all
 * other text, such as an error that a configuration throws.
 */
export function guardOutput(streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr]): void {
  for (const stream of streams) {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (chunk: Uint8Array | string, ...rest: unknown[]) =>
      write(typeof chunk === "string" ? outgoing.redacted(chunk, "long") : chunk, ...rest);
  }
}
