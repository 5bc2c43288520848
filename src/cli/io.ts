import { createInterface } from "node:readline/promises";
import { progressOn, type Progress } from "../report/progress.ts";
import type { CommonOptions } from "./options.ts";
import { isCi } from "../util/ci.ts";
import type { Output } from "../report/output.ts";

/** Where a command writes: the result to standard output, everything else to standard error. */
export interface Io {
  readonly result: Output;
  readonly errors: Output;
  readonly progress: Progress;
}

export function ioOf({ color, verbose = false }: { color: boolean; verbose?: boolean }): Io {
  return {
    result: { stream: process.stdout, color, verbose },
    errors: { stream: process.stderr, color },
    progress: progressOn(process.stderr, { quiet: isCi() }),
  };
}

/** Whether questions can be asked on a terminal, and the text that they refer to is shown there. */
export function isInteractive({ output }: Pick<CommonOptions, "output">): boolean {
  return (output === undefined || output === "text") && process.stdin.isTTY && process.stderr.isTTY && !isCi();
}

/** Asks on the terminal. Only `y` and `yes` mean yes; Ctrl-C and Ctrl-D mean no. */
export async function confirm(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => {
    prompt.once("SIGINT", () => prompt.close());
    prompt.once("close", () => resolve(""));
  });
  try {
    const answer = await Promise.race([prompt.question(`${question} [y/N] `).catch(() => ""), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
