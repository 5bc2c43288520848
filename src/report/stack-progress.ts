import { clean } from "../util/clean.ts";
import { spinnerOn } from "./spinner.ts";

/** Shows progress while a stack is started or stopped. */
export interface StackProgress {
  readonly say: (text: string) => void;
  stop(): void;
}

/** Milliseconds between two lines in a log. */
const INTERVAL = 10_000;

/** Shows a spinner on a terminal, and otherwise a line at intervals. */
export function stackProgressOn(stream: NodeJS.WriteStream, { quiet }: { readonly quiet: boolean }): StackProgress {
  const spinner = spinnerOn(stream, { quiet });
  spinner?.show("Checking the stack");
  let lastLine = performance.now();
  return {
    say(line) {
      // The text can come from the container engine.
      const text = clean(line);
      if (spinner) spinner.show(text.slice(0, Math.max(20, stream.columns - 4)));
      else if (performance.now() - lastLine > INTERVAL) {
        lastLine = performance.now();
        stream.write(`${text}\n`);
      }
    },
    stop: () => spinner?.stop(),
  };
}
