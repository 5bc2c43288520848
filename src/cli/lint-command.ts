import { Option, type Command } from "commander";

/** Adds the options of `lint`. */
export function addLintCommand(command: Command, finish: (running: Promise<number>) => Promise<void>): void {
  command
    .description("check queries, dashboards, alerts and notifications with rules, without connecting to Grafana")
    .option("--env <name>", "environment in the configuration (default: all)")
    .option(
      "--only <kind/id...>",
      "report only findings in these kinds, resources or patterns: `--only rule-group dashboard/fastapi`",
    )
    .addOption(
      new Option("--fail-on <severity>", "exit with 1 if there is a finding of this severity or a higher one")
        .choices(["error", "warning", "never"])
        .default("error"),
    )
    .addOption(
      new Option("-o, --output <format>", "output format").choices(["text", "json", "sarif", "github"]).default("text"),
    )
    .action(async (options) => finish((await import("./commands/lint.ts")).lint(options)));
}
