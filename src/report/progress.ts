import ora from "ora";
import type { Emit, EngineEvent } from "../engine/events.ts";

/** Milliseconds between two lines of progress in a log. */
const EVERY = 10_000;

/** Shows what is going on, on standard error; nothing in CI and where nobody watches. */
export interface Progress {
  readonly emit: Emit;
  stop(): void;
}

/** `notes` are printed wherever standard error goes; the rest is for a terminal alone. */
export function progressOn(stream: NodeJS.WriteStream, { quiet }: { quiet: boolean }): Progress {
  // It must take neither the keyboard nor a signal: Ctrl-C is the command's own business.
  const options = { stream, discardStdin: false, hideCursor: false, text: "Connecting to Grafana" };
  // A terminal without a width, as some runners give, has no line to draw on.
  const spinner = quiet || !stream.isTTY || !stream.columns ? undefined : ora(options);
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
      if (!spinner) return;
      const text = textOf(event);
      if (text === undefined) return;
      spinner.text = text;
      if (!spinner.isSpinning) spinner.start();
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
