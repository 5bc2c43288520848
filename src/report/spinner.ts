import type { Ora } from "ora";

/** A line on a terminal that is redrawn. */
export interface Spinner {
  show(text: string): void;
  /** Removes the line until the next draw, so that other text can be written. */
  clear(): void;
  /** Removes the line until the next `show`. */
  stop(): void;
}

/** The spinner of a terminal; undefined if the stream is not a terminal, or `quiet` is set. */
export function spinnerOn(stream: NodeJS.WriteStream, { quiet }: { readonly quiet: boolean }): Spinner | undefined {
  // Some CI runners provide a terminal without a width, on which no line can be redrawn.
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
    // The spinner must not read the keyboard or handle signals: the command handles Ctrl-C.
    spinner = ora({ stream, discardStdin: false, hideCursor: false });
    draw();
  };
  // Loading takes 30 ms, so only runs on a terminal load it.
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
