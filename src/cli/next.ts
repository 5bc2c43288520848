import type { Outcome } from "../engine/events.ts";
import type { Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import type { CommonOptions } from "./options.ts";

/** More names than this make a command that nobody reads. */
const FEW = 5;

/**
 * The commands that go on from here, as this one was called: again where something failed or was not reached, and with
 * the option that consents to what was left.
 */
export function nextCommands(
  plan: Plan,
  outcomes: readonly Outcome[],
  {
    argv = process.argv.slice(2),
    variables = process.env,
  }: { argv?: readonly string[]; variables?: NodeJS.ProcessEnv } = {},
): string[] {
  const again = called(argv, variables);
  const next = outcomes.some(({ status }) => status !== "done") ? [again([])] : [];
  for (const [reason, option] of [
    ["foreign", "--adopt"],
    ["drift", "--overwrite-drift"],
  ] as const) {
    const left = plan.changes.filter((change) => change.left?.reason === reason);
    // An option without names does not include objects that lose elements.
    const lossy = left.filter(({ loss }) => loss !== undefined);
    // Objects that are in no plan, and have parts that others take.
    const others = reason === "drift" ? plan.changes.flatMap((change) => change.left?.edited ?? []) : [];
    const all = [...new Set([...left.map(address), ...others])];
    const named = (all.length > FEW ? lossy.slice(0, FEW).map(address) : all).map(quoted);
    if (all.length > FEW && lossy.length < all.length) next.push(again([option]));
    if (named.length > 0) next.push(again([option, ...named]));
  }
  return next;
}

/** The command that undoes a run, on the same Grafana. A shell finds the tool itself where no npm script started this one. */
export function undoCommand(
  id: string,
  { config, env, url, sandbox }: CommonOptions,
  variables: NodeJS.ProcessEnv = process.env,
): string {
  const target = Object.entries({ config, env, url }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, quoted(value)],
  );
  const start = variables["npm_lifecycle_event"] ? ["npx", "grafana-provision"] : ["grafana-provision"];
  return [...start, "rollback", id, ...target, ...(sandbox ? ["--sandbox"] : [])].join(" ");
}

/** The same command line, with more at its end. An npm script is called by its name. */
function called(argv: readonly string[], variables: NodeJS.ProcessEnv): (more: readonly string[]) => string {
  const script = variables["npm_lifecycle_event"];
  const [command = "", ...options] = argv;
  const start = script && variables["npm_command"] === "run" ? ["npm run", script] : ["grafana-provision", command];
  const separator = script && variables["npm_command"] === "run" ? ["--"] : [];
  return (more) => {
    const rest = [...options.map(quoted), ...more];
    return [...start, ...(rest.length > 0 ? [...separator, ...rest] : [])].join(" ");
  };
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
