import { Cancelled } from "../util/errors.ts";

/** CI systems end a job with the second. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Runs what cleans up after itself; Ctrl-C makes it do so at once, and throws `Cancelled`. */
export async function stoppable<Result>(run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort(new Cancelled());
  // Not once: a second one must not end the process in the middle of its cleaning up.
  for (const name of SIGNALS) process.on(name, onInterrupt);
  try {
    return await run(interrupt.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onInterrupt);
  }
}
