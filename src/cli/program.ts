import { Command, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addExamples } from "./examples.ts";
import { count, positive, yes } from "./option-values.ts";
import { lockTimeout, LOSSY, maxDeletes, OVERWRITABLE, overwriteDrift, refreshSecrets } from "./shared-options.ts";
import { addAlertCommands } from "./alert-commands.ts";
import { addBackupCommand, addRestoreCommand } from "./backup-commands.ts";
import { addCheckCommand } from "./check-command.ts";
import { addCompareCommand } from "./compare-command.ts";
import { addContactPointCommand } from "./contact-point-command.ts";
import { addLintCommand } from "./lint-command.ts";
import { addStackCommands } from "./stack-commands.ts";
import { addTokenCommand } from "./token-command.ts";
import { addUsageCommand } from "./usage-command.ts";

/** Adds the options of every command that works on a Grafana. */
function target(command: Command, formats: readonly string[] = ["text", "json"]): Command {
  const all = grafana(common(command))
    .option(
      "--only <kind/id...>",
      'limit the command to these kinds, resources or patterns: `--only folder datasource/loki "dashboard/team-*"`',
    )
    .option("--concurrency <n>", "maximum number of concurrent requests", positive, 8)
    .option("-v, --verbose", "print every resource in full and, for each write, how long it took");
  if (formats.length === 0) return all;
  return all.addOption(new Option("-o, --output <format>", "output format").choices(formats).default("text"));
}

/** Adds the options that select a Grafana. */
function grafana(command: Command): Command {
  return command
    .option("--env <name>", "environment in the configuration, or `stack` for the Grafana of `stack:up`")
    .option("--url <url>", "URL of Grafana")
    .option("--sandbox", "use the embedded sandbox");
}

function common(command: Command): Command {
  return command
    .option(
      "--config <file>",
      "configuration file, or the directory that contains it; paths in the file are relative to it (default: grafana.config.ts)",
    )
    .option("--no-color", "disable colors");
}

const adopt = (text = "adopt") =>
  new Option(
    "--adopt [kind/id...]",
    `${text} existing objects that the project doesn't own (without names: all, except those of another repository with the same project name, and ${LOSSY})`,
  );
const prune = (text = "delete") => new Option("--prune", `${text} owned objects that are no longer in the code`);
const allowEmpty = () => new Option("--allow-empty", "allow --prune if the code has no resources");

const envAll = (verb: string) =>
  new Option(
    "--env-all",
    `${verb} all environments; --env also takes several: \`staging,production\`, \`region=eu-*\``,
  );

const author = (action: string) =>
  new Option(
    "--author <login>",
    `GitHub login that ${action}, if the token can't read its own login (default: github-actions[bot])`,
  );

/** How `import` can be split, by the name of what gets a project of its own. */
const SPLITS = { folder: true };

/** All commands with their options. The code of a command is imported when it runs. */
export const program = new Command("grafana-provision")
  .description("Grafana as code in TypeScript: plan, review and apply dashboards, alerts and datasources.")
  .version(packageJson.version)
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });

target(program.command("plan").alias("diff"), ["text", "json", "markdown", "html"])
  .description("show what apply would change, without changing anything")
  .addOption(prune("plan to delete"))
  .addOption(allowEmpty())
  .addOption(adopt("plan to adopt"))
  .addOption(refreshSecrets("plan to send all secrets again, even if they are unchanged"))
  .addOption(
    overwriteDrift(`plan to ${OVERWRITABLE}; --prune plans to delete a changed object only if you name it here`),
  )
  .option("--assume-write", "plan as if the credentials had write permissions, for use with a read-only token")
  .option(
    "--out <file>",
    "save the plan to a file for `apply FILE`; with several environments, to a directory for `apply DIR`",
  )
  .addOption(envAll("plan for"))
  .option("--detailed-exitcode", "exit with 2 if Grafana differs from the code")
  .action(async (options) => finish((await import("./commands/plan.ts")).plan(options)));

target(program.command("review"), [])
  .description("write a review of the changes as Markdown and HTML, compared with Grafana or with a git revision")
  .option(
    "--base <revision>",
    "compare with the code at a git revision; needs Grafana and credentials only with --check or --screenshots",
  )
  .option("--check", "run the changed queries through Grafana, and show those that fail or have no data")
  .option(
    "--backtest <url>",
    "show how often changed alert rules would have fired in the last 7 days of this Prometheus",
  )
  .option("--screenshots", "take screenshots of changed panels, using a temporary folder in Grafana")
  .addOption(new Option("--theme <theme>", "theme of the screenshots").choices(["light", "dark"]).default("light"))
  .option("--out <dir>", "output directory (default: .grafana-provision/review next to the configuration)")
  .option("--detailed-exitcode", "exit with 2 if there are differences")
  .action(async (options) => finish((await import("./commands/review.ts")).review(options)));

common(program.command("comment"))
  .description("post the review as a comment on a pull request or merge request, or update that comment")
  .argument("[dir]", "directory of the review (default: .grafana-provision/review next to the configuration)")
  .option("--env <name>", "environment in the configuration")
  .option(
    "--pull-request <n>",
    "number of the pull request or merge request (default: the one of the CI job)",
    positive,
  )
  .addOption(author("posted the earlier comment"))
  .action(async (directory, options) => finish((await import("./commands/comment.ts")).comment(directory, options)));

target(program.command("apply").alias("push"), ["text", "json", "markdown"])
  .description("make Grafana match the code")
  .argument("[plan]", "file or directory from `plan --out`; applies exactly this plan, or nothing")
  .addOption(prune())
  .addOption(allowEmpty())
  .addOption(yes())
  .addOption(adopt())
  .addOption(
    overwriteDrift(
      `${OVERWRITABLE}; --prune deletes a changed object only if you name it here or confirm on the terminal`,
    ),
  )
  .addOption(refreshSecrets("send all secrets again, even if they are unchanged"))
  .addOption(maxDeletes())
  .addOption(lockTimeout())
  .addOption(envAll("apply to"))
  .action(async (plan, options) => finish((await import("./commands/apply.ts")).apply(plan, options)));

target(program.command("drift"), ["text", "json", "markdown", "html"])
  .description("show changes made in Grafana since the last apply, and who made them; exits with 2 if there are any")
  .option("--issue", "open, update or close an issue about the drift on GitHub or GitLab")
  .option(
    "--write",
    "write the changes made in Grafana to the code; exits with 0 if all were written, with 3 if all were written but some kinds could not be read, and otherwise with 4",
  )
  .option(
    "--pull-request",
    "with --write: open, update or close a pull request with the written changes on GitHub or GitLab, and change no local file; if none can be written, do as --issue does",
  )
  .addOption(yes())
  .addOption(envAll("show the changes in"))
  .addOption(author("opened the earlier issue or pull request"))
  .action(async (options) => finish((await import("./commands/drift.ts")).drift(options)));

addCompareCommand(common(program.command("compare")), finish);

target(program.command("destroy"))
  .description("delete all objects that the project owns in Grafana")
  .addOption(yes())
  .option(
    "--overwrite-drift <kind/id...>",
    "also delete these objects, even if they were changed in Grafana; without this option, the command asks on a terminal, and otherwise skips them",
  )
  .addOption(maxDeletes())
  .addOption(lockTimeout())
  .action(async (options) => finish((await import("./commands/destroy.ts")).destroy(options)));

target(program.command("rollback"))
  .description("list recorded runs, or undo what one of them changed")
  .argument("[run]", "ID of the run, `latest`, or the path of its directory")
  .addOption(yes())
  .option(
    "--overwrite-drift [kind/id...]",
    `also roll back objects that were changed since the run (without names: all, except objects that the run created and ${LOSSY}, which must be named here or confirmed on the terminal)`,
  )
  .addOption(refreshSecrets("also send secrets that the run changed; set their variables to the former values first"))
  .addOption(maxDeletes())
  .addOption(lockTimeout())
  .action(async (run, options) => finish((await import("./commands/rollback.ts")).rollback(run, options)));

addBackupCommand(target(program.command("backup")), finish);

addRestoreCommand(target(program.command("restore"), ["text", "json", "markdown"]), finish);

target(program.command("import").alias("pull"))
  .description("write existing objects as readable TypeScript with the Foundation SDK")
  .argument(
    "[files...]",
    "files or directories to convert: dashboards, Grizzly or gcx resources, Grafana's provisioning files; without files, imports from Grafana",
  )
  .option("--out <dir>", "output directory (default: the directory of the configuration)")
  .option("--folder <folder>", "import only this folder (title, uid or path) and everything in it")
  .option("--tag <tag>", "import only dashboards with this tag")
  .option(
    "--terraform <file>",
    "import only the objects that Terraform manages, and write `removed` blocks for them; the file is the output of `terraform show -json`, or - for standard input",
  )
  .addOption(
    new Option("--as <format>", "how to write dashboards; all other kinds are always code")
      .choices(["code", "json", "yaml"])
      .default("code"),
  )
  .addOption(
    new Option(
      "--split <by>",
      "write a project for each folder at the top level, and one project for the objects that several folders share",
    ).choices(Object.keys(SPLITS)),
  )
  .option("--force", "overwrite existing files, except files with objects that the code already defines")
  .option("--update", "write changes made in Grafana to the existing code, as `drift --write` does")
  .addOption(yes())
  .action(async (files, options) =>
    finish(
      options.split === undefined
        ? (await import("./commands/import.ts")).importCommand(files, options)
        : (await import("./commands/import-split.ts")).importSplit(files, options),
    ),
  );

common(program.command("validate"))
  .description("check the code and the configuration, without connecting to Grafana")
  .action(async (options) => finish((await import("./commands/validate.ts")).validate(options)));

addLintCommand(common(program.command("lint")), finish);

addUsageCommand(grafana(common(program.command("usage"))), finish);

addCheckCommand(target(program.command("check")), finish);

addAlertCommands(grafana(common(program.command("alerts"))), grafana(common(program.command("silence"))), finish);

addTokenCommand(grafana(common(program.command("token"))), finish);

addContactPointCommand(grafana(common(program.command("contact-point <action> <name>"))), finish);

grafana(common(program.command("upgrade")))
  .description(
    "convert JSON and YAML files of classic dashboards to schema v2, using a temporary folder in Grafana; rewrites files only with --write",
  )
  .argument("<kind/id...>", "dashboards in JSON or YAML files")
  .option("--write", "rewrite the files; without it, only show what to check")
  .option("--force", "rewrite files even if they have uncommitted changes")
  .addOption(yes())
  .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
  .action(async (names, options) => finish((await import("./commands/upgrade.ts")).upgrade(names, options)));

grafana(common(program.command("doctor")))
  .description(
    "compare the API responses of a Grafana instance with those of the tested version, using a temporary folder; exits with 2 if any differ",
  )
  .addOption(yes())
  .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
  .action(async (options) => finish((await import("./commands/doctor.ts")).doctor(options)));

program
  .command("sandbox")
  .description("run the sandbox as a server on 127.0.0.1 (user admin, password admin)")
  .option("--port <n>", "port on 127.0.0.1; 0 selects a free port", count, 3000)
  .option("--data <dir>", "data directory", ".grafana-provision/sandbox")
  .addOption(
    new Option(
      "--mode <mode>",
      "Grafana to imitate: 12.4 with unified storage, 12.4 with legacy SQL storage, or 11.6 without the Kubernetes-style API",
    )
      .choices(["unified", "legacy-storage", "legacy-api"])
      .default("unified"),
  )
  .option("--no-color", "disable colors")
  .action(async (options) => finish((await import("./commands/sandbox.ts")).sandbox(options)));

addStackCommands(program, finish);

program
  .command("init")
  .description("create a project with a configuration, example resources, scripts and CI pipelines; overwrites nothing")
  .argument("[dir]", "directory of the project (default: the current directory)")
  .addOption(
    new Option("--ci <system>", "CI system to write pipelines for")
      .choices(["github", "gitlab", "none"])
      .default("github"),
  )
  .addOption(
    new Option("--schema <schema>", "schema of the example dashboard").choices(["classic", "v2"]).default("classic"),
  )
  .option("--no-color", "disable colors")
  .action(async (directory, options) => finish((await import("./commands/init.ts")).init(directory, options)));

for (const command of program.commands) addExamples(command);

async function finish(running: Promise<number>): Promise<void> {
  process.exitCode = await running;
}
