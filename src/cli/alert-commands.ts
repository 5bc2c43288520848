import { Option, type Command } from "commander";
import { lifetime, yes } from "./option-values.ts";

const MATCHERS = "label matchers: `severity=critical`, `'team=~a|b'`; all of them must match";

/** Adds the arguments and options of `alerts` and `silence`. */
export function addAlertCommands(
  alerts: Command,
  silence: Command,
  finish: (running: Promise<number>) => Promise<void>,
): void {
  const output = () => new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text");
  alerts
    .description(
      "show the alerts that fire, recover or are pending in Grafana, who is notified, and what silences or mutes them",
    )
    .argument("[matcher...]", MATCHERS)
    .addOption(
      new Option(
        "--fail-on <state>",
        "exit with 1 if an alert is not suppressed: `firing` counts alerts that fire or recover, `pending` counts pending alerts too",
      ).choices(["firing", "pending"]),
    )
    .addOption(output())
    .action(async (matchers, options) => finish((await import("./commands/alerts.ts")).alerts(matchers, options)));
  silence
    .description("silence alerts in Grafana for a time, list silences, or end one")
    .argument("[matcher...]", MATCHERS)
    .option("--for <duration>", "how long to silence the alerts: `2h`, `1d12h`", lifetime)
    .option("--comment <text>", "why the alerts are silenced")
    .option("--author <name>", "who silences the alerts (default: the login of the credentials)")
    .option("--list", "list the silences that are active or begin later, instead of creating one")
    .option("--expire <id>", "end the silence with this id now, instead of creating one")
    .addOption(yes())
    .addOption(output())
    .action(async (matchers, options) => finish((await import("./commands/silence.ts")).silence(matchers, options)));
}
