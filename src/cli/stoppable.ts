import { Cancelled } from "../util/errors.ts";

/** CI systems send SIGTERM to end a job. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Runs a task that cleans up when its signal is aborted. Ctrl-C aborts it, and then this throws `Cancelled`. */
export async function stoppable<Result>(run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort(new Cancelled());
  // `on`, not `once`: a second Ctrl-C must not end the process during the cleanup.
  for (const name of SIGNALS) process.on(name, onInterrupt);
  try {
    return await run(interrupt.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onInterrupt);
  }
}
