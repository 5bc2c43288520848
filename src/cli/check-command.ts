import { Option, type Command } from "commander";
import { positive } from "./option-values.ts";

/** Adds the options of `check`, which also has those of commands that work on a Grafana. */
export function addCheckCommand(command: Command, finish: (running: Promise<number>) => Promise<void>): void {
  command
    .description("run the queries of dashboards and alerts, and show which have no data and why")
    .option("--prometheus <url>", "run queries of Prometheus at this URL, without Grafana")
    .option("--loki <url>", "run queries of Loki at this URL, without Grafana")
    .option("--from <time>", "start of the time range: `now-6h`, a date, or milliseconds since 1970", "now-1h")
    .option("--to <time>", "end of the time range, at which alert rules are evaluated", "now")
    .option("--timeout <seconds>", "time limit of a query", positive, 30)
    .option("--rules", "show the state of the applied rules in Grafana, instead of running queries")
    .addOption(
      new Option(
        "--fail-on <state>",
        "when to exit with 1: only if there are errors, or also if a query has no data although it should",
      )
        .choices(["error", "no-data"])
        .default("error"),
    )
    .action(async (options) => finish((await import("./commands/check.ts")).check(options)));
}
