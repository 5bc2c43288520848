import { Option, type Command } from "commander";

/** Adds the options of `usage`. */
export function addUsageCommand(command: Command, finish: (running: Promise<number>) => Promise<void>): void {
  command
    .description("show which dashboards, variables and alerts use a metric, a label, a variable or a resource")
    .argument(
      "[name...]",
      "`http_requests_total`, `http_*`, `label/instance`, `datasource/loki`; default: a table of all",
    )
    .option("--live", "search in Grafana too, for objects that are not in the code")
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(async (names, options) => finish((await import("./commands/usage.ts")).usage(names, options)));
}
