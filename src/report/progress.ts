import type { Emit, EngineEvent } from "../engine/events.ts";
import { clean, cleanLines } from "../util/clean.ts";
import { kindWords, pluralOf } from "../util/plural.ts";
import { spinnerOn } from "./spinner.ts";

/** Milliseconds between two lines of progress in a log. */
const INTERVAL = 10_000;

/** Shows progress on standard error. */
export interface Progress {
  readonly emit: Emit;
  stop(): void;
}

/** Notes are always printed. On a terminal, a spinner shows the current step unless `quiet` is set. */
export function progressOn(stream: NodeJS.WriteStream, { quiet }: { quiet: boolean }): Progress {
  const spinner = spinnerOn(stream, { quiet });
  let lastLine = performance.now();
  return {
    emit(event) {
      // A log gets a line at intervals. The report says how the run ended, so that the last event needs none.
      const isLogged = event.type === "applied" || event.type === "writing" || event.type === "shooting";
      const isRunning = isLogged && event.done < event.total;
      if (!spinner && isRunning && performance.now() - lastLine > INTERVAL) {
        lastLine = performance.now();
        stream.write(`${textOf(event)}\n`);
      }
      if (event.type === "note") {
        spinner?.clear();
        stream.write(`${cleanLines(event.message)}\n`);
        return;
      }
      const text = textOf(event);
      if (text !== undefined) spinner?.show(clean(text));
    },
    stop() {
      spinner?.stop();
    },
  };
}

function textOf(event: EngineEvent): string | undefined {
  switch (event.type) {
    case "connected":
      return `Reading Grafana ${event.version} at ${event.url}`;
    case "reading":
      return `Reading ${pluralOf(kindWords(event.kind))}`;
    case "writing":
      return `Writing ${pluralOf(kindWords(event.kind))}: ${event.done} of ${event.total}`;
    case "comparing":
      return `Comparing ${event.done} of ${event.total}`;
    case "shooting":
      return `Taking screenshots: ${event.done} of ${event.total}`;
    case "applying":
      return `Applying ${event.total} changes`;
    case "applied":
      return `Applied ${event.done} of ${event.total}`;
    default:
      return undefined;
  }
}
