// Runs in a thread of its own, so that files are formatted while the next objects are read.
import { parentPort, workerData } from "node:worker_threads";
import type { FormatAnswer, FormatTask } from "./format-in-worker.ts";
import { newFormatter } from "./format.ts";

const formatter = newFormatter(String(workerData));

parentPort?.on("message", ({ id, path, text }: FormatTask) => void answer(id, path, text));

async function answer(id: number, path: string, text: FormatTask["text"]): Promise<void> {
  parentPort?.postMessage(await result(id, path, text));
}

async function result(id: number, path: string, text: FormatTask["text"]): Promise<FormatAnswer> {
  try {
    return { id, text: await (await formatter)(path, text) };
  } catch (error) {
    return { id, error: String(error) };
  }
}
