import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { commandIn, shellQuoted } from "../util/command-line.ts";
import { targetWords } from "./next.ts";
import type { CommonOptions } from "./options.ts";

interface WrittenImport {
  readonly options: CommonOptions;
  /** The output directory. */
  readonly directory: string;
  /** Whether the next commands find the configuration only in the output directory. */
  readonly hasOwnConfig: boolean;
  readonly isFromFiles: boolean;
  /** The file with the `removed` blocks of Terraform. */
  readonly removed: string | undefined;
}

/** The commands to run after an import. */
export function nextOfImport({ options, directory, hasOwnConfig, isFromFiles, removed }: WrittenImport): string[] {
  const { line, change } = commandsIn(directory, hasOwnConfig);
  const words = targetWords(options);
  // Files can differ from Grafana, but code from Grafana can't.
  const expected = isFromFiles
    ? "shows where Grafana differs from the files"
    : "must show no change, only objects to adopt";
  return [
    ...change,
    ...installCommands(directory),
    `${line("plan", "--adopt", ...words)}    # ${expected}`,
    ...(removed === undefined ? [] : [`terraform apply    # first follow the instructions in ${removed}`]),
    `${line("apply", "--adopt", ...words)}    # makes the project the owner of these objects`,
  ];
}

/** The commands to run after an import into several projects, which are directories in the output directory. */
export function nextOfSplit(options: CommonOptions, directory: string, projects: readonly string[]): string[] {
  const { config: _, ...target } = options;
  // npm and Node find the packages only below the directory that has them.
  const { line, change, from } = commandsIn(directory, existsSync(join(directory, "package.json")));
  const adopt = (command: string, project: string) =>
    line(command, "--adopt", "--config", relative(from, join(directory, project)), ...targetWords(target));
  return [
    ...change,
    ...installCommands(directory),
    ...projects.map((one) => `${adopt("plan", one)}    # must show no change, only objects to adopt`),
    ...projects.map((one) => `${adopt("apply", one)}    # makes the project ${one} the owner of these objects`),
  ];
}

/** Command lines for the output directory, which the user must change to, or for the current one. */
function commandsIn(directory: string, isThere: boolean) {
  const current = process.cwd();
  const from = isThere ? directory : current;
  const path = relative(current, from);
  return {
    from,
    change: path === "" ? [] : [`cd ${shellQuoted(path)}`],
    line: (...words: string[]) => commandIn({ directory: from, variables: process.env }, words),
  };
}

/** The code imports these packages. */
function installCommands(directory: string): string[] {
  const { resolve: find } = createRequire(join(directory, "grafana.config.ts"));
  const sdk = "@grafana/grafana-foundation-sdk";
  try {
    find(`${sdk}/dashboard`);
    return [];
  } catch {
    const own = join(directory, "package.json");
    const isListed = existsSync(own) && readFileSync(own, "utf8").includes(sdk);
    return [isListed ? "npm install" : `npm install ${sdk} grafana-provision`];
  }
}
