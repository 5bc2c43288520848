import type { Outcome } from "../engine/events.ts";
import type { Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import type { PlanFile } from "../saved-plan/record.ts";
import { commandIn, commandLine, shellQuoted, type Shell } from "../util/command-line.ts";
import type { CommonOptions } from "./options.ts";

/** Above this number of objects, the command selects all of them instead of naming each. */
const FEW = 5;

/** A command line with further options at its end. */
export type CommandWith = (more: readonly string[]) => string;

/** The commands to run next: the same one again after a failure, or with consent to the changes that were skipped. */
export function nextCommands(
  plan: Plan,
  outcomes: readonly Outcome[],
  again: CommandWith = currentCommand(),
): string[] {
  const next = outcomes.some(({ status }) => status !== "done") ? [again([])] : [];
  for (const [reason, option] of [
    ["foreign", "--adopt"],
    ["drift", "--overwrite-drift"],
  ] as const) {
    const left = plan.changes.filter((change) => change.left?.reason === reason);
    // An option without names does not include these objects.
    const lossy = left.filter(
      ({ action, loss, left: why }) => loss !== undefined || why?.byName || (reason === "drift" && action === "delete"),
    );
    // Objects without a change of their own, whose parts another object takes.
    const others = reason === "drift" ? plan.changes.flatMap((change) => change.left?.edited ?? []) : [];
    const all = [...new Set([...left.map(address), ...others])];
    const named = all.length > FEW ? lossy.slice(0, FEW).map(address) : all;
    if (all.length > FEW && lossy.length < all.length) next.push(again([option]));
    if (named.length > 0) next.push(again([option, ...named]));
  }
  return next;
}

/** The command that rolls a run back on the same Grafana. */
export function undoCommand(id: string, options: CommonOptions): string {
  return commandLine("rollback", id, ...targetWords(options));
}

/** The command that makes a saved plan again: after an apply the file is out of date. */
export function planAgain(
  file: string,
  { prune, allowEmpty, only, refreshSecrets }: SavedOptions,
  options: CommonOptions,
): CommandWith {
  const words = [
    "plan",
    "--out",
    file,
    ...targetWords(options),
    ...(prune ? ["--prune"] : []),
    ...(allowEmpty ? ["--allow-empty"] : []),
    ...(refreshSecrets ? ["--refresh-secrets"] : []),
    ...(only ? ["--only", ...only] : []),
  ];
  return (more) => commandLine(...words, ...more);
}

/** The options that give the consent of a saved plan again. */
export function consentWords({
  adopt,
  overwriteDrift,
}: Pick<PlanFile["options"], "adopt" | "overwriteDrift">): string[] {
  const given = Object.entries({ "--adopt": adopt, "--overwrite-drift": overwriteDrift });
  return given.flatMap(([option, { all, addresses }]) => (all || addresses.length > 0 ? [option, ...addresses] : []));
}

interface SavedOptions {
  readonly prune: boolean;
  readonly allowEmpty?: true;
  readonly only: readonly string[] | null;
  readonly refreshSecrets: boolean;
}

/** The command line of this process: an npm script by its name, anything else through npx. */
export function currentCommand(
  argv: readonly string[] = process.argv.slice(2),
  shell: Shell = { directory: process.cwd(), variables: process.env },
): CommandWith {
  const { npm_lifecycle_event: script, npm_command: npmCommand } = shell.variables;
  const [command = "", ...options] = argv;
  const isScript = script !== undefined && (npmCommand === "run" || npmCommand === "run-script");
  return (more) => {
    const words = [...options, ...more];
    if (!isScript) return commandIn(shell, [command, ...words]);
    const separator = words.length > 0 ? ["--"] : [];
    return ["npm", "run", script, ...separator, ...words].map(shellQuoted).join(" ");
  };
}

/** The options that select the same Grafana again. */
export function targetWords({ config, env, url, sandbox }: CommonOptions): string[] {
  const named = Object.entries({ config, env, url });
  return [
    ...named.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    ...(sandbox ? ["--sandbox"] : []),
  ];
}
