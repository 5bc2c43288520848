import { CodeMistake } from "../util/code-mistake.ts";

/** An environment of the configuration, as code can read it. */
export interface EnvironmentFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
  /** Why these values can't be used, by key. */
  readonly broken: ReadonlyMap<string, string>;
  /** Whether a schema has accepted the values, so that a missing one is optional. */
  readonly checked: boolean;
}

/** What the code has read of its environment. */
export interface EnvironmentUse {
  /** Whether anything was read, so that the code can differ between environments. */
  readonly isRead: boolean;
  /** The values that were read. */
  readonly values: ReadonlyMap<string, unknown>;
}

interface View {
  readonly name: string;
  readonly values: unknown;
  readonly labels: Readonly<Record<string, string>>;
}

let current: View = viewOf(undefined, () => {}, new Map());

/** The environment that code is evaluated for. Its properties throw if none is selected. */
export function currentEnvironment(): View {
  return current;
}

/** Selects the environment that code reads from now on. Returns what it reads. */
export function selectEnvironment(facts: EnvironmentFacts | undefined): EnvironmentUse {
  const use = { isRead: false, values: new Map<string, unknown>() };
  current = viewOf(facts, () => (use.isRead = true), use.values);
  return use;
}

function viewOf(facts: EnvironmentFacts | undefined, read: () => void, values: Map<string, unknown>): View {
  const get = <Property extends keyof View>(property: Property, given: View[Property] | undefined): View[Property] => {
    read();
    if (given !== undefined) return given;
    throw new CodeMistake(
      "code-environment-missing",
      `reads environment().${property}, but no environment is selected`,
      "Select an environment of the configuration with --env NAME; to try it on the sandbox, add --sandbox.",
    );
  };
  const guarded = facts && guardedValues(facts, values);
  return {
    get name() {
      return get("name", facts?.name);
    },
    get values() {
      return get("values", guarded);
    },
    get labels() {
      return get("labels", facts?.labels);
    },
  };
}

/** The values, with an error instead of `undefined` for one that the environment lacks. */
function guardedValues(facts: EnvironmentFacts, used: Map<string, unknown>): object {
  const { name, values, broken, checked } = facts;
  const fail = (key: string, why: string): never => {
    throw new CodeMistake(
      "config-value-missing",
      `reads the value "${key}", but ${why}`,
      `Set it in the configuration, in \`values\` of the environment "${name}".`,
    );
  };
  return new Proxy(values, {
    get(target, key) {
      if (typeof key === "symbol" || NOT_VALUES.has(key)) return Reflect.get(target, key) as unknown;
      const why = broken.get(key);
      if (why !== undefined) return fail(key, why);
      if (!Object.hasOwn(target, key))
        return checked ? undefined : fail(key, `the environment "${name}" has no such value`);
      const value = target[key];
      used.set(key, value);
      return value;
    },
  });
}

/** What `await` and `JSON.stringify` look for in every object. */
const NOT_VALUES = new Set(["then", "toJSON"]);
