import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject } from "./json.ts";

/** Where a command line will be pasted. */
export interface Shell {
  readonly directory: string;
  readonly variables: NodeJS.ProcessEnv;
}

/**
 * A command line of this tool that can be pasted into a shell: the npm script that runs the command, if the repository has one
 * and this process was not started by npx, or else npx, which finds a local and a global installation.
 */
export function commandLine(...words: readonly string[]): string {
  return commandIn({ directory: process.cwd(), variables: process.env }, words);
}

/** The same, with the options that select this process's configuration and Grafana. */
export function commandHere(...words: readonly string[]): string {
  return commandLine(...words, ...targetOptions(process.argv.slice(2)));
}

export function commandIn(shell: Shell, words: readonly string[]): string {
  const script = shell.variables["npm_command"] === "exec" ? undefined : scriptFor(words, shell.directory);
  if (!script) return ["npx", "grafana-provision", ...words.map(shellQuoted)].join(" ");
  const separator = script.rest.length > 0 ? ["--"] : [];
  return ["npm", "run", script.name, ...separator, ...script.rest].map(shellQuoted).join(" ");
}

export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

const TARGET = ["--config", "--env", "--url"];

/** `--env production` and others in the arguments of a command line. */
function targetOptions(argv: readonly string[]): string[] {
  return argv.flatMap((word, index) => {
    const [name = "", ...value] = word.split("=");
    if (TARGET.includes(name) && value.length > 0) return [name, value.join("=")];
    const next = argv[index + 1];
    if (TARGET.includes(word) && next !== undefined) return [word, next];
    return word === "--sandbox" ? [word] : [];
  });
}

const ALIASES: Readonly<Record<string, string>> = { diff: "plan", push: "apply" };
/** A script that runs only this tool: `grafana-provision apply --env production`. */
const RUNS = /^(?:npx )?(?:node (?:\S*\/)?bin\/)?grafana-provision(?:\.js)? ([\w:-]+(?: [\w@%+=:,./-]+)*)$/;

/** The npm script that begins with these words, and the words that it lacks. */
function scriptFor(words: readonly string[], directory: string): { name: string; rest: readonly string[] } | undefined {
  const [command = "", ...options] = words;
  const wanted = [ALIASES[command] ?? command, ...options];
  const found = nearestManifest(directory);
  // npm runs scripts in the directory of package.json, where a relative path would have another meaning.
  if (!found || (found.directory !== directory && options.length > 0)) return undefined;
  const fits = Object.entries(found.scripts).flatMap(([name, text]) => {
    const [, line] = typeof text === "string" ? (RUNS.exec(text.trim()) ?? []) : [];
    if (line === undefined) return [];
    const [first = "", ...more] = line.split(" ");
    const own = [ALIASES[first] ?? first, ...more];
    return own.every((word, index) => wanted[index] === word) ? [{ name, length: own.length }] : [];
  });
  const [best] = fits.toSorted((a, b) => b.length - a.length);
  return best && { name: best.name, rest: wanted.slice(best.length) };
}

/** The scripts of the first package.json in this directory or above it. */
function nearestManifest(directory: string): { directory: string; scripts: object } | undefined {
  for (let at = directory; ; at = dirname(at)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
      return { directory: at, scripts: isObject(manifest) && isObject(manifest["scripts"]) ? manifest["scripts"] : {} };
    } catch {
      if (dirname(at) === at) return undefined;
    }
  }
}
