import type { Command } from "commander";
import { yes } from "./option-values.ts";
import { lockTimeout, overwriteDrift, refreshSecrets } from "./shared-options.ts";

type Finish = (running: Promise<number>) => Promise<void>;

/** Adds the options of `backup`. */
export function addBackupCommand(command: Command, finish: Finish): void {
  command
    .description("write everything that the credentials can read in Grafana to a directory of JSON files")
    .requiredOption("--out <dir>", "directory to create; it must not exist")
    .option("--force", "replace an existing backup")
    .option(
      "--api [group/kind...]",
      "also write objects of these types of Grafana's API, such as example.grafana.app/Example (without types: all that have no kind of their own)",
    )
    .action(async (options) => finish((await import("./commands/backup.ts")).backup(options)));
}

/** Adds the options of `restore`. */
export function addRestoreCommand(command: Command, finish: Finish): void {
  command
    .description("create and update the objects of a backup in Grafana; deletes nothing")
    .argument("<dir>", "directory of the backup")
    .option("--folder <folder>", "restore only this folder (title, uid or path) and everything in it")
    .option("--dry-run", "show the plan without changing anything")
    .addOption(yes())
    .addOption(
      overwriteDrift(
        "also replace existing objects that differ from the backup (without names: all, except dashboards that would lose elements of schema v2)",
      ),
    )
    .addOption(refreshSecrets("send all secrets whose variables are set, even if Grafana has them already"))
    .addOption(lockTimeout())
    .action(async (directory, options) => finish((await import("./commands/restore.ts")).restore(directory, options)));
}
