import { Option, type Command } from "commander";
import { TARGETS } from "../stack/target.ts";
import { positive, yes } from "./option-values.ts";

const engine = () =>
  new Option("--engine <command>", "command that runs the containers; by default, the first one that works").choices([
    "docker compose",
    "podman compose",
    "docker-compose",
  ]);
/** The sections of `stack:report`. */
const SECTIONS = [
  "targets",
  "alerts",
  "firings",
  "rules",
  "thresholds",
  "logs",
  "traces",
  "storage",
  "certificates",
  "queries",
];
const stackConfig = (command: Command): Command =>
  command
    .option("--config <file>", "stack definition (default: stack.config.ts, or the built-in stack if there is none)")
    .option("--no-color", "disable colors");

/** Adds the commands of the local stack. `finish` sets the exit code. */
export function addStackCommands(program: Command, finish: (running: Promise<number>) => Promise<void>): void {
  stackConfig(program.command("stack:up"))
    .description("start the stack (Prometheus, Grafana, Loki, Jaeger and others) and wait until it is healthy")
    .addOption(engine())
    .option("--timeout <seconds>", "how long to wait for all services to become healthy", positive, 300)
    .addOption(yes())
    .action(async (options) => finish((await import("./commands/stack-up.ts")).stackUp(options)));

  stackConfig(program.command("stack:down"))
    .description("stop the stack and remove its containers and network; its volumes are kept")
    .addOption(engine())
    .option(
      "--volumes",
      "also delete the volumes, all data in them, and the directory `secrets` with the passwords of the stack",
    )
    .addOption(yes())
    .action(async (options) => finish((await import("./commands/stack-down.ts")).stackDown(options)));

  stackConfig(program.command("stack:status"))
    .description("show the health of the stack; exits with 1 if anything is down")
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .option("--timeout <seconds>", "how long to wait for each response", positive, 5)
    .action(async (options) => finish((await import("./commands/stack-status.ts")).stackStatusCommand(options)));

  stackConfig(program.command("stack:check"))
    .description(
      "check the definition for production; exits with 1 if the profile is production and a point is missing",
    )
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(async (options) => finish((await import("./commands/stack-check.ts")).stackCheck(options)));

  stackConfig(program.command("stack:cardinality"))
    .description(
      "show which metrics, labels and values have the most series, what uses them, and what to drop; exits with 1 if a server can't be read",
    )
    .option("--prometheus <url>", "read the Prometheus at this URL, instead of the stack")
    .option("--loki <url>", "read the Loki at this URL, instead of the stack")
    .option("--env <name>", "environment in the configuration of the code")
    .option("--limit <n>", "maximum number of rows of each table", positive, 10)
    .option("--timeout <seconds>", "how long to wait for each response", positive, 60)
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(async (options) => finish((await import("./commands/stack-cardinality.ts")).stackCardinality(options)));

  stackConfig(program.command("stack:report"))
    .description(
      "report what needs attention: targets, alerts, rules, thresholds, logs, traces, storage, certificates, queries",
    )
    .option("--prometheus <url>", "ask the Prometheus at this URL")
    .option("--loki <url>", "ask the Loki at this URL")
    .option(
      "--env <name>",
      "ask the Grafana of this environment, and Prometheus and Loki through its datasources (default: the stack)",
    )
    .option("--url <url>", "ask the Grafana at this URL, and Prometheus and Loki through its datasources")
    .option(
      "--datasource <uid...>",
      "the datasources to ask, if Grafana has several of a type (default: Grafana's default)",
    )
    .addOption(new Option("--section <name...>", "make only these sections").choices(SECTIONS))
    .option("--from <time>", "start of the reported time, which ends now: `now-7d`, or a date", "now-7d")
    .option("--logs <selector>", "the streams of Loki in which errors are counted", '{job=~".+"}')
    .option("--limit <n>", "maximum number of rows of each section", positive, 10)
    .option("--timeout <seconds>", "how long to wait for each response of Prometheus and Loki", positive, 60)
    .option("--out <dir>", "also write report.md and report.html to this directory")
    .addOption(new Option("--fail-on <state>", "exit with 1 if a section needs attention").choices(["attention"]))
    .addOption(
      new Option("-o, --output <format>", "output format")
        .choices(["text", "markdown", "html", "json"])
        .default("text"),
    )
    .action(async (options) => finish((await import("./commands/stack-report.ts")).stackReport(options)));

  stackConfig(program.command("stack:backup"))
    .description("write the data of the stack to a directory; stops one service after the other while it is copied")
    .requiredOption("--out <dir>", "directory to create; it must not exist")
    .option("--recipient <key...>", "public keys of age (age1...) for which all files are encrypted")
    .addOption(engine())
    .option("--timeout <seconds>", "how long to wait for all services to become healthy again", positive, 300)
    .addOption(yes())
    .action(async (options) => finish((await import("./commands/stack-backup.ts")).stackBackup(options)));

  stackConfig(program.command("stack:restore"))
    .description("replace the data of the stack with a backup, and start the stack")
    .argument("<dir>", "directory that stack:backup wrote")
    .option("--identity <file>", "file with a private key of age for an encrypted backup")
    .addOption(engine())
    .option("--timeout <seconds>", "how long to wait for all services to become healthy", positive, 300)
    .addOption(yes())
    .action(async (directory, options) =>
      finish((await import("./commands/stack-restore.ts")).stackRestore(directory, options)),
    );

  stackConfig(program.command("stack:render"))
    .description(
      "write the files of the stack for Docker Compose, Docker Swarm or Kubernetes, without starting anything",
    )
    .argument(
      "[dir]",
      "output directory (default: .grafana-provision/stack next to the definition, or .grafana-provision/swarm with `--target swarm`)",
    )
    .addOption(new Option("--target <target>", "what the files are for").choices(TARGETS).default("compose"))
    .option("--secrets", "also generate the secrets of the stack that are missing in the directory")
    .option("--check", "write nothing; exit with 2 if the directory is out of date")
    .option("--force", "overwrite files that this command did not write, and remove those of another target")
    .action(async (directory, options) =>
      finish((await import("./commands/stack-render.ts")).stackRender(directory, options)),
    );
}
