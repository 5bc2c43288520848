import { inspect } from "node:util";
import { CodeMistake } from "../util/code-mistake.ts";

/** The replacement for secrets in all output: plans, canonical forms, errors and JSON. @internal */
export const HIDDEN = "(secret)";

/** A shorter secret can be guessed, and occurs in ordinary text by chance. @internal */
export const SHORT_SECRET = 8;

/** A reference to an environment variable, or to a secret of the configuration. Its value is read when it is needed. */
export interface EnvironmentVariable {
  readonly variable: string;
}

/** The result of `env`, which can be recognized where a `secret(...)` around it is missing. @internal */
export class NamedVariable implements EnvironmentVariable {
  readonly variable: string;

  constructor(variable: string) {
    this.variable = variable;
  }

  /** Throws, because interpolation would send `[object Object]` to Grafana. */
  toString(): never {
    throw new CodeMistake(
      "code-secret-invalid",
      `env("${this.variable}") names a variable without reading it, so it can't be used in a string`,
      `For a secret, put the whole string into the variable and use secret(env("${this.variable}")). For anything else, use process.env["${this.variable}"].`,
    );
  }
}

/**
 * Names an environment variable: `secret(env("NAME"))` in a resource, or `env("NAME")` in the settings of a stack. The tool reads
 * the variable only when it needs the value.
 */
export function env(variable: string): EnvironmentVariable {
  const given: unknown = variable;
  if (typeof given === "string" && VARIABLE.test(given)) return new NamedVariable(given);
  // The value can be a secret.
  const what =
    given === ""
      ? "an empty string"
      : typeof given === "string"
        ? "a string that is not a valid name"
        : typeName(given);
  throw new CodeMistake(
    "code-secret-invalid",
    `env(...) needs the name of a variable, but got ${what}`,
    'Pass its name, not its value: secret(env("SLACK_WEBHOOK_URL")).',
  );
}

/** The result of `source`, which can be recognized where a `secret(...)` around it is missing. @internal */
class NamedSource extends NamedVariable {
  readonly source = true;
}

/**
 * Names a secret of the configuration, for `secret(source("slack"))`. `secrets` of the configuration or of the environment says
 * where its value comes from: a variable, a file or a command.
 */
export function source(name: string): EnvironmentVariable {
  const given: unknown = name;
  if (typeof given === "string" && SOURCE.test(given)) return new NamedSource(given);
  throw new CodeMistake(
    "code-secret-invalid",
    "source(...) needs the name of a secret in the configuration: letters, digits, `.`, `_` and `-`, beginning with a letter",
    'Pass its name, not its value: secret(source("slack")).',
  );
}

/** A name in `secrets` of the configuration. @internal */
export const SOURCE = /^[A-Za-z_][\w.-]*$/;

/** A name that a shell can set. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

function typeName(value: unknown): string {
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
}

/** A reference to a secret. It does not contain the value. */
export class Secret {
  readonly variable: string;
  /** Whether the configuration must say where the value comes from. @internal */
  readonly isSource: boolean;
  /** What a backup has of the value: `https://hooks.example.org/(secret)`. @internal */
  readonly origin: string | undefined;

  constructor(variable: string, isSource = false, origin?: string) {
    this.variable = variable;
    this.isSource = isSource;
    this.origin = origin;
  }

  toJSON(): string {
    return HIDDEN;
  }

  /** Throws, because interpolation would send `(secret)` to Grafana. */
  toString(): never {
    throw new CodeMistake(
      "code-secret-invalid",
      `secret(env("${this.variable}")) cannot be used in a string`,
      "Put the whole string, such as a URL with a token, into the variable.",
    );
  }

  /** @internal */
  [inspect.custom](): string {
    return HIDDEN;
  }
}

/**
 * Declares a secret in a datasource's `secureJsonData` or a contact point's settings. The tool reads its
 * value only to compare or send it, and redacts it in all output.
 *
 * @example const slack = { type: "slack", settings: { url: secret(env("SLACK_WEBHOOK_URL")) } };
 */
export function secret(reference: EnvironmentVariable): Secret {
  const given: unknown = reference;
  if (typeof given === "object" && given !== null && "variable" in given && typeof given.variable === "string")
    return new Secret(given.variable, given instanceof NamedSource);
  // A string can be the secret itself.
  const named = typeof given === "string" && /^[A-Z][A-Z0-9_]{2,}$/.test(given) ? given : undefined;
  throw new CodeMistake(
    "code-secret-invalid",
    named
      ? `secret("${named}") doesn't read the variable ${named}`
      : `secret(...) needs a reference to a variable, but got ${typeof given === "string" ? "a string" : typeName(given)}`,
    named
      ? `Write secret(env("${named}")).`
      : 'Write secret(env("NAME")), and set the variable NAME where the tool runs. If a secret was written into the code, replace it: it is in the history of the repository.',
  );
}

/** A secret and its property path. @internal */
export interface SecretUse {
  readonly path: readonly (string | number)[];
  readonly variable: string;
  /** The uid of the part of the resource that contains it, for parts with a uid. */
  readonly within?: string;
}

/** The names of the secrets in a value that the configuration must declare. @internal */
export function sourcesIn(value: unknown): string[] {
  if (value instanceof Secret) return value.isSource ? [value.variable] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(sourcesIn) : [];
}

/** All secrets in a value, in the order of its keys. @internal */
export function secretsIn(value: unknown, path: readonly (string | number)[] = []): SecretUse[] {
  if (value instanceof Secret) return [{ path, variable: value.variable }];
  if (Array.isArray(value)) return value.flatMap((item, index) => secretsIn(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item, [...path, key]));
}

/** A copy with the values of all secrets. Only for request bodies. @internal */
export function revealed(value: unknown, read: (variable: string) => string | undefined): unknown {
  if (value instanceof Secret) return read(value.variable);
  if (Array.isArray(value)) return value.map((item) => revealed(item, read));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item, read)]));
}

/** Identifies a place by the uid of its part, not by the index, which can change. @internal */
export function placeKey({ path, within }: SecretUse): string {
  return JSON.stringify([within ?? null, ...(within === undefined ? path : path.slice(2))]);
}
