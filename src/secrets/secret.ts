import { inspect } from "node:util";

/** The replacement for secrets in all output: plans, canonical forms, errors and JSON. @internal */
export const HIDDEN = "(secret)";

/** A shorter secret can be guessed, and occurs in ordinary text by chance. @internal */
export const SHORT_SECRET = 8;

/** A reference to an environment variable, which is read when its value is needed. */
export interface EnvironmentVariable {
  readonly variable: string;
}

/** Names an environment variable, for `secret(env("NAME"))`. The tool reads the value when it needs it. */
export function env(variable: string): EnvironmentVariable {
  return { variable };
}

/** A reference to a secret. Does not contain its value. */
export class Secret {
  readonly variable: string;

  constructor(variable: string) {
    this.variable = variable;
  }

  toJSON(): string {
    return HIDDEN;
  }

  /** Throws, because interpolation would send `(secret)` to Grafana. */
  toString(): never {
    throw new TypeError(
      `secret(env("${this.variable}")) cannot be used in a string. Put the whole string, such as a URL with a token, into the variable`,
    );
  }

  /** @internal */
  [inspect.custom](): string {
    return HIDDEN;
  }
}

/**
 * Declares a secret in a datasource's `secureJsonData` or a contact point's settings. Its value is read from the
 * environment when it is sent, and is redacted in all output.
 *
 * @example const slack = { type: "slack", settings: { url: secret(env("SLACK_WEBHOOK_URL")) } };
 */
export function secret({ variable }: EnvironmentVariable): Secret {
  return new Secret(variable);
}

/** A secret and its property path. @internal */
export interface SecretUse {
  readonly path: readonly (string | number)[];
  readonly variable: string;
  /** The uid of the part of the resource that contains it, for parts with a uid. */
  readonly within?: string;
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
