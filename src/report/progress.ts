import type { Emit, EngineEvent } from "../engine/events.ts";
import { spinnerOn } from "./spinner.ts";

/** Milliseconds between two lines of progress in a log. */
const EVERY = 10_000;

/** Shows what is going on, on standard error; nothing in CI and where nobody watches. */
export interface Progress {
  readonly emit: Emit;
  stop(): void;
}

/** `notes` are printed wherever standard error goes; the rest is for a terminal alone. */
export function progressOn(stream: NodeJS.WriteStream, { quiet }: { quiet: boolean }): Progress {
  const spinner = spinnerOn(stream, { quiet });
  let said = performance.now();
  return {
    emit(event) {
      // A log has no line to draw on, and whoever reads it wants to know that it goes on; the end is told by the report.
      const goesOn = event.type === "applied" && event.done < event.total;
      if (!spinner && goesOn && performance.now() - said > EVERY) {
        said = performance.now();
        stream.write(`${textOf(event)}\n`);
      }
      if (event.type === "note") {
        spinner?.clear();
        stream.write(`${event.message}\n`);
        return;
      }
      const text = textOf(event);
      if (text !== undefined) spinner?.show(text);
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
      return `Reading ${event.kind}s`;
    case "comparing":
      return `Comparing ${event.done} of ${event.total}`;
    case "applying":
      return `Applying ${event.total} changes`;
    case "applied":
      return `Applied ${event.done} of ${event.total}`;
    default:
      return undefined;
  }
}
