import { clean } from "../util/clean.ts";
import { spinnerOn } from "./spinner.ts";

/** Says what is going on while a stack is started or stopped. */
export interface StackProgress {
  readonly say: (text: string) => void;
  stop(): void;
}

/** Milliseconds between two lines in a log. */
const EVERY = 10_000;

/** One line that changes, on a terminal; elsewhere a line now and then, so that a log shows that it goes on. */
export function stackProgressOn(stream: NodeJS.WriteStream, { quiet }: { readonly quiet: boolean }): StackProgress {
  const spinner = spinnerOn(stream, { quiet });
  spinner?.show("Checking the stack");
  let said = performance.now();
  return {
    say(line) {
      // It may be an engine's own.
      const text = clean(line);
      if (spinner) spinner.show(text.slice(0, Math.max(20, stream.columns - 4)));
      else if (performance.now() - said > EVERY) {
        said = performance.now();
        stream.write(`${text}\n`);
      }
    },
    stop: () => spinner?.stop(),
  };
}
