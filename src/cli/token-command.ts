import type { Command } from "commander";
import { lifetime, positive } from "./option-values.ts";

/** Adds the options of `token`. */
export function addTokenCommand(command: Command, finish: (running: Promise<number>) => Promise<void>): void {
  command
    .description(
      "create a token of a service account: print it once on a terminal, or pass it to the standard input of a command, such as the CLI of a secret manager",
    )
    .argument("<name>", "name of the service account")
    .argument("[store...]", "command that stores the token, after `--`; its output is not shown")
    .option("--token-name <name>", "name of the token in Grafana (default: the time)")
    .option("--expires <duration>", "time after which the token expires, such as `90d` (default: never)", lifetime)
    .option("--store-timeout <seconds>", "time limit of the command that stores the token", positive, 60)
    .action(async (name, store, options) => finish((await import("./commands/token.ts")).token(name, store, options)));
}
