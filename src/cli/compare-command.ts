import { Option, type Command } from "commander";
import { positive } from "./option-values.ts";

/** Adds the options of `compare`. */
export function addCompareCommand(command: Command, finish: (running: Promise<number>) => Promise<void>): void {
  command
    .description(
      "compare two environments resource by resource, with their mappings applied; exits with 2 if they differ",
    )
    .requiredOption("--from <name>", "environment to compare, such as `staging`")
    .requiredOption("--to <name>", "environment to compare with, such as `production`")
    .option("--code", "compare the code for both environments, without connecting to Grafana")
    .option("--only <kind/id...>", "limit the comparison to these kinds, resources or patterns")
    .option("--concurrency <n>", "maximum number of concurrent requests to each Grafana", positive, 8)
    .addOption(
      new Option("-o, --output <format>", "output format").choices(["text", "json", "markdown"]).default("text"),
    )
    .action(async (options) => finish((await import("./commands/compare.ts")).compare(options)));
}
