import type { Ora } from "ora";

/** One line that changes, on a terminal. */
export interface Spinner {
  show(text: string): void;
  /** Removes the line until it is drawn again, so that another text can be written in its place. */
  clear(): void;
  /** Removes the line until the next `show`. */
  stop(): void;
}

/** The spinner of a terminal; undefined where there is none, or `quiet` is set. */
export function spinnerOn(stream: NodeJS.WriteStream, { quiet }: { readonly quiet: boolean }): Spinner | undefined {
  // A terminal without a width, as some runners give, has no line to draw on.
  if (quiet || !stream.isTTY || !stream.columns) return undefined;
  let spinner: Ora | undefined;
  let shown: string | undefined;
  const draw = () => {
    if (!spinner || shown === undefined) return;
    spinner.text = shown;
    if (!spinner.isSpinning) spinner.start();
  };
  const load = async () => {
    const { default: ora } = await import("ora");
    // It must take neither the keyboard nor a signal: Ctrl-C is the command's own business.
    spinner = ora({ stream, discardStdin: false, hideCursor: false });
    draw();
  };
  // Loading it takes 30 ms, which a run without a terminal doesn't need.
  void load();
  return {
    show(text) {
      shown = text;
      draw();
    },
    clear: () => void spinner?.clear(),
    stop() {
      shown = undefined;
      spinner?.stop();
    },
  };
}
