import { Option, type Command } from "commander";

/** Adds the options of `usage`. */
export function addUsageCommand(command: Command, finish: (running: Promise<number>) => Promise<void>): void {
  command
    .description("show which dashboards, variables and alerts use a metric, a label, a variable or a resource")
    .argument(
      "[name...]",
      "what to find: `http_requests_total`, `http_*`, `label/instance`, `datasource/loki`; without a name, the command prints a table of all metrics, labels, variables and resources in use",
    )
    .option("--live", "search in Grafana too, for objects that are not in the code")
    .option("--unused", "list the metrics of a Prometheus that nothing uses, with the numbers of their series")
    .option(
      "--datasource <uid>",
      "read the metrics of the Prometheus behind this datasource of Grafana; also searches in Grafana, as --live does",
    )
    .option("--prometheus <url>", "read the metrics of the Prometheus at this URL, without Grafana")
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(async (names, options) => finish((await import("./commands/usage.ts")).usage(names, options)));
}
