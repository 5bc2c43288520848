import { parseMatchers } from "../../alerts/matchers.ts";
import type { CurrentAlert } from "../../alerts/model.ts";
import { currentAlerts } from "../../alerts/read.ts";
import { alertsText } from "../../report/alerts.ts";
import { alertsJson } from "../../report/alerts-json.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { configOrNone } from "../config-or-none.ts";
import { ioOf } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { NO_CODE, openSession } from "../session.ts";

export interface AlertsOptions extends CommonOptions {
  readonly failOn?: "firing" | "pending";
}

/** Shows the alerts of a Grafana that fire or are pending. Writes nothing. */
export async function alerts(given: readonly string[], options: AlertsOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const matchers = parseMatchers(given);
  const session = await openSession(
    await configOrNone(options.config, process.cwd()),
    options,
    io.progress.emit,
    NO_CODE,
  );
  try {
    const now = Date.now();
    const current = await currentAlerts(session.context.grafana, now);
    io.progress.stop();
    const shown = current.matching(matchers);
    const exitCode = shown.some((alert) => fails(alert, options.failOn))
      ? EXIT.failure
      : current.unread.length > 0
        ? EXIT.notAuthorised
        : EXIT.done;
    const report = { description: session.description, now, matchers, alerts: shown, unread: current.unread };
    const text = options.output === "json" ? alertsJson(report, exitCode) : alertsText(report, io.result);
    io.result.stream.write(outgoing.redacted(text, "long"));
    return exitCode;
  } finally {
    await session.close();
  }
}

function fails({ state, suppressed }: CurrentAlert, failOn: AlertsOptions["failOn"]): boolean {
  return failOn !== undefined && !suppressed && (failOn === "pending" || state !== "pending");
}
