import { PassThrough } from "node:stream";
import { afterEach, expect, test, vi } from "vitest";
import type { EngineEvent } from "../../src/engine/events.ts";
import { progressOn } from "../../src/report/progress.ts";

const READING = { type: "reading", kind: "notification-policy" } as EngineEvent;
const APPLYING = { type: "applying", total: 3 } as EngineEvent;
const NOTE = { type: "note", message: "Waiting for the lock" } as EngineEvent;

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

/** A stream like standard error, with everything that was written to it. */
function streamOf({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
  vi.stubEnv("CI", undefined);
  vi.stubEnv("TERM", "xterm");
  let written = "";
  const pipe = new PassThrough().on("data", (chunk: Buffer) => (written += chunk.toString()));
  const nothing = () => true;
  const stream = Object.assign(pipe, { isTTY, columns, cursorTo: nothing, clearLine: nothing, moveCursor: nothing });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => written };
}

test("a terminal shows the last event, also one from before the spinner was loaded", async () => {
  const { stream, written } = streamOf({ isTTY: true });
  const progress = progressOn(stream, { quiet: false });
  progress.emit(READING);
  progress.emit(APPLYING);
  await vi.waitUntil(() => written().includes("Applying 3 changes"));
  expect(written()).not.toContain("Reading");
  progress.emit(READING);
  await vi.waitUntil(() => written().includes("Reading notification policies"));
  progress.stop();
});

test("a stopped progress draws nothing until the next event, whether or not the spinner is loaded", async () => {
  const { stream, written } = streamOf({ isTTY: true });
  const progress = progressOn(stream, { quiet: false });
  progress.emit(READING);
  progress.stop();
  await vi.dynamicImportSettled();
  expect(written()).toBe("");
  progress.emit(APPLYING);
  await vi.waitUntil(() => written().includes("Applying 3 changes"));
  progress.stop();
});

test.each([
  { name: "a log", isTTY: false, quiet: false },
  { name: "a terminal without a width", isTTY: true, columns: 0, quiet: false },
  { name: "a quiet terminal", isTTY: true, quiet: true },
])("$name gets only notes", async ({ quiet, ...given }) => {
  const { stream, written } = streamOf(given);
  const progress = progressOn(stream, { quiet });
  progress.emit(READING);
  progress.emit(NOTE);
  await vi.dynamicImportSettled();
  progress.emit(APPLYING);
  progress.stop();
  expect(written()).toBe("Waiting for the lock\n");
});

test("a log gets a line of progress every ten seconds", async () => {
  vi.useFakeTimers();
  const { stream, written } = streamOf({ isTTY: false });
  const progress = progressOn(stream, { quiet: false });
  for (let done = 1; done <= 25; done++) {
    vi.advanceTimersByTime(1001);
    progress.emit({ type: "applied", done, total: 25 } as EngineEvent);
  }
  progress.stop();
  expect(written()).toBe("Applied 10 of 25\nApplied 20 of 25\n");
});

test("a log gets the number of screenshots, too", () => {
  vi.useFakeTimers();
  const { stream, written } = streamOf({ isTTY: false });
  const progress = progressOn(stream, { quiet: false });
  for (let done = 1; done <= 5; done++) {
    vi.advanceTimersByTime(4000);
    progress.emit({ type: "shooting", done, total: 5 });
  }
  progress.stop();
  expect(written()).toBe("Taking screenshots: 3 of 5\n");
});
