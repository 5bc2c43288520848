import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf } from "../util/errors.ts";

/**
 * Where the value of a secret comes from: an environment variable (its name, or `{ env }`), a file, or what a command prints. Paths
 * of files, and the working directory of commands, are relative to the configuration.
 */
export type SecretSource =
  | string
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly [program: string, ...args: string[]] };

type Variables = Readonly<Record<string, string | undefined>>;

/** The values of secrets by the name in the code. */
export interface SecretVariables {
  /** Values from files and commands are missing until they are fetched. */
  readonly variables: Variables;
  /** Reads the files and runs the commands of these names, each once. Returns why a value is missing, by name. */
  fetch(names: Iterable<string>): Promise<ReadonlyMap<string, string>>;
  /** Whether the value comes from a file or a command, so that it is read only when it is sent. */
  isFetched(name: string): boolean;
}

interface Around {
  readonly environment: Variables;
  readonly directory: string;
  /** Variables for commands. */
  readonly forCommands: Variables;
  /** Milliseconds after which a command is ended; tests shorten it. */
  readonly timeout?: number;
}

/** `sources`: by the name in the code. A name without a source is a variable of the environment. */
export function secretVariables(
  sources: Readonly<Record<string, SecretSource>>,
  { environment, directory, forCommands, timeout = TIMEOUT }: Around,
): SecretVariables {
  const variables: Record<string, string | undefined> = { ...environment };
  const fetched = new Map<string, () => Promise<string>>();
  for (const [name, source] of Object.entries(sources)) {
    if (typeof source === "string") variables[name] = environment[source];
    else if ("env" in source) variables[name] = environment[source.env];
    else {
      // A variable with the same name is not this secret.
      delete variables[name];
      fetched.set(name, () =>
        "file" in source
          ? readFile(resolve(directory, source.file), "utf8")
          : outputOf(source.command, { cwd: directory, env: forCommands, timeout }),
      );
    }
  }
  const running = new Map<string, Promise<string | undefined>>();
  const fetchOne = async (name: string, read: () => Promise<string>): Promise<string | undefined> => {
    try {
      // Most files and commands end with a line break.
      const value = (await read()).replace(/\r?\n$/, "");
      if (value === "") return "its value is empty";
      variables[name] = value;
      return undefined;
    } catch (error) {
      return error instanceof Failure ? error.message : `its file can't be read (${codeOf(error) ?? "unknown error"})`;
    }
  };
  return {
    variables,
    isFetched: (name) => fetched.has(name),
    async fetch(names) {
      const failures = new Map<string, string>();
      await Promise.all(
        [...new Set(names)].map(async (name) => {
          const read = fetched.get(name);
          if (!read) return;
          const result = running.get(name) ?? fetchOne(name, read);
          running.set(name, result);
          const failure = await result;
          if (failure !== undefined) failures.set(name, failure);
        }),
      );
      return failures;
    },
  };
}

class Failure extends Error {}

/** A command that asks for a password on a terminal would never end. */
const TIMEOUT = 60_000;
const MAX_LENGTH = 1_000_000;

/** What a command prints. Its error output can contain a secret, so that no message contains it. */
function outputOf(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env, timeout }: { readonly cwd: string; readonly env: Variables; readonly timeout: number },
): Promise<string> {
  return new Promise((done, fail) => {
    // A group of its own, so that the programs that it starts end with it.
    const grouped = process.platform !== "win32";
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "ignore"], detached: grouped });
    const end = () => {
      try {
        if (grouped && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
        else child.kill();
      } catch (error) {
        if (codeOf(error) !== "ESRCH") throw error;
      }
    };
    const timer = setTimeout(end, timeout);
    process.once("exit", end);
    const ended = () => {
      clearTimeout(timer);
      process.off("exit", end);
    };
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.length > MAX_LENGTH) end();
    });
    child.once("error", (error) => {
      ended();
      fail(new Failure(`its command ${program} can't be started (${codeOf(error) ?? "unknown error"})`));
    });
    child.once("close", (exitCode, signal) => {
      ended();
      if (exitCode === 0) done(output);
      else
        fail(
          new Failure(
            `its command ${program} ${exitCode === null ? `was ended by ${signal}` : `exited with code ${exitCode}`}`,
          ),
        );
    });
  });
}
