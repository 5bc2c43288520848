import { Option } from "commander";
import { count } from "./option-values.ts";

// Options of several commands.

export const maxDeletes = () =>
  new Option(
    "--max-deletes <n>",
    "maximum number of deletions; if a plan has more, nothing is changed (default: 10)",
  ).argParser(count);
export const lockTimeout = () =>
  new Option("--lock-timeout <seconds>", "how long to wait for another run of this project to finish")
    .argParser(count)
    .default(600);

export const LOSSY = "dashboards that would lose elements of schema v2";
export const OVERWRITABLE = `overwrite changes made in Grafana (without names: all, except in ${LOSSY})`;
export const overwriteDrift = (text: string) => new Option("--overwrite-drift [kind/id...]", text);
export const refreshSecrets = (text: string) => new Option("--refresh-secrets", text);
