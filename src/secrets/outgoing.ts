import { createRedactor } from "./redact.ts";

/** Takes out of everything that leaves this process what it knows to be secret: credentials, and what the code names. */
export const outgoing = createRedactor();

/**
 * Redacts what is written to standard output and standard error, whoever writes it. Texts are redacted where they are made;
 * this is for those that nobody thought of, such as the message of an error that a configuration throws.
 */
export function guardOutput(streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr]): void {
  for (const stream of streams) {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (chunk: Uint8Array | string, ...rest: unknown[]) =>
      write(typeof chunk === "string" ? outgoing.redacted(chunk, "long") : chunk, ...rest);
  }
}
