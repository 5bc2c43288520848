import { Command, InvalidArgumentError, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addExamples } from "./examples.ts";

/** Adds what every command that works on a Grafana takes. */
function target(command: Command, formats: readonly string[] = ["text", "json"]): Command {
  const all = common(command)
    .option("--env <name>", "the environment of the configuration to work on")
    .option("--url <url>", "the Grafana to work on")
    .option("--sandbox", "work on the embedded sandbox")
    .option("--only <kind/id...>", "look at these kinds, or resources, alone: `--only folder datasource/loki`")
    .option("--concurrency <n>", "requests at once", positive, 8)
    .option("-v, --verbose", "say more: every resource with its time");
  if (formats.length === 0) return all;
  return all.addOption(
    new Option("-o, --output <format>", "what to write to standard output").choices(formats).default("text"),
  );
}

function common(command: Command): Command {
  return command
    .option("--config <file>", "the configuration; its paths are relative to itself (default: grafana.config.ts here)")
    .option("--no-color", "no colours");
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("a whole number from 1 is expected");
  return number;
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError("a whole number from 0 is expected");
  return number;
}

const maxDeletes = () =>
  new Option("--max-deletes <n>", "stop before the first deletion if there are more (default: 10)").argParser(count);
const lockTimeout = () =>
  new Option("--lock-timeout <seconds>", "how long to wait for another run of this project to finish")
    .argParser(count)
    .default(600);
const yes = () => new Option("-y, --yes", "consent to what would be asked").default(false);
const adopt = () =>
  new Option("--adopt [kind/id...]", "take over objects that exist and aren't owned (bare: all of them)");
const overwriteDrift = () =>
  new Option(
    "--overwrite-drift [kind/id...]",
    "overwrite, or with --prune delete, what was changed in Grafana (bare: all but what would lose parts that the code can't hold)",
  );
const prune = () => new Option("--prune", "delete what the project owns and the code no longer has");
const allowEmpty = () => new Option("--allow-empty", "allow --prune if the code has no resources");

const author = () =>
  new Option("--author <login>", "who wrote earlier ones, where GitHub doesn't tell (default: github-actions[bot])");

const refreshSecrets = () => new Option("--refresh-secrets", "send all secrets again, whether they changed or not");

/** The command line: every command, with its options. What a command needs is loaded when it runs. */
export const program = new Command("grafana-provision")
  .description("Grafana as code in TypeScript: plan, review and apply dashboards, alerts and datasources.")
  .version(packageJson.version)
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });

target(program.command("plan").alias("diff"), ["text", "json", "markdown", "html"])
  .description("show what apply would change; writes nothing")
  .addOption(prune())
  .addOption(allowEmpty())
  .addOption(adopt())
  .addOption(refreshSecrets())
  .addOption(overwriteDrift())
  .option("--assume-write", "plan as if these credentials may write: a review's may only read")
  .option("--out <file>", "write the plan to a file that `apply FILE` carries out")
  .option("--detailed-exitcode", "exit 2 when Grafana is not as the code says")
  .action(async (options) => finish((await import("./commands/plan.ts")).plan(options)));

target(program.command("review"), [])
  .description(
    "write what this code changes for reviewers, as Markdown and HTML: compared with Grafana, or with another revision of the code",
  )
  .option("--base <revision>", "compare with the code at a git revision; needs no Grafana and no credentials")
  .option("--screenshots", "take pictures of changed panels, in a temporary folder of the Grafana that is set")
  .option("--out <dir>", "where the files go (default: .grafana-provision/review beside the configuration)")
  .option("--detailed-exitcode", "exit 2 when something differs")
  .action(async (options) => finish((await import("./commands/review.ts")).review(options)));

common(program.command("comment"))
  .description("write what `review` wrote as one comment on a pull request, or change the one that is there")
  .argument("[dir]", "where `review` wrote to (default: .grafana-provision/review beside the configuration)")
  .option("--env <name>", "the environment of the configuration to work on")
  .option("--pull-request <n>", "its number (default: that of the event that the job runs for)", positive)
  .addOption(author())
  .action(async (directory, options) => finish((await import("./commands/comment.ts")).comment(directory, options)));

target(program.command("apply").alias("push"))
  .description("make Grafana match the code")
  .argument("[plan]", "a file that `plan --out` wrote: exactly this is done, or nothing")
  .addOption(prune())
  .addOption(allowEmpty())
  .addOption(yes())
  .addOption(adopt())
  .addOption(overwriteDrift())
  .addOption(refreshSecrets())
  .addOption(maxDeletes())
  .addOption(lockTimeout())
  .action(async (plan, options) => finish((await import("./commands/apply.ts")).apply(plan, options)));

target(program.command("drift"))
  .description("show what was changed in Grafana since the last apply, and by whom; exits 2 where something was")
  .option("--issue", "keep one issue about it on GitHub or GitLab: opened, changed, and closed when nothing is left")
  .addOption(author())
  .action(async (options) => finish((await import("./commands/drift.ts")).drift(options)));

target(program.command("destroy"))
  .description("delete everything that the project owns in Grafana, whatever the code says")
  .addOption(yes())
  .option(
    "--overwrite-drift [kind/id...]",
    "delete what was changed in Grafana, too (bare: all but what has parts that the code can't hold)",
  )
  .addOption(maxDeletes())
  .addOption(lockTimeout())
  .action(async (options) => finish((await import("./commands/destroy.ts")).destroy(options)));

target(program.command("rollback"))
  .description("list the runs that are kept, or bring back what was there before one of them")
  .argument("[run]", "the run's id, `latest`, or the path of its folder")
  .addOption(yes())
  .option("--overwrite-drift [kind/id...]", "restore objects that were changed since the run, too (bare: all of them)")
  .addOption(refreshSecrets())
  .addOption(maxDeletes())
  .addOption(lockTimeout())
  .action(async (run, options) => finish((await import("./commands/rollback.ts")).rollback(run, options)));

common(program.command("validate"))
  .description("check the code and the configuration; sends nothing")
  .action(async (options) => finish((await import("./commands/validate.ts")).validate(options)));

program
  .command("sandbox")
  .description("run the sandbox alone, as admin:admin on 127.0.0.1")
  .option("--port <n>", "the port on 127.0.0.1; 0 takes any", count, 3000)
  .option("--data <dir>", "where its data are", ".grafana-provision/sandbox")
  .addOption(
    new Option(
      "--mode <mode>",
      "which Grafana it answers as: 12.4 with unified storage, 12.4 on legacy SQL storage, or 11.6 without the newer API",
    )
      .choices(["unified", "legacy-storage", "legacy-api"])
      .default("unified"),
  )
  .option("--no-color", "no colours")
  .action(async (options) => finish((await import("./commands/sandbox.ts")).sandbox(options)));

const engine = () =>
  new Option("--engine <command>", "what runs containers (default: the first of them that is there)").choices([
    "docker compose",
    "podman compose",
    "docker-compose",
  ]);
const stackConfig = (command: Command): Command =>
  command
    .option("--config <file>", "the stack's definition (default: stack.config.ts here, else the stack as by default)")
    .option("--no-color", "no colours");

stackConfig(program.command("stack:up"))
  .description("start Prometheus, Grafana, Loki, Jaeger and the rest, and wait until they are healthy")
  .addOption(engine())
  .option("--timeout <seconds>", "how long to wait until all are healthy", positive, 300)
  .action(async (options) => finish((await import("./commands/stack-up.ts")).stackUp(options)));

stackConfig(program.command("stack:down"))
  .description("stop the stack: its containers and its network go, its data stay")
  .addOption(engine())
  .option("--volumes", "delete the data, too")
  .addOption(yes())
  .action(async (options) => finish((await import("./commands/stack-down.ts")).stackDown(options)));

stackConfig(program.command("stack:status"))
  .description("ask the stack how it is; exits 1 where something is down")
  .addOption(
    new Option("-o, --output <format>", "what to write to standard output").choices(["text", "json"]).default("text"),
  )
  .option("--timeout <seconds>", "how long to wait for each answer", positive, 5)
  .action(async (options) => finish((await import("./commands/stack-status.ts")).stackStatusCommand(options)));

stackConfig(program.command("stack:render"))
  .description("write the stack's files, compose.yaml and each component's configuration, and start nothing")
  .argument("[dir]", "where to (default: .grafana-provision/stack beside the definition)")
  .option("--check", "write nothing; exit 2 where the folder is not as it would be written")
  .option("--force", "overwrite files that were not written by this command")
  .action(async (directory, options) =>
    finish((await import("./commands/stack-render.ts")).stackRender(directory, options)),
  );

program
  .command("init")
  .description("write a new repository: a configuration, one resource of each kind, scripts, CI; overwrites nothing")
  .argument("[dir]", "where to (default: here)")
  .addOption(
    new Option("--ci <system>", "whose pipelines to write").choices(["github", "gitlab", "none"]).default("github"),
  )
  .option("--no-color", "no colours")
  .action(async (directory, options) => finish((await import("./commands/init.ts")).init(directory, options)));

for (const command of program.commands) addExamples(command);

async function finish(running: Promise<number>): Promise<void> {
  process.exitCode = await running;
}
